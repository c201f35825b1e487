import { chmodSync, copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Fault } from "../../src/model/fault.ts";
import type { BecomeMeans, Host } from "../../src/model/inventory.ts";
import { Secret } from "../../src/model/secret.ts";
import { connected, plainSsh, script, told } from "../kit/connections.ts";
import { type OwnEtc, startOwnEtc, type User } from "../kit/own-etc.ts";
import { processesWith, uniqueSleep } from "../kit/processes.ts";
import { PASSWORD } from "../kit/user.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let there: OwnEtc;
beforeAll(async () => {
  there = await startOwnEtc();
});
afterAll(() => there[Symbol.asyncDispose]());

const secret = new Secret(PASSWORD);
const wrong = new Secret("wrong");
const means = (method: BecomeMeans["method"], program: string = method): BecomeMeans => ({
  method,
  program,
  flags: [],
});
const SU = means("su");
const ALL = "USER ALL=(ALL) ALL";
const NOPASSWD = "USER ALL=(ALL) NOPASSWD: ALL";

/** Why a script as another user does not begin; the host is fit for others then. */
async function refusal(host: Host, become: string, meanwhile?: () => void): Promise<Fault> {
  await using connection = await connected(plainSsh(), host);
  meanwhile?.();
  const ended = await connection.run(script("echo never", { become }));
  if (ended.kind !== "refused") throw new Error(told(ended).end);
  expect(ended.fault.kind).toBe("privilege");
  expect(told(await connection.run(script("echo next"))).stdout).toBe("next\n");
  return ended.fault;
}

/** A user with a file in sudoers.d, `USER` being the name there. */
function sudoer(rules: string, over: Parameters<OwnEtc["user"]>[0] = {}, mode = 0o440): User {
  const user = there.user(over);
  there.write(`sudoers.d/${user.name}`, `${rules.replaceAll("USER", user.name)}\n`, mode);
  return user;
}

/** Puts lines before what PAM does for a program, until it is disposed of. */
function pam(service: string, ...lines: readonly string[]): Disposable {
  const before = there.read(`pam.d/${service}`);
  there.write(`pam.d/${service}`, `${lines.join("\n")}\n${before}`);
  return { [Symbol.dispose]: () => there.write(`pam.d/${service}`, before) };
}

/** A copy of a program without the right to become root. */
function unprivileged(name: string): string {
  const program = join(there.sshd.dir, name);
  copyFileSync(`/usr/bin/${name}`, program);
  chmodSync(program, 0o755);
  return program;
}

