import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Host } from "../../src/model/inventory.ts";
import { quote } from "../../src/script/quote.ts";
import { connected, plainSsh, script, told } from "../kit/connections.ts";
import { type OwnEtc, startOwnEtc } from "../kit/own-etc.ts";
import { type Case, faultOf, means, refusal, RIGHT, WRONG } from "../kit/refusals.ts";
import { PASSWORD } from "../kit/user.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let there: OwnEtc;
beforeAll(async () => {
  there = await startOwnEtc();
});
afterAll(() => there[Symbol.asyncDispose]());

const NOPASSWD = "USER ALL=(ALL) NOPASSWD: ALL";
const say = 'echo "$(id -un) $HOME"; cat; exit 3';
describe("doas", () => {
  const DOAS = means("doas");
  it("needs no password where its rule says so, whatever user is wanted", async () => {
    const other = there.user();
    const user = there.doer("permit nopass USER");
    await using host = await connected(plainSsh(), user.host({ becomeMeans: DOAS, becomePassword: WRONG }));
    const ended = { end: "exited 3", stdout: "root /root\n", stderr: "" };
    expect(told(await host.run(script(say, { become: "root" })))).toEqual(ended);
    expect(told(await host.run(script(say, { become: "root", late: "leave" })))).toEqual(ended);
    expect(told(await host.run(script("id -un", { become: other.name }))).stdout).toBe(`${other.name}\n`);
    expect(told(await host.run(script("kill -KILL 0", { become: "root" }))).end).toBe("exited 137");
  });

  const cases: readonly Case[] = [
    [
      /^wrong doas password$/,
      /ask-become/,
      () => ({ user: there.doer("permit USER"), over: { becomePassword: WRONG } }),
    ],
    [
      /^doas wants a password$/,
      /nopass/,
      () => ({ user: there.doer("permit USER"), over: { becomePassword: undefined } }),
    ],
    [/^the login user may not become root$/, /doas.conf/, () => ({ user: there.doer("permit nopass USER as nobody") })],
    [
      /^there is no user nosuch to become$/,
      /become_user/,
      () => ({ user: there.doer("permit USER"), become: "nosuch" }),
    ],
    [
      /^doas.conf has a mistake, or is not there: .*syntax error at line 1/,
      /doas -C/,
      () => ({ user: there.doer("permitt USER") }),
    ],
    [
      /^doas.conf has a mistake, or is not there: .*writable by group or other/,
      /nobody else's/,
      () => {
        const user = there.doer("permit nopass USER");
        there.write("doas.conf", there.read("doas.conf"), 0o666);
        return { user };
      },
    ],
    [
      /^doas.conf has a mistake, or is not there: .*not enabled/,
      /doas -C/,
      () => {
        there.remove("doas.conf");
        return {};
      },
    ],
    [
      /^the account or the password of the login user has expired: .*account has expired/,
      /chage -l/,
      () => {
        const user = there.doer("permit nopass USER");
        return { user, meanwhile: () => there.expire(user.name, { expires: "1" }) };
      },
    ],
    [
      /^doas is broken there: it is not setuid/,
      /chmod 4755/,
      () => ({ over: { becomeMeans: means("doas", there.unprivileged("doas")) } }),
    ],
  ];
  it.each(cases)("that gives no shell says: %s", async (message, hint, arrange) => {
    const fault = await faultOf(there, arrange(), { becomeMeans: DOAS });
    expect(fault.message).toMatch(message);
    expect(fault.hint).toMatch(hint);
  });
});

/**
 * A stand-in for sudo-rs, of which Debian 12 has none: its options, prompts and words are those of its source, who may do what is told by real sudo.
 * PROMPT is what it puts before PAM's prompt, OLD whether it is one before 0.2.5, which knows no -p.
 */
