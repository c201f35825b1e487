import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { isFault } from "../../src/model/fault.ts";
import { Secret } from "../../src/model/secret.ts";
import { connected, LOGINS, script, told } from "../kit/connections.ts";
import { allProcesses, eventually, processesWith, uniqueSleep, killIfThere } from "../kit/processes.ts";
import { type Sshd, startSshd } from "../kit/sshd.ts";
import { addUser, PASSWORD } from "../kit/user.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd({ config: ["MaxSessions 3", "PasswordAuthentication yes"] });
});
afterAll(() => sshd[Symbol.asyncDispose]());

/** Shell text that covers a directory with a file system of which every byte is taken. */
const fill = (dir: string): string =>
  `mount -t tmpfs -o size=64k tmpfs ${dir}; cat /dev/zero >${dir}/full 2>/dev/null || :`;

const secret = new Secret(PASSWORD);

describe.concurrent.each(LOGINS)("becoming another user: %s", (name, plain) => {
  it.each([
    ["without a password", "USER ALL=(ALL) NOPASSWD: ALL", undefined],
    ["without a password, though one is known", "USER ALL=(ALL) NOPASSWD: ALL", secret],
    ["with a password", "USER ALL=(ALL) ALL", secret],
    ["with a password, in a terminal of sudo's own", "Defaults:USER use_pty\nUSER ALL=(ALL) ALL", secret],
  ])("works %s", async (_name, rules, becomePassword) => {
    await using user = await addUser(rules);
    await using host = await connected(plain(), sshd.host({ user: user.name, becomePassword }));
    const say = 'echo "$(id -un) $HOME"; cat; exit 3';
    expect(told(await host.run(script(say, { become: "root" })))).toEqual({
      end: "exited 3",
      stdout: "root /root\n",
      stderr: "",
    });
    expect(told(await host.run(script(say)))).toMatchObject({ stdout: `${user.name} ${user.home}\n` });
    expect(told(await host.run(script(say, { become: "nobody", shell: "bash" }))).stdout).toMatch(/^nobody /);
    expect(told(await host.run(script(say, { become: "root", late: "leave" })))).toMatchObject({
      end: "exited 3",
      stdout: "root /root\n",
    });
    expect(told(await host.run(script(say, { become: user.name })))).toMatchObject({ end: "exited 3" });
  });

  it.each(["USER ALL=(ALL) NOPASSWD: ALL", "Defaults:USER use_pty\nUSER ALL=(ALL) NOPASSWD: ALL"])(
    "ends root's processes at root's privilege under %j",
    async (rules) => {
      await using user = await addUser(rules);
      await using host = await connected(plain(), sshd.host({ user: user.name }));
      for (const late of ["end", "kill"] as const) {
        const sleep = uniqueSleep();
        const ended = await host.run(script(`trap '' TERM; ${sleep} & ${sleep}`, { become: "root", timeout: 1, late }));
        expect(told(ended).end).toBe("timed-out gone");
        expect(processesWith(sleep)).toEqual([]);
      }
      const sleep = uniqueSleep();
      const run = host.run(script(sleep, { become: "root" }));
      await eventually(() => processesWith(sleep).length > 0);
      await host[Symbol.asyncDispose]();
      await run;
      expect(await eventually(() => processesWith(sleep).length === 0)).toBe(true);
    },
  );

  it.each([
    ["wrong sudo password", "USER ALL=(ALL) ALL", new Secret("wrong")],
    ["sudo wants a password", "USER ALL=(ALL) ALL", undefined],
    ["the login user may not become root", null, secret],
    ["the login user may not become root", "USER ALL=(nobody) ALL", secret],
  ])("says: %s", async (message, rules, becomePassword) => {
    await using user = await addUser(rules);
    await using host = await connected(plain(), sshd.host({ user: user.name, becomePassword }));
    const ended = await host.run(script("echo never", { become: "root" }));
    if (ended.kind !== "refused") throw new Error(told(ended).end);
    expect(ended.fault.kind).toBe("privilege");
    expect(ended.fault.message).toContain(message);
    expect(told(await host.run(script("echo next"))).stdout).toBe("next\n");
  });

  it("says that there is no such user to become", async () => {
    await using user = await addUser("USER ALL=(ALL) NOPASSWD: ALL");
    await using host = await connected(plain(), sshd.host({ user: user.name }));
    expect(told(await host.run(script(":", { become: "no-such-user" }))).end).toBe(
      "refused: there is no user no-such-user to become",
    );
  });

  it("does not try a wrong password twice on one host", async () => {
    const log = join(sshd.dir, `${name}.sudo.log`);
    await using user = await addUser(`Defaults:USER logfile=${log}\nUSER ALL=(ALL) ALL`);
    const host = sshd.host({ user: user.name, becomePassword: new Secret("wrong") });
    await using connection = await connected(plain(), host);
    for (const late of ["end", "leave", "end"] as const) {
      const ended = await connection.run(script(":", { become: "root", late }));
      expect(told(ended).end).toBe("refused: wrong sudo password");
    }
    expect(readFileSync(log, "utf8").match(/incorrect password attempt/g)).toHaveLength(1);
  });

  it("takes its own user for itself, without sudo", async () => {
    await using host = await connected(plain(), sshd.host());
    expect(told(await host.run(script("id -un; ps -o comm= -p $PPID", { become: "root" }))).stdout).toMatch(
      /^root\nsshd/,
    );
  });
});

