import { readFileSync, statSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { connected, faultOf, logsIn, LOGINS, script, told } from "../kit/connections.ts";
import { eventually, processesWith, uniqueSleep, killIfThere } from "../kit/processes.ts";
import { freePort, loginsOf, type Sshd, startSshd } from "../kit/sshd.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd[Symbol.asyncDispose]());

/** Lets a server listen on loopback; says where. */
async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe.concurrent.each(LOGINS)("hosts that cannot be reached: %s", (_name, plain) => {
  it.each([
    ["refused", async () => sshd.host({ port: await freePort() })],
    ["no such host", async () => sshd.host({ address: "no-such-host.invalid" })],
  ])("says %s", async (words, host) => {
    const fault = await faultOf(plain(), await host());
    expect(fault).toMatchObject({ kind: "unreachable", where: "web1" });
    expect(fault.message.startsWith(words)).toBe(true);
  });

  it.each([
    ["timed out", ""],
    ["closed by the host", "hang up"],
    ["closed by the host", "HTTP/1.1 400 Bad Request\r\n\r\n"],
  ])("says %s of a server that says %j", async (words, greeting) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      if (greeting === "hang up") socket.destroy();
      else if (greeting !== "") socket.end(greeting);
    });
    const port = await listening(server);
    const fault = await faultOf(plain({ connectTimeoutMs: 2500 }), sshd.host({ port }));
    server.close();
    expect(fault.message.startsWith(words)).toBe(true);
  });

  it("lets go of a server that talks without end and never speaks SSH", async () => {
    let open = 0;
    const server = createServer((socket) => {
      open += 1;
      const talk = (): void => void socket.write("x".repeat(65_536), (error) => error ?? setImmediate(talk));
      socket.on("error", () => undefined);
      socket.on("close", () => (open -= 1));
      talk();
    });
    const port = await listening(server);
    const fault = await faultOf(plain(), sshd.host({ port }));
    expect(fault.message.startsWith("no SSH")).toBe(true);
    expect(await eventually(() => open === 0)).toBe(true);
    server.close();
  });

  it("tries again where the host drops logins that come too thick", async () => {
    await using busy = await startSshd({ config: ["MaxStartups 1:100:1", "LoginGraceTime 30"] });
    const all = await Promise.all(
      Array.from({ length: 4 }, () => logsIn(plain({ connectTimeoutMs: 30_000 }), busy.host())),
    );
    expect(all).toEqual([true, true, true, true]);
  });

  it("is never stormed: of many logins at once a host turns none away, though it has neither sftp nor a second channel", async () => {
    await using strict = await startSshd({ config: ["MaxStartups 10:100:10", "MaxSessions 1", "LogLevel VERBOSE"] });
    expect(readFileSync(join(strict.dir, "sshd_config"), "utf8")).not.toContain("Subsystem");
    const connector = plain();
    const all = await Promise.all(Array.from({ length: 40 }, () => logsIn(connector, strict.host())));
    expect(all).toEqual(all.map(() => true));
    const log = readFileSync(join(strict.dir, "log"), "utf8");
    expect(log.match(/Accepted publickey/g)).toHaveLength(40);
    expect(log.match(/drop connection/g)).toBeNull();
  });

  it("goes on trying a host that hangs up until its time is over, and stops at once when told to", async () => {
    let met = 0;
    const server = createServer((socket) => {
      met += 1;
      socket.on("error", () => undefined);
      if (met <= 6) return void socket.destroy();
      const behind = connect(sshd.port, "127.0.0.1").on("error", () => socket.destroy());
      socket.pipe(behind).pipe(socket);
    });
    const port = await listening(server);
    const host = sshd.host({ port, hostKeyChecking: "off" });
    expect(await logsIn(plain({ connectTimeoutMs: 60_000 }), host)).toBe(true);
    expect(met).toBe(7);
    met = -1e6;
    const fault = await faultOf(plain({ connectTimeoutMs: 1500 }), host);
    expect(fault.message).toBe("closed by the host before the login");
    const stop = new AbortController();
    const answer = plain({ connectTimeoutMs: 1e9 }).connect(host, stop.signal);
    stop.abort();
    expect(await answer).toMatchObject({ kind: "unreachable", message: "interrupted" });
    server.close();
  });
});

describe.concurrent.each(LOGINS)("connections that are lost: %s", (_name, plain) => {
  it("does not know how a script ended, and the host ends what only looked", async () => {
    await using lost = await startSshd();
    await using host = await connected(plain(), lost.host());
    const before = loginsOf(lost.pid);
    const sleep = uniqueSleep();
    const run = host.run(script(`echo begun; ${sleep}`));
    await eventually(() => processesWith(sleep).length > 0);
    for (const login of before) killIfThere(login);
    expect(told(await run)).toMatchObject({ end: expect.stringMatching(/^lost: /), stdout: "begun\n" });
    expect(host.alive).toBe(false);
    expect(told(await host.run(script("echo next"))).end).toBe("refused: the connection has ended");
    expect(await eventually(() => processesWith(sleep).length === 0)).toBe(true);
  });

  it("lets a fix go on to its end, though it prints to nobody", async () => {
    await using lost = await startSshd();
    await using host = await connected(plain(), lost.host());
    const file = join(lost.dir, "fixed");
    const text = `echo begun; sleep 1; i=0; while [ $i -lt 20000 ]; do echo $i; echo $i >&2; i=$((i + 1)); done; echo done >${file}`;
    const run = host.run(script(text, { late: "leave", timeout: 30 }), {
      listen: () => {
        for (const login of loginsOf(lost.pid)) killIfThere(login);
      },
    });
    expect(told(await run).end).toMatch(/^lost: /);
    expect(await eventually(() => statSync(file, { throwIfNoEntry: false })?.size === 5)).toBe(true);
  });
});
