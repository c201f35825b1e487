import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { pingHosts } from "../../src/cli/ping.ts";
import { pingHost } from "../../src/cli/ping-host.ts";
import type { Pinged } from "../../src/model/probe.ts";
import { Secret } from "../../src/model/secret.ts";
import type { Connector } from "../../src/run/ports.ts";
import { plainSsh } from "../kit/connections.ts";
import { freePort, type Sshd, startSshd } from "../kit/sshd.ts";
import { addUser, PASSWORD } from "../kit/user.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd({ config: ["PasswordAuthentication yes"] });
});
afterAll(() => sshd[Symbol.asyncDispose]());

type Hosts = Parameters<typeof pingHosts>[0];

/** What ping prints, and its exit code. */
async function pinged(
  hosts: Hosts,
  options: { json?: boolean; verbose?: boolean } = {},
): Promise<{ lines: string[]; exit: number }> {
  let out = "";
  const io = { out: (text: string) => void (out += text), err: () => undefined };
  const exit = await pingHosts(hosts, plainSsh(), { parallel: 1, ...options }, io);
  // This machine may be busy, which is odd and no matter here.
  const lines = out
    .trimEnd()
    .split("\n")
    .filter((line) => !/^ {2}! load/.test(line));
  return { lines: lines.map((line) => line.replace(/; something is odd.*/, "")), exit };
}

/** What ping tells of one host as JSON. */
async function told(host: Hosts[number]): Promise<Pinged> {
  const { lines } = await pinged([host], { json: true });
  return JSON.parse(lines[0] ?? "") as Pinged;
}

describe("runbook ping", () => {
  it("tells in 80 columns who answers, as whom, on what, and that two names are one host", async () => {
    const { lines, exit } = await pinged([sshd.host(), sshd.host({ name: "db1" })], { verbose: true });
    expect(lines[0]).toMatch(/^HOST +LOGIN +MS +SYSTEM +KERNEL$/);
    expect(lines[1]).toMatch(/^web1 +root +\d+ +Debian 12 +\d+\.\d+/);
    expect(lines.join("\n")).toMatch(/ +OpenSSH_\S+.*: curve25519-sha256.*,\s+ssh-ed25519,\s+aes\S+gcm@/);
    expect(lines.slice(-2)).toEqual(["db1, web1 are one machine", "2 of 2 answered"]);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(exit).toBe(0);
  });

  it("tells one JSON object a line, with everything that a host says of itself", async () => {
    const answer = await told(sshd.host({ compat: "el6" }));
    expect(answer).toMatchObject({
      host: "web1",
      reached: true,
      user: "root",
      uid: 0,
      privilege: { kind: "root" },
      shell: "/bin/bash",
      os: { id: "debian", version: "12" },
      compat: "el6",
      ssh: { hostKey: "ssh-ed25519", server: expect.stringContaining("OpenSSH_") },
    });
    expect(answer.bootId).toMatch(/^[\da-f-]{36}$/);
    expect(Math.abs(answer.clock?.offset ?? 99)).toBeLessThan(1 + (answer.clock?.within ?? 0));
    expect(answer.places.find(({ at }) => at === "/")?.free).toBeGreaterThan(0);
    expect(answer.uptime).toBeGreaterThan(0);
    expect(answer.load?.averages).toHaveLength(3);
    expect(answer.latency).toBeGreaterThan(0);
  });

  it("says who does not answer and why, once for each cause, and exits with 4", async () => {
    const port = await freePort();
    const hosts = ["a", "b", "c"].map((name) => sshd.host({ name, port }));
    const { lines, exit } = await pinged([sshd.host(), ...hosts]);
    expect(lines.slice(2)).toEqual([
      `a     unreachable: refused: nothing listens at 127.0.0.1 port ${port}`,
      "  → Is sshd running there, and is the port right?",
      "2 more hosts for the same reason as a: b, c",
      "1 of 4 answered",
    ]);
    expect(exit).toBe(4);
  });

  it("makes what a host says safe to show, as lines and as JSON", async () => {
    const evil = sshd.host({ name: "evil\u001B[31m\u009B31m\u202E", port: await freePort() });
    for (const json of [false, true]) {
      expect((await pinged([evil], { json })).lines.join("\n")).not.toMatch(/[\u001B\u009B\u202E]/);
    }
  });

  it("shows a host as it answers, before the others have", async () => {
    const connection = plainSsh();
    const first = Promise.withResolvers<void>();
    const connector: Connector = {
      connect: async (host) => {
        if (host.name === "late") await first.promise;
        return connection.connect(host);
      },
    };
    const said: string[] = [];
    const out = (text: string): void => {
      said.push(text.split(" ")[0] ?? "");
      if (text.startsWith("web1")) first.resolve();
    };
    const hosts = [sshd.host({ name: "late" }), sshd.host()];
    await pingHosts(hosts, connector, { parallel: 2 }, { out, err: () => undefined });
    expect(said.slice(0, 3)).toEqual(["HOST", "web1", "late"]);
  });
});

