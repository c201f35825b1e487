import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test, vi } from "vitest";
import { withinDescriptors } from "../../src/cli/descriptors.ts";
import { hostAt, type Sshd, startSshd } from "../kit/sshd.ts";
import { sweep } from "../kit/shelf.ts";
import { workshop } from "../kit/workshop.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const MAIN = resolve(import.meta.dirname, "../../src/cli/main.ts");

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd[Symbol.asyncDispose]());

/** Names of one real sshd. */
function inventory(count: number): string {
  const { dir, port } = sshd;
  const ssh = `-o IdentityFile=${dir}/key -o IdentitiesOnly=yes -o UserKnownHostsFile=${dir}/known`;
  const vars = `ansible_host: 127.0.0.1, ansible_port: ${port}, ansible_user: root, ansible_ssh_common_args: "${ssh}"`;
  return `all:\n  vars: { ${vars} }\n  hosts: { "h[1:${count}]": {} }\n`;
}

/** Our command in a process that may open so many files. */
function limited(files: number, cwd: string, ...argv: readonly string[]): Promise<{ exit: unknown; text: string }> {
  const command = `ulimit -n ${files}; exec "$@"`;
  const env = { PATH: process.env["PATH"], HOME: cwd, NO_COLOR: "1" };
  return new Promise((done) => {
    const args = ["-c", command, "sh", process.execPath, MAIN, ...argv];
    execFile("sh", args, { cwd, env }, (error, out, err) =>
      done({ exit: error === null ? 0 : error.code, text: out + err }),
    );
  });
}

describe("with `ulimit -n 256`", () => {
  it("fewer hosts are pinged at once than wanted, with a word, and all of them answer", async () => {
    await using shop = await workshop({ "hosts.yml": inventory(60) });
    const { exit, text } = await limited(256, shop.directory, "ping", "-i", "hosts.yml", "-p", "60");
    expect(text).toMatch(/\d+ hosts at once instead of 60: this process may open 256 files \(`ulimit -n`\)/);
    expect(text).toContain("60 of 60 answered");
    expect(exit).toBe(0);
  });

  it("a run of more hosts than it can keep logins to is refused before it begins", async () => {
    await using shop = await workshop({
      "hosts.yml": inventory(400),
      "runbooks/job.yml": `name: job\ntitle: A job\ninputs: { dir: { type: string } }\nsteps:\n${sweep()}`,
    });
    const given = ["run", "job", "-i", "hosts.yml", "-y", "--input", "dir=/nowhere", "--state", "state"];
    const { exit, text } = await limited(256, shop.directory, ...given);
    expect(text).toMatch(/400 hosts take up to \d+ open files, and this process may open 256 files/);
    expect(text).toMatch(/`ulimit -n 1024` before it, or select at most \d+ hosts \(--limit\)/);
    expect(exit).toBe(64);
    expect(existsSync(join(shop.directory, "state"))).toBe(false);
  });
});

const some = (count: number) => Array.from({ length: count }, () => hostAt(22, "/"));
const room = (most: number) => async () => ({ most, used: 30 });

test.each([
  [500, 200, true, 4096, 200],
  [500, 200, true, 1024, 200],
  [500, 200, true, 700, 43],
  [500, 200, false, 256, 23],
  [500, 500, false, 700, 78],
  [500, 50, false, 1024, 50],
])("%i hosts, %i at once, logins kept: %s, with %i files: %i at once", async (hosts, parallel, keeps, most, fit) => {
  expect(await withinDescriptors(some(hosts), { parallel, keeps }, room(most))).toMatchObject({ parallel: fit });
});

test("what the system does not say limits nothing", async () => {
  const wanted = { parallel: 200, keeps: true };
  expect(await withinDescriptors(some(500), wanted, async () => undefined)).toEqual({ parallel: 200 });
});

test("as many hosts as a refusal names are not refused", async () => {
  const wanted = { parallel: 200, keeps: true };
  const refused = await withinDescriptors(some(500), wanted, room(256));
  const most = Number(/at most (\d+)/.exec("hint" in refused ? (refused.hint ?? "") : "")?.[1]);
  expect(await withinDescriptors(some(most), wanted, room(256))).toMatchObject({ parallel: expect.any(Number) });
  expect(await withinDescriptors(some(most + 10), wanted, room(256))).toMatchObject({ kind: "usage" });
});