/** A program that is none of the host's. */
function standIn(name: string, text: string): string {
  const program = join(there.sshd.dir, name);
  writeFileSync(program, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return program;
}

/** How a case differs from a user who may do all: host entry, user to become, and what is to be undone. */
type Arranged = {
  readonly user?: User;
  readonly over?: Partial<Host>;
  readonly become?: string;
  /** What happens between the login and the script. */
  readonly meanwhile?: () => void;
  readonly undo?: Disposable;
};
type Case = readonly [message: RegExp, hint: RegExp, arrange: () => Arranged];

/** The fault of one case. */
async function faultOf(arranged: Arranged, base: Partial<Host>): Promise<Fault> {
  const { user = there.user(), over, become = "root", meanwhile, undo } = arranged;
  try {
    return await refusal(user.host({ becomePassword: secret, ...base, ...over }), become, meanwhile);
  } finally {
    undo?.[Symbol.dispose]();
    there.remove(`sudoers.d/${user.name}`);
  }
}

const say = 'echo "$(id -un) $HOME"; cat; exit 3';

/** Another user whose account or password is no longer valid. */
function expiring(days: Parameters<OwnEtc["expire"]>[1]): Arranged {
  const { name } = there.user();
  return { become: name, meanwhile: () => there.expire(name, days) };
}

describe("becoming another user by su", () => {
  it("answers with the password of that user, whatever is the login user's", async () => {
    const login = there.user({ hash: "*" });
    const other = there.user();
    await using host = await connected(plainSsh(), login.host({ becomeMeans: SU, becomePassword: secret }));
    const ended = told(await host.run(script(say, { become: other.name })));
    expect(ended).toEqual({ end: "exited 3", stdout: expect.stringContaining(`/${other.name}\n`), stderr: "" });
    expect(ended.stdout.split(" ")[0]).toBe(other.name);
    for (const late of ["leave", "kill"] as const) {
      expect(told(await host.run(script(say, { become: other.name, late, shell: "bash" })))).toEqual(ended);
    }
    expect(told(await host.run(script("kill -KILL 0", { become: other.name }))).end).toBe("exited 137");
    const sleep = uniqueSleep();
    for (const late of ["end", "kill"] as const) {
      const over = { become: other.name, timeout: 0.5, late } as const;
      expect(told(await host.run(script(`trap '' TERM; ${sleep} & ${sleep}`, over))).end).toBe("timed-out gone");
      expect(processesWith(sleep)).toEqual([]);
    }
  });

  it("needs no password of root, and takes the flags of the inventory", async () => {
    const other = there.user();
    const login = there.sshd.host({ becomeMeans: { ...SU, flags: ["-"] } });
    await using host = await connected(plainSsh(), login);
    const { stdout } = told(await host.run(script("echo $0; pwd; id -un", { become: other.name })));
    expect(stdout).toMatch(new RegExp(`/${other.name}\n${other.name}\n$`));
  });

  const cases: readonly Case[] = [
    [/^wrong su password$/, /not the login user's/, () => ({ over: { becomePassword: wrong } })],
    [/^su wants the password of root$/, /--ask-become-pass/, () => ({ over: { becomePassword: undefined } })],
    [/^there is no user no-such-user to become$/, /ansible_become_user/, () => ({ become: "no-such-user" })],
    [/^nosu is not installed$/, /become_method/, () => ({ over: { becomeMeans: means("su", "nosu") } })],
    [
      /^the account or the password of rb\w+ has expired: .*account has expired/,
      /chage -l/,
      () => expiring({ expires: "1" }),
    ],
    [/^the account or the password of rb\w+ has expired/, /chage -l/, () => expiring({ changed: "0" })],
    [
      /^rb\w+ has a login shell that lets nobody in/,
      /Use sudo/,
      () => ({ become: there.user({ shell: "/usr/sbin/nologin" }).name }),
    ],
    [
      /^the login user may not become root$/,
      /wheel/,
      () => ({ undo: pam("su", "auth requisite pam_wheel.so group=nogroup") }),
    ],
    [
      /^su asks what a password does not answer: Verification code:$/,
      /second factor/,
      () => ({
        over: { becomeMeans: means("su", standIn("su-with-code", "printf 'Verification code: ' >&2; read -r code")) },
      }),
    ],
    [
      /^su is broken there: it is not setuid/,
      /4755/,
      () => ({ over: { becomeMeans: means("su", unprivileged("su")) } }),
    ],
  ];
  it.each(cases)("that is refused says: %s", async (message, hint, arrange) => {
    const fault = await faultOf(arrange(), { becomeMeans: SU });
    expect(fault.message).toMatch(message);
    expect(fault.hint).toMatch(hint);
  });
});

/** A stand-in for a sudo with a second factor: under -p it asks for that as it asked for the password. */
const TWICE = 'printf %s "$3" >&2; read -r a; printf %s "$3" >&2; read -r b';

describe("a sudo that gives no shell", () => {
  const cases: readonly Case[] = [
    [/^wrong sudo password$/, /ask-become-pass/, () => ({ user: sudoer(ALL), over: { becomePassword: wrong } })],
    [
      /^wrong sudo password$/,
      /ask-become-pass/,
      () => ({ user: sudoer(`Defaults:USER insults, passwd_tries=1\n${ALL}`), over: { becomePassword: wrong } }),
    ],
    [/^sudo wants a password$/, /ask-become-pass/, () => ({ user: sudoer(ALL), over: { becomePassword: undefined } })],
    [/^the login user may not become root$/, /rule in sudoers/, () => ({})],
    [/^the login user may not become root$/, /rule in sudoers/, () => ({ user: sudoer("USER ALL=(nobody) ALL") })],
    [/^there is no user nosuch to become$/, /become_user/, () => ({ user: sudoer(NOPASSWD), become: "nosuch" })],
    [
      /^sudoers has a mistake, and without it the login user may not become root: .*syntax error/,
      /visudo -c/,
      () => ({ user: sudoer("USER ALL=(ALL NOPASSWD: ALL") }),
    ],
    [/^sudoers has a mistake.*world writable/, /nobody else's/, () => ({ user: sudoer(NOPASSWD, {}, 0o666) })],
    [
      /^the account or the password of the login user has expired: .*password is expired/,
      /chage -l/,
      () => {
        const user = sudoer(ALL);
        return { user, meanwhile: () => there.expire(user.name, { changed: "0" }) };
      },
    ],
    [
      /^the account of the login user is locked, or has expired: .*account validation failure/,
      /faillock/,
      () => {
        const user = sudoer(NOPASSWD);
        return { user, meanwhile: () => there.expire(user.name, { expires: "1" }) };
      },
    ],
    [
      /^sudo is broken there: it is not setuid/,
      /chmod 4755/,
      () => ({ user: sudoer(NOPASSWD), over: { becomeMeans: means("sudo", unprivileged("sudo")) } }),
    ],
    [
      /^sudo cannot work there: .*no_new_privs/,
      /NoNewPrivileges/,
      () => {
        const shell = standIn("no-new-privs", 'exec setpriv --no-new-privs sh "$@"');
        return { user: sudoer(NOPASSWD, { shell }) };
      },
    ],
    [
      /^sudo asks for more than a password$/,
      /second factor/,
      () => ({ over: { becomeMeans: means("sudo", standIn("sudo-twice", TWICE)) } }),
    ],
  ];
  it.each(cases)("says: %s", async (message, hint, arrange) => {
    const fault = await faultOf(arrange(), {});
    expect(fault.message).toMatch(message);
    expect(fault.hint).toMatch(hint);
  });

  it("because somebody failed too often is not taken for a wrong password", async () => {
    using _ = pam(
      "sudo",
      "auth requisite pam_faillock.so preauth deny=1 nodelay",
      "auth [success=1 default=ignore] pam_unix.so nodelay",
      "auth [default=die] pam_faillock.so authfail deny=1 nodelay",
    );
    const user = sudoer(`Defaults:USER passwd_tries=1\n${ALL}`);
    expect((await refusal(user.host({ becomePassword: wrong }), "root")).message).toBe("wrong sudo password");
    const fault = await refusal(user.host({ becomePassword: secret }), "root");
    expect(fault.message).toBe(
      "sudo refused without asking for a password: the account of the login user may be locked",
    );
    there.remove(`sudoers.d/${user.name}`);
  });
});