describe("what ping says of a login's rights", () => {
  it.each([
    ["free", "USER ALL=(ALL) NOPASSWD: ALL"],
    ["asks", "USER ALL=(ALL) ALL"],
    ["asks", null],
    ["some", "USER ALL=(root) NOPASSWD: /bin/true"],
    ["terminal", "Defaults:USER requiretty\nUSER ALL=(ALL) NOPASSWD: ALL"],
  ])("%s, where sudoers says %j", async (kind, rules) => {
    await using user = await addUser(rules);
    const answer = await told(sshd.host({ user: user.name }));
    expect(answer).toMatchObject({ user: user.name, privilege: { kind, by: "sudo" } });
    expect(answer.fault).toBeUndefined();
  });

  it("tries the password where one is known", async () => {
    await using user = await addUser("USER ALL=(ALL) ALL");
    const host = sshd.host({ user: user.name });
    expect((await told({ ...host, becomePassword: new Secret(PASSWORD) })).privilege).toMatchObject({ kind: "proven" });
  });
});

describe("hosts that are not well", () => {
  it("tell what they can, whatever hangs, and what is tight, read-only or off", async () => {
    await using sick = await startSshd({
      before: [
        "mount -t tmpfs -o size=64k tmpfs /var; cat /dev/zero >/var/full 2>/dev/null || :",
        "mount -t tmpfs tmpfs /run; mkdir -p /run/sshd; mount -o remount,ro /run",
        // Stand-ins for a directory service that hangs, and for a clock that is off.
        "printf '#!/bin/sh\\nexec sleep 60\\n' >/dev/shm/id; printf '#!/bin/sh\\necho 1000000000\\n' >/dev/shm/date; chmod 755 /dev/shm/*",
        "mount --bind /dev/shm/id /usr/bin/id; mount --bind /dev/shm/date /usr/bin/date",
      ].join("\n"),
    });
    const answer = await pingHost(sick.host(), plainSsh(), 3);
    expect(answer).toMatchObject({ reached: true, uid: 0, kernel: expect.stringMatching(/^\d/), os: { id: "debian" } });
    expect(answer.fault?.message).toBe("it did not tell all about itself within 3 s");
    expect(answer.odd.filter((odd) => !odd.startsWith("load"))).toEqual([
      expect.stringMatching(/^its clock is \d+ d.* behind$/),
      "/run is read-only",
      "/var is 100 % full: 0 B of 64.0 KiB left",
    ]);
  });

  it.each(["dash", "bash", "busybox"] as const)("are told alike under %s", async (shell) => {
    await using host = await startSshd({ shell });
    const answer = await told(host.host());
    expect(answer.fault).toBeUndefined();
    const { user, uid, shell: login, kernel, arch, os, privilege } = await told(sshd.host());
    expect(answer).toMatchObject({ user, uid, shell: login, kernel, arch, os, privilege });
    expect(Object.values({ ...answer.places[0], ...answer.clock, ...answer.load })).not.toContain(null);
  });
});
