import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { BecomeMeans, Host } from "../../src/model/inventory.ts";
import { Secret } from "../../src/model/secret.ts";
import type { Connection } from "../../src/run/ports.ts";
import { connected, plainSsh, script, told } from "../kit/connections.ts";
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
];

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

const open = (over: Partial<Host>): Promise<Connection> => connected(plainSsh(), there.sshd.host(over));

describe.concurrent.each(WAYS)("%s", (_name, arrange) => {
  it("runs scripts byte by byte, on both streams, with an empty stdin and no terminal", async () => {
    await using host = await open(arrange());
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
