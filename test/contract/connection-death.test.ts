import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Host } from "../../src/model/inventory.ts";
import type { Script } from "../../src/run/ports.ts";
import { connected, LOGINS, script, told } from "../kit/connections.ts";
import { eventually, processesWith, uniqueSleep, killIfThere } from "../kit/processes.ts";
import { hostAt, loginsOf, type Sshd, startSshd } from "../kit/sshd.ts";
import { addUser } from "../kit/user.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let sshd: Sshd;
const dir = mkdtempSync(join(tmpdir(), "rb-death-"));
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(async () => {
  await sshd[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});

/** A process of its own that connects and runs a script: somebody to kill. */
function controller(host: Host, what: Script): ChildProcess {
  const code = `
    import { connected, plainOpenssh, plainSsh } from "${resolve("test/kit/connections.ts")}";
    import { localConnector } from "${resolve("src/connect/local.ts")}";
    const host = ${JSON.stringify(host)};
    const connection = await connected({ local: localConnector, ssh: plainSsh, openssh: plainOpenssh }[host.connection](), host);
    await connection.run(${JSON.stringify(what)});`;
  return spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: "inherit" });
}

/** A fix that prints far more than a pipe holds after it was left alone, and then writes down that it got to its end. */
function longFix(file: string): string {
  return `touch ${file}.begun; sleep 1; i=0; while [ $i -lt 30000 ]; do echo line $i; echo line $i >&2; i=$((i + 1)); done; echo done >${file}`;
}

describe.concurrent.each([
  ["local", (): Host => hostAt(0, "/", { connection: "local" })],
  ["ssh", (): Host => sshd.host()],
  ["openssh", (): Host => sshd.host({ connection: "openssh" })],
])("when the controller is killed: %s", (name, host) => {
  it("what only looked is ended on the host", async () => {
    const sleep = uniqueSleep();
    const killed = controller(host(), script(`${sleep} >/dev/null 2>&1`));
    expect(await eventually(() => processesWith(sleep).some((seen) => seen.args === sleep))).toBe(true);
    killed.kill("SIGKILL");
    expect(await eventually(() => !processesWith(sleep).some((seen) => seen.args === sleep))).toBe(true);
  });

  it.each(["leave", "kill"] as const)("a fix (%s) goes on to its end", async (late) => {
    const file = join(dir, `${name}-${late}`);
    const killed = controller(host(), script(longFix(file), { late }));
    expect(await eventually(() => existsSync(`${file}.begun`))).toBe(true);
    killed.kill("SIGKILL");
    expect(await eventually(() => existsSync(file) && readFileSync(file, "utf8") === "done\n", 40)).toBe(true);
  });
});

describe.concurrent.each(LOGINS)("when the connection is cut under sudo: %s", (_name, plain) => {
  it.each(["USER ALL=(ALL) NOPASSWD: ALL", "Defaults:USER use_pty\nUSER ALL=(ALL) NOPASSWD: ALL"])(
    "what only looked is ended, and a fix goes on to its end, with %j",
    async (rules) => {
      await using user = await addUser(rules);
      await using cut = await startSshd();
      const sleep = uniqueSleep();
      const file = join(dir, user.name);
      await using looking = await connected(plain(), cut.host({ user: user.name }));
      await using fixing = await connected(plain(), cut.host({ user: user.name }));
      const look = looking.run(script(sleep, { become: "root" }));
      const fix = fixing.run(script(longFix(file), { become: "root", late: "leave" }));
      expect(await eventually(() => existsSync(`${file}.begun`) && processesWith(sleep).length > 0)).toBe(true);
      for (const login of loginsOf(cut.pid)) killIfThere(login);
      for (const login of processesWith(`sshd: ${user.name}@`)) killIfThere(login.pid);
      expect(told(await look).end).toMatch(/^lost/);
      expect(told(await fix).end).toMatch(/^lost/);
      expect(await eventually(() => processesWith(sleep).length === 0)).toBe(true);
      expect(await eventually(() => existsSync(file) && readFileSync(file, "utf8") === "done\n", 40)).toBe(true);
    },
  );
});
