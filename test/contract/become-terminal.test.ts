import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { BecomeMeans, Host } from "../../src/model/inventory.ts";
import { Secret } from "../../src/model/secret.ts";
import type { Connection } from "../../src/run/ports.ts";
import { connected, LOGINS, plainOpenssh, plainSsh, script, told } from "../kit/connections.ts";
import { type OwnEtc, startOwnEtc } from "../kit/own-etc.ts";
import { eventually, killIfThere, processesWith, uniqueSleep } from "../kit/processes.ts";
import { PASSWORD } from "../kit/user.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let there: OwnEtc;
beforeAll(async () => {
  there = await startOwnEtc({ config: ["MaxSessions 3"] });
});
afterAll(() => there[Symbol.asyncDispose]());

const secret = new Secret(PASSWORD);
const DOAS: BecomeMeans = { method: "doas", program: "doas", flags: [] };

/** Each program that wants a terminal to ask on, with what the host's /etc says of a user. */
const WAYS: readonly (readonly [name: string, arrange: () => Partial<Host>])[] = [
  ["sudo with requiretty", () => sudoer("Defaults:USER requiretty, !use_pty\nUSER ALL=(ALL) NOPASSWD: ALL")],
  ["sudo with requiretty and a password", () => sudoer("Defaults:USER requiretty, !use_pty\nUSER ALL=(ALL) ALL")],
  ["sudo with a terminal of its own besides", () => sudoer("Defaults:USER requiretty, use_pty\nUSER ALL=(ALL) ALL")],
  ["doas with a password", () => doer("permit USER as root")],
  ["an old su", oldSu],
];

/** A stand-in for the su of Debian 9 and before, which insists on a terminal; the rest is real. */
const OLD_SU = `#!/bin/sh
[ -t 0 ] || { echo "su: must be run from a terminal" >&2; exit 1; }
exec su "$@"
`;

function oldSu(): Partial<Host> {
  const program = join(there.sshd.dir, "old-su");
  writeFileSync(program, OLD_SU, { mode: 0o755 });
  // The password of the user to become.
  there.write("shadow", there.read("shadow").replace(/^root:[^:]*/m, `root:${there.hash}`));
  return { user: there.user().name, becomePassword: secret, becomeMeans: { method: "su", program, flags: [] } };
}

function sudoer(rules: string): Partial<Host> {
  const { name } = there.user();
  there.write(`sudoers.d/${name}`, `${rules.replaceAll("USER", name)}\n`, 0o440);
  return { user: name, becomePassword: secret };
}

const doasRules: string[] = [];

function doer(rules: string): Partial<Host> {
  const { name } = there.user();
  doasRules.push(rules.replaceAll("USER", name));
  there.write("doas.conf", `${doasRules.join("\n")}\n`, 0o600);
  return { user: name, becomePassword: secret, becomeMeans: DOAS };
}

const open = (over: Partial<Host>, plain: typeof plainOpenssh = plainSsh): Promise<Connection> =>
  connected(plain(), there.sshd.host(over));

describe.concurrent.each(WAYS)("%s", (_name, arrange) => {
  it.each(LOGINS)("runs scripts byte by byte, with an empty stdin and no terminal (%s)", async (_login, plain) => {
    await using host = await open(arrange(), plain);
    const say = 'echo "$(id -un) $HOME"; cat; tty >&2 || :; exit 3';
    for (const late of ["end", "leave", "kill", "end"] as const) {
      const ended = told(await host.run(script(say, { become: "root", late })));
      expect(ended).toEqual({ end: "exited 3", stdout: "root /root\n", stderr: "not a tty\n" });
    }
    const bytes = 'i=0; while [ $i -lt 256 ]; do printf "\\\\$(printf %o $i)"; i=$((i + 1)); done';
    for (const to of ["", " >&2"]) {
      const all = `{ ${bytes}; echo; head -c 9000 /dev/zero | tr '\\0' x; printf '\\r\\n\\003\\004'; }${to}`;
      const { stdout, stderr } = told(await host.run(script(all, { become: "root" })));
      const plain = told(await host.run(script(all)));
      expect({ stdout, stderr }).toEqual({ stdout: plain.stdout, stderr: plain.stderr });
      expect(stdout + stderr).toContain("\u0003\u0004");
    }
  });

  it("ends what is to be ended at root's privilege", async () => {
    await using host = await open(arrange());
    const sleep = uniqueSleep();
    for (const late of ["end", "kill"] as const) {
      const over = { become: "root", timeout: 0.5, late } as const;
      expect(told(await host.run(script(`trap '' TERM; ${sleep} & ${sleep}`, over))).end).toBe("timed-out gone");
      expect(processesWith(sleep)).toEqual([]);
    }
  });

  it("ends a look and leaves a fix alone when the connection is closed", async () => {
    const over = arrange();
    const sleep = uniqueSleep();
    const left = uniqueSleep();
    {
      await using host = await open(over);
      await host.run(script(`${left}; echo over >&2`, { become: "root", late: "leave", timeout: 0.5 }));
      void host.run(script(sleep, { become: "root" }));
      await eventually(() => processesWith(sleep).length > 0);
    }
    expect(await eventually(() => processesWith(sleep).length === 0)).toBe(true);
    expect(processesWith(left).filter(({ args }) => args === left)).toHaveLength(1);
    for (const { pid } of processesWith(left)) killIfThere(pid);
  });
});

describe.each(LOGINS)("a host that gives no terminal: %s", (_login, plain) => {
  it.each([
    ["MaxSessions 1", /^becoming another user there takes a terminal, for which .* no further channel/],
    ["PermitTTY no", /^becoming another user there takes a terminal, and the host's sshd grants none$/],
  ])("says so: %s", async (config, message) => {
    await using other = await startOwnEtc({ config: [config] });
    const { name } = other.user();
    other.write(`sudoers.d/${name}`, `Defaults:${name} requiretty\n${name} ALL=(ALL) NOPASSWD: ALL\n`, 0o440);
    await using host = await connected(plain(), other.sshd.host({ user: name }));
    const ended = await host.run(script("echo never", { become: "root" }));
    expect(ended.kind === "refused" && ended.fault.message).toMatch(message);
    expect(told(await host.run(script("echo next"))).stdout).toBe("next\n");
    expect(processesWith("read -r x").filter(({ args }) => args.startsWith("sh -c"))).toEqual([]);
  });
});
