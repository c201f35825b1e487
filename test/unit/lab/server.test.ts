import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PracticeHost, startHost } from "../../../src/lab/host.ts";
import { findIsolation } from "../../../src/lab/isolation.ts";
import { keyPair } from "../../../src/lab/keys.ts";
import { type SshServer, serveSsh } from "../../../src/lab/server.ts";

describe("the SSH server of a practice host, as OpenSSH's client sees it", () => {
  const directory = mkdtempSync(join(tmpdir(), "runbook-server-"));
  const stack = new AsyncDisposableStack();
  let host: PracticeHost | undefined;
  let server: SshServer;
  let early: { code: number | null };

  beforeAll(async () => {
    const isolation = findIsolation(join(directory, "mnt"));
    if ("message" in isolation) throw new Error(isolation.message);
    const hostKey = keyPair(directory, "host");
    server = stack.use(await serveSsh(0, hostKey.private, keyPair(directory, "client").public, () => host));
    keyPair(directory, "stranger");
    writeFileSync(join(directory, "known_hosts"), `[127.0.0.1]:${server.port} ${hostKey.public}\n`);
    early = await ssh("true");
    host = stack.use(await startHost({ name: "one", megabytes: 8, mountPoint: join(directory, "mnt") }, isolation));
  });
  afterAll(async () => {
    await stack.disposeAsync();
    rmSync(directory, { recursive: true });
  });

  async function ssh(
    command: string,
    input: string | Buffer = "",
    key = "client",
    user = "root",
    more: readonly string[] = [],
  ) {
    const options = [
      "BatchMode=yes",
      "IdentitiesOnly=yes",
      `UserKnownHostsFile=${directory}/known_hosts`,
      "LogLevel=ERROR",
    ];
    const argv = [
      "-F",
      "none",
      "-p",
      String(server.port),
      "-i",
      join(directory, key),
      ...options.flatMap((each) => ["-o", each]),
    ];
    const child = spawn("ssh", [...argv, ...more, `${user}@127.0.0.1`, command]);
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    const code = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), code]);
    return { code: status, stdout, stderr };
  }

  it("runs no command before the host is up", () => {
    expect(early.code).toBe(255);
  });

  it("runs commands in the host and tells how they ended", async () => {
    expect(await ssh("hostname; pwd; echo oops >&2; exit 7")).toEqual({
      code: 7,
      stdout: "one\n/root\n",
      stderr: "oops\n",
    });
  });

  it("carries much input and output whole", async () => {
    const much = Buffer.alloc(3_000_000, "x");
    expect((await ssh("wc -c", much)).stdout.trim()).toBe("3000000");
    expect((await ssh("head -c 3000000 /dev/zero")).stdout).toHaveLength(3_000_000);
  });

  it("lets a process that a command leaves behind live on", async () => {
    const pid = (await ssh("sleep 60 >/dev/null 2>&1 & echo $!")).stdout.trim();
    expect((await ssh(`kill ${pid}`)).code).toBe(0);
  });

  it("gives a terminal to those who ask for one", async () => {
    const told = await ssh("tty", "", "client", "root", ["-tt"]);
    expect(told.stdout).toContain("/dev/pts/");
  });

  it.each([
    ["another key", "stranger", "root"],
    ["another user", "client", "nobody"],
  ])("lets nobody in with %s", async (_, key, user) => {
    const told = await ssh("hostname", "", key, user);
    expect(told.code).toBe(255);
    expect(told.stderr).toContain("Permission denied (publickey)");
  });
});
