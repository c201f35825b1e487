import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { connected, plainSsh, script, told } from "../kit/connections.ts";
import { type OwnEtc, startOwnEtc } from "../kit/own-etc.ts";
import { processesWith, uniqueSleep } from "../kit/processes.ts";
import { type Arranged, type Case, faultOf, means, refusal, RIGHT, WRONG } from "../kit/refusals.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let there: OwnEtc;
beforeAll(async () => {
  there = await startOwnEtc();
});
afterAll(() => there[Symbol.asyncDispose]());

const SU = means("su");
const ALL = "USER ALL=(ALL) ALL";
const NOPASSWD = "USER ALL=(ALL) NOPASSWD: ALL";
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
    await using host = await connected(plainSsh(), login.host({ becomeMeans: SU, becomePassword: RIGHT }));
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
    [/^wrong su password$/, /not the login user's/, () => ({ over: { becomePassword: WRONG } })],
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
      () => ({ undo: there.pam("su", "auth requisite pam_wheel.so group=nogroup") }),
    ],
    [
      /^su asks what a password does not answer: Verification code:$/,
      /second factor/,
      () => ({
        over: {
          becomeMeans: means("su", there.standIn("su-with-code", "printf 'Verification code: ' >&2; read -r code")),
        },
      }),
    ],
    [
      /^su is broken there: it is not setuid/,
      /4755/,
      () => ({ over: { becomeMeans: means("su", there.unprivileged("su")) } }),
    ],
  ];
  it.each(cases)("that is refused says: %s", async (message, hint, arrange) => {
    const fault = await faultOf(there, arrange(), { becomeMeans: SU });
    expect(fault.message).toMatch(message);
    expect(fault.hint).toMatch(hint);
  });
});

/** A stand-in for a sudo with a second factor: under -p it asks for that as it asked for the password. */
const TWICE = 'printf %s "$3" >&2; read -r a; printf %s "$3" >&2; read -r b';

/** A stand-in for a sudo that waits for a directory: under PAM or the name service nothing comes. */
const HANGS = "echo 'ldap: connecting' >&2; exec cat";

describe("a sudo that gives no shell", () => {
  const cases: readonly Case[] = [
    [/^wrong sudo password$/, /ask-become-pass/, () => ({ user: there.sudoer(ALL), over: { becomePassword: WRONG } })],
    [
      /^wrong sudo password$/,
      /ask-become-pass/,
      () => ({ user: there.sudoer(`Defaults:USER insults, passwd_tries=1\n${ALL}`), over: { becomePassword: WRONG } }),
    ],
    [
      /^sudo wants a password$/,
      /ask-become-pass/,
      () => ({ user: there.sudoer(ALL), over: { becomePassword: undefined } }),
    ],
    [/^the login user may not become root$/, /rule in sudoers/, () => ({})],
    [
      /^the login user may not become root$/,
      /rule in sudoers/,
      () => ({ user: there.sudoer("USER ALL=(nobody) ALL") }),
    ],
    [/^there is no user nosuch to become$/, /become_user/, () => ({ user: there.sudoer(NOPASSWD), become: "nosuch" })],
    [
      /^sudoers has a mistake, and without it the login user may not become root: .*syntax error/,
      /visudo -c/,
      () => ({ user: there.sudoer("USER ALL=(ALL NOPASSWD: ALL") }),
    ],
    [/^sudoers has a mistake.*world writable/, /nobody else's/, () => ({ user: there.sudoer(NOPASSWD, {}, 0o666) })],
    [
      /^the account or the password of the login user has expired: .*password is expired/,
      /chage -l/,
      () => {
        const user = there.sudoer(ALL);
        return { user, meanwhile: () => there.expire(user.name, { changed: "0" }) };
      },
    ],
    [
      /^the account of the login user is locked, or has expired: .*account validation failure/,
      /faillock/,
      () => {
        const user = there.sudoer(NOPASSWD);
        return { user, meanwhile: () => there.expire(user.name, { expires: "1" }) };
      },
    ],
    [
      /^sudo is broken there: it is not setuid/,
      /chmod 4755/,
      () => ({ user: there.sudoer(NOPASSWD), over: { becomeMeans: means("sudo", there.unprivileged("sudo")) } }),
    ],
    [
      /^sudo cannot work there: .*no_new_privs/,
      /NoNewPrivileges/,
      () => {
        const shell = there.standIn("no-new-privs", 'exec setpriv --no-new-privs sh "$@"');
        return { user: there.sudoer(NOPASSWD, { shell }) };
      },
    ],
    [
      /^sudo did not answer within 3 s: ldap: connecting$/,
      /directory or the name service/,
      () => ({ over: { becomeMeans: means("sudo", there.standIn("sudo-hangs", HANGS)) }, patience: 3 }),
    ],
    [
      /^sudo asks for more than a password$/,
      /second factor/,
      () => ({ over: { becomeMeans: means("sudo", there.standIn("sudo-twice", TWICE)) } }),
    ],
  ];
  it.each(cases)("says: %s", async (message, hint, arrange) => {
    const fault = await faultOf(there, arrange());
    expect(fault.message).toMatch(message);
    expect(fault.hint).toMatch(hint);
  });

  it("because somebody failed too often is not taken for a wrong password", async () => {
    using _ = there.pam(
      "sudo",
      "auth requisite pam_faillock.so preauth deny=1 nodelay",
      "auth [success=1 default=ignore] pam_unix.so nodelay",
      "auth [default=die] pam_faillock.so authfail deny=1 nodelay",
    );
    const user = there.sudoer(`Defaults:USER passwd_tries=1\n${ALL}`);
    expect((await refusal(user.host({ becomePassword: WRONG }))).message).toBe("wrong sudo password");
    const fault = await refusal(user.host({ becomePassword: RIGHT }));
    expect(fault.message).toBe(
      "sudo refused without asking for a password: the account of the login user may be locked",
    );
    there.remove(`sudoers.d/${user.name}`);
  });
});
