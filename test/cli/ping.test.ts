import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ping } from "../../src/cli/ping.ts";
import { plainSsh } from "../kit/connections.ts";
import { freePort, type Sshd, startSshd } from "../kit/sshd.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd[Symbol.asyncDispose]());

/** What ping prints, with times made equal, and its exit code. */
async function pinged(hosts: Parameters<typeof ping>[0], json = false): Promise<{ out: string; exit: number }> {
  let out = "";
  const io = { out: (text: string) => void (out += text), err: () => undefined };
  const exit = await ping(hosts, plainSsh(), { parallel: 2, json, io });
  return { out: out.replaceAll(/ *\d+ ms/g, " T ms").replaceAll(/\b[\da-f]{32}\b/g, "ID"), exit };
}

describe("runbook ping", () => {
  it("says who answers, and that two names are one host", async () => {
    const { out, exit } = await pinged([sshd.host(), sshd.host({ name: "db1" })]);
    expect(out).toBe(
      "web1 T ms  ok  machine ID  the same host as db1\ndb1 T ms  ok  machine ID  the same host as web1\n2 of 2 answered\n",
    );
    expect(exit).toBe(0);
  });

  it("says who does not and why, tells the same advice once, and exits with 4", async () => {
    const port = await freePort();
    const { out, exit } = await pinged([sshd.host(), sshd.host({ name: "a", port }), sshd.host({ name: "b", port })]);
    const refused = `unreachable: refused: nothing listens at 127.0.0.1 port ${port}`;
    expect(out.split("\n")).toEqual([
      "web1 T ms  ok  machine ID",
      `a T ms  ${refused}`,
      `b T ms  ${refused}`,
      "→ Is sshd running there, and is the port right?",
      "1 of 3 answered",
      "",
    ]);
    expect(exit).toBe(4);
  });

  it("makes what a host says safe to show", async () => {
    const { out } = await pinged([sshd.host({ name: "evil\u001B[31m", port: await freePort() })]);
    expect(out).not.toContain("\u001B");
  });

  it("prints one JSON object a line", async () => {
    const { out, exit } = await pinged([sshd.host(), sshd.host({ name: "b", port: await freePort() })], true);
    const answers = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { host: string; bootId: string | null; fault?: { kind: string } });
    const byName = new Map(answers.map((answer) => [answer.host, answer]));
    expect(byName.get("web1")?.bootId).toMatch(/^[\da-f-]{36}$/);
    expect(byName.get("b")?.fault?.kind).toBe("unreachable");
    expect(exit).toBe(4);
  });
});