const SUDO_RS = `
prompt=authenticate interactive=1
while :; do
  case $1 in
    -p) [ -z OLD ] || { printf 'invalid option provided\\nusage: sudo -h | -K | -k | -V\\n' >&2; exit 1; }; prompt=$2; shift ;;
    -n) interactive= ;;
    -S | -H) ;;
    -u) user=$2; shift ;;
    *) break ;;
  esac
  shift
done
sudo -n -u "$user" true 2>/dev/null || { echo "sudo: I'm sorry $(id -un). I'm afraid I can't do that" >&2; exit 1; }
[ -n "$interactive" ] || { echo "sudo: interactive authentication is required" >&2; exit 1; }
for try in 1 2 3; do
  printf '[sudo: %s] Password: ' "$prompt" >&2
  IFS= read -r password || { echo "sudo: Authentication required but not attempted" >&2; exit 1; }
  [ "$password" != "$RIGHT" ] || exec sudo -n -H -u "$user" "$@"
  [ $try = 3 ] || echo "sudo: Authentication failed, try again." >&2
done
echo "sudo: maximum 3 incorrect authentication attempts" >&2
exit 1`;

describe.each([
  ["that asks with our prompt", "''"],
  ["before 0.2.5, that knows no -p", "1"],
])("a sudo-rs %s", (_name, old) => {
  const program = (): string =>
    there.standIn(`sudo-rs${old.length}`, `RIGHT=${quote(PASSWORD)}${SUDO_RS.replace("OLD", old)}`);

  it("is answered once, and tells its refusals in its own words", async () => {
    const user = there.sudoer(NOPASSWD);
    const over = { becomeMeans: means("sudo", program()), becomePassword: RIGHT };
    await using host = await connected(plainSsh(), user.host(over));
    for (const late of ["end", "leave"] as const) {
      expect(told(await host.run(script(say, { become: "root", late })))).toEqual({
        end: "exited 3",
        stdout: "root /root\n",
        stderr: "",
      });
    }
    const message = async (more: Partial<Host>, who = user): Promise<string> =>
      (await refusal(who.host({ ...over, ...more }))).message;
    expect(await message({ becomePassword: WRONG })).toBe("wrong sudo password");
    expect(await message({ becomePassword: undefined })).toBe("sudo wants a password");
    expect(await message({}, there.user())).toBe("the login user may not become root");
  });
});

describe.each(["/bin/tcsh", "/usr/bin/fish"])("whoever logs in to %s", (shell) => {
  const ASKS = "USER ALL=(ALL) ALL";
  const login = {
    sudo: () => [there.sudoer(ASKS, { shell }), means("sudo")] as const,
    "sudo on a terminal": () => [there.sudoer(`Defaults:USER requiretty\n${ASKS}`, { shell }), means("sudo")] as const,
    "sudo -i": () => [there.sudoer(ASKS, { shell }), { ...means("sudo"), flags: ["-i"] }] as const,
    "sudo -i on a terminal": () =>
      [there.sudoer(`Defaults:USER requiretty\n${ASKS}`, { shell }), { ...means("sudo"), flags: ["-i"] }] as const,
    su: () => [there.user({ shell }), means("su")] as const,
  };

  it.each(Object.entries(login))("becomes another user by %s", async (_name, arrange) => {
    const [user, becomeMeans] = arrange();
    const other = there.user();
    await using host = await connected(plainSsh(), user.host({ becomePassword: RIGHT, becomeMeans }));
    for (const late of ["end", "kill"] as const) {
      expect(told(await host.run(script("id -un; exit 4", { become: other.name, late })))).toEqual({
        end: "exited 4",
        stdout: `${other.name}\n`,
        stderr: "",
      });
    }
  });

  it("is told that sudo does not take its flags", async () => {
    const [user] = login.sudo();
    const becomeMeans = { ...means("sudo"), flags: ["-i", "-E"] };
    expect((await refusal(user.host({ becomePassword: RIGHT, becomeMeans }))).message).toBe(
      "sudo does not take its flags: sudo: you may not specify both the -i and -E options",
    );
  });
});