describe.concurrent.each(LOGINS)("what others on the host can see: %s", (_name, plain) => {
  it("tells nothing of a script, its values or a password in any argument list", async () => {
    await using user = await addUser("USER ALL=(ALL) ALL");
    await using host = await connected(plain(), sshd.host({ user: user.name, becomePassword: secret }));
    for (const [late, more] of [
      ["end", ""],
      ["end", "$$"],
      ["leave", ""],
      ["kill", ""],
    ] as const) {
      const run = host.run(script(`token=hunter2-in-script${more}; sleep 0.7; :`, { become: "root", late }));
      await new Promise((resolve) => setTimeout(resolve, 400));
      const seen = allProcesses().map((each) => each.args);
      expect(told(await run).end).toBe("exited 0");
      expect(seen.some((args) => args.includes("sudo"))).toBe(true);
      expect(seen.filter((args) => args.includes("hunter2") || args.includes("Pa ss"))).toEqual([]);
    }
  });

  it.each(["", "Defaults:USER use_pty\n"])(
    "is nothing once a look as root is over, escaped or not (%j)",
    async (rules) => {
      await using user = await addUser(`${rules}USER ALL=(ALL) NOPASSWD: ALL`);
      await using host = await connected(plain(), sshd.host({ user: user.name }));
      const sleep = uniqueSleep();
      const look = script(`setsid ${sleep} & sleep 70`, { become: "root", timeout: 0.5 });
      expect(told(await host.run(look)).end).toBe("timed-out gone");
      expect(processesWith(sleep)).toEqual([]);
      expect(told(await host.run(script("echo $$ >&2; id -un", { become: "root" }))).stdout).toBe("root\n");
    },
  );

  it("leaves no file behind, and needs none, on a host whose file systems are all full", async () => {
    const before = ["/var/tmp", "/dev/shm", "/root"].map(fill).join("; ");
    await using server = await startSshd({ before });
    await using host = await connected(plain(), server.host());
    const look = "df -P /var/tmp | awk 'NR == 2 { print $5 }'; ls -A /var/tmp /dev/shm ~";
    const ended = told(await host.run(script(look)));
    expect(ended).toMatchObject({
      end: "exited 0",
      stdout: "100%\n/dev/shm:\nfull\n\n/root:\nfull\n\n/var/tmp:\nfull\n",
    });
    expect(told(await host.run(script("echo wrote; exit 2", { late: "leave" })))).toMatchObject({
      end: "exited 2",
      stdout: "wrote\n",
    });
  });
});

describe.concurrent.each(LOGINS)("a host that grants one channel: %s", (_name, plain) => {
  it("makes room by closing what waits", async () => {
    await using one = await startSshd({ config: ["MaxSessions 1"] });
    await using user = await addUser("USER ALL=(ALL) NOPASSWD: ALL");
    await using host = await connected(plain(), one.host({ user: user.name }));
    for (const over of [{}, { become: "root" }, { shell: "bash" }, { late: "leave" }, { late: "kill" }, {}] as const) {
      expect(told(await host.run(script("echo in", over)))).toMatchObject({ end: "exited 0", stdout: "in\n" });
    }
  });

  it("says so while a fix that was left running holds it", async () => {
    await using one = await startSshd({ config: ["MaxSessions 1"] });
    await using host = await connected(plain(), one.host());
    const sleep = uniqueSleep();
    await host.run(script(sleep, { late: "leave", timeout: 0.3 }));
    expect(told(await host.run(script(":"))).end).toContain("refused: the host grants no further channel");
    for (const { pid } of processesWith(sleep)) killIfThere(pid);
    expect(told(await host.run(script("echo again"))).stdout).toBe("again\n");
  });
});

describe.concurrent.each(LOGINS)("passwords: %s", (_name, plain) => {
  it("logs in with a password, and says when it was wrong", async () => {
    await using user = await addUser(null);
    const host = sshd.host({ user: user.name, keyFiles: [], password: secret });
    await using connection = await connected(plain(), host);
    expect(told(await connection.run(script("id -un"))).stdout).toBe(`${user.name}\n`);
    const fault = await plain().connect({ ...host, password: new Secret("wrong") });
    if (!isFault(fault)) throw new Error("it logged in");
    expect(fault).toMatchObject({
      kind: "auth",
      message: `${user.name}@web1: the password was not accepted (password)`,
    });
  });

  it("answers the one question of a keyboard-interactive login with it", async () => {
    await using asking = await startSshd({ config: ["UsePAM yes", "KbdInteractiveAuthentication yes"] });
    await using user = await addUser(null);
    const host = asking.host({ user: user.name, keyFiles: [], password: secret });
    await using connection = await connected(plain(), host);
    expect(told(await connection.run(script("id -un"))).stdout).toBe(`${user.name}\n`);
    const fault = await plain().connect({ ...host, password: new Secret("wrong") });
    expect(isFault(fault) && fault.kind).toBe("auth");
  });

  it("says what a login shell that lets nobody in has to say", async () => {
    await using user = await addUser(null);
    const { execFileSync } = await import("node:child_process");
    execFileSync("usermod", ["-s", "/usr/sbin/nologin", user.name]);
    const fault = await plain().connect(sshd.host({ user: user.name }));
    if (!isFault(fault)) throw new Error("it logged in");
    expect(fault.kind).toBe("auth");
    expect(fault.message).toContain("not available");
    const shell = join(user.home, "shell");
    writeFileSync(
      shell,
      `#!/bin/sh\nhead -c 20000 /dev/zero | tr '\\0' '\\n' >&2\necho 'Für niemanden: ${PASSWORD.replace("'", "")}' >&2\n`,
      { mode: 0o755 },
    );
    execFileSync("usermod", ["-s", shell, user.name]);
    const other = await plain().connect(sshd.host({ user: user.name }));
    expect(isFault(other) && other.message).toContain('Für niemanden: Pa ssw"ö$rd');
  });
});
