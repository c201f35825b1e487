import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { type Machine, startMachine } from "../kit/machine.ts";
import { eventually } from "../kit/processes.ts";
import { entriesOf } from "../kit/shelf.ts";
import { workshop, type Ran, type Workshop } from "../kit/workshop.ts";

vi.setConfig({ testTimeout: 120_000 });

/** A step that saves something, the reboot, and a step after it that looks at what the fact and the disk say by then. */
function runbook({ reboot = "true", timeout = "60s" }: Wish): string {
  return `name: boot
title: A reboot is required
hosts: all
inputs:
  dir: { type: string }
  want: { type: string, default: 6.1.0-13-practice }
facts: { running: uname -r }
steps:
  - id: save
    detect: { run: '[ -e "$dir/saved" ] || echo "nothing is saved"' }
    fix: { risk: low, per: host, run: 'echo precious >"$keep/file"; ls -ldn "$keep" >"$dir/keep"; echo "$keep" >"$dir/saved"' }
  - id: reboot
    detect: { run: 'if [ -e /run/reboot-required ]; then echo "a reboot is required"; fi' }
    fix: { risk: high, reboot: ${reboot}, timeout: ${timeout} }
    verify: { within: 5s, every: 200ms, run: 'cp "$keep/file" "$dir/restored"; echo "$running" >"$dir/running"' }
`;
}

type Wish = { readonly reboot?: string; readonly timeout?: string };

type Scene = AsyncDisposable & {
  readonly shop: Workshop;
  readonly machine: Machine;
  readonly argv: readonly string[];
};

async function scene(wish: Wish = {}): Promise<Scene> {
  const machine = await startMachine();
  const shop = await workshop({ "boot.yml": runbook(wish) });
  await shop.write("hosts.yml", JSON.stringify({ all: { hosts: { web1: machine.vars } } }));
  return {
    shop,
    machine,
    argv: [
      "run",
      "./boot.yml",
      "-i",
      "hosts.yml",
      "--approve",
      "high",
      "--input",
      `dir=${machine.dir}`,
      "--state",
      "state",
    ],
    [Symbol.asyncDispose]: async () => {
      await machine[Symbol.asyncDispose]();
      await shop[Symbol.asyncDispose]();
    },
  };
}

function told({ exit, out, err }: Ran): string {
  return `exit ${exit}\n${out}${err}`;
}

/** The last event of a type in the newest run. */
async function event(at: Scene, type: string): Promise<object | undefined> {
  const { out } = await at.shop.run("history", "show", "last", "--state", "state", "--json");
  return entriesOf(out).findLast((entry) => entry.event.type === type)?.event;
}

/** What was taken as an order to reboot; `systemctl` is there and fails. */
const ONCE = ["systemctl reboot", "shutdown -r now"];

/** What fixes saved on the host's disk. */
function kept({ machine }: Scene): string[] {
  return readdirSync(join(machine.dir, "lib"));
}

describe("a reboot", () => {
  test("is asked for once, is proven by another boot id and the kernel that was wanted, and loses nothing that was saved", async () => {
    await using at = await scene({ reboot: "{ kernel: want }" });
    const before = at.machine.bootId();
    at.machine.nextKernel("6.1.0-13-practice");
    const text = told(await at.shop.run(...at.argv));
    expect(text).toMatch(/^exit 0\n/);
    expect(text).toMatch(/rebooted +in [\d.]+ s: kernel 6\.1\.0-9-practice → 6\.1\.0-13-practice\n/);
    expect(at.machine.orders()).toEqual(ONCE);
    expect(at.machine.boots()).toBe(1);
    expect(at.machine.bootId()).not.toBe(before);
    expect(await event(at, "rebooted")).toMatchObject({
      bootId: at.machine.bootId(),
      kernelBefore: "6.1.0-9-practice",
      kernel: "6.1.0-13-practice",
    });
    const saved = (name: string): string => readFileSync(join(at.machine.dir, name), "utf8").trim();
    expect(saved("keep")).toMatch(/^drwx------/);
    expect(saved("saved")).toMatch(/^\/var\/lib\/runbook-keep-/);
    expect(saved("restored")).toBe("precious");
    // The fact is one of the boot in which it was proved.
    expect(saved("running")).toBe("6.1.0-13-practice");
    expect(kept(at)).toEqual([]);
  });

  test("is asked for without a job where there are to be none", async () => {
    await using at = await scene();
    expect(told(await at.shop.run(...at.argv, "--no-jobs"))).toMatch(/^exit 0\n[^]*rebooted/);
    expect(at.machine.orders()).toEqual(ONCE);
  });

  test.each([
    ["while the host is away", true],
    ["and the host is back before anybody asks", false],
  ])("whose controller is killed is found by the next one, and is not ordered again: %s", async (_when, away) => {
    await using at = await scene();
    at.machine.manner("halt");
    const killed = at.shop.start(...at.argv);
    expect(await eventually(() => at.machine.down())).toBe(true);
    killed.child.kill("SIGKILL");
    await killed.ended;
    if (!away) at.machine.start();
    expect(await eventually(() => at.machine.boots() === (away ? 0 : 1))).toBe(true);
    const resumed = at.shop.run("resume", "last", "--state", "state");
    if (away) setTimeout(() => at.machine.start(), 1500);
    const text = told(await resumed);
    expect(text).toMatch(/^exit 0\n/);
    expect(text).toMatch(/rebooted +in /);
    expect(at.machine.orders()).toEqual(ONCE);
    expect(at.machine.boots()).toBe(1);
    const { exit } = await at.shop.run("history", "verify", "last", "--state", "state");
    expect(exit).toBe(0);
    expect(kept(at)).toEqual([]);
  });
});

describe("a controller that is lost", () => {
  test.each([
    ["the order is on record", '"type":"fix-started","host":"web1","step":"reboot"'],
    ["the host was told to be back", '"type":"rebooted"'],
    ["the facts of the new boot", '"type":"facts-read","host":"web1","facts":{"running":"6.1.0-13-practice"}'],
    ["the proof", '"type":"verified","host":"web1","step":"reboot"'],
  ])("right after %s is followed by one that tells the truth, and that orders nothing again", async (_what, line) => {
    await using at = await scene({ timeout: "4s" });
    at.machine.nextKernel("6.1.0-13-practice");
    const killed = at.shop.start(...at.argv, "--json");
    await killed.seen(line);
    killed.child.kill("SIGKILL");
    await killed.ended;
    const { exit } = await at.shop.run("resume", "last", "--state", "state");
    // Between the record of the order and the order itself it may have died.
    expect([exit, at.machine.boots()]).toEqual(at.machine.orders().length === 0 ? [1, 0] : [0, 1]);
    expect(at.machine.orders().filter((order) => order.startsWith("shutdown")).length).toBe(at.machine.boots());
    expect((await at.shop.run("history", "verify", "last", "--state", "state")).exit).toBe(0);
  });

  test("since its user leaves at once while the host is away, and leaves it to be found", async () => {
    await using at = await scene();
    at.machine.manner("halt");
    const left = at.shop.start(...at.argv);
    expect(await eventually(() => at.machine.down())).toBe(true);
    left.child.kill("SIGINT");
    await left.seen("Once more leaves at once.");
    // Two at the same moment count as one.
    await new Promise((resolve) => setTimeout(resolve, 300));
    left.child.kill("SIGINT");
    expect(told(await left.ended)).toMatch(
      /^exit 130\n[^]*in doubt +it was told to reboot, and nobody waited until it was back/,
    );
    at.machine.start();
    expect(told(await at.shop.run("resume", "last", "--state", "state"))).toMatch(/^exit 0\n[^]*rebooted/);
    expect(at.machine.orders()).toEqual(ONCE);
  });
});

describe("a reboot that does not come to its end", () => {
  test.each([
    ["did not go down", "stay", "did not go down within 3 s; see what holds it up before it is told again"],
    ["did not go down", "refuse", "did not go down within 3 s, since nobody took the order (exit 1): System has not"],
    [
      "came back the same",
      "sshd",
      "came back the same: the connection was lost, but after 3 s the boot id is the one of",
    ],
  ] as const)("%s (%s), and is told as that and not repeated", async (_how, manner, words) => {
    await using at = await scene({ timeout: "3s" });
    at.machine.manner(manner);
    const text = told(await at.shop.run(...at.argv));
    expect(text).toMatch(/^exit 1\n/);
    expect(text).toContain(`not booted   it ${words}`);
    expect(at.machine.boots()).toBe(0);
    const orders = at.machine.orders();
    expect(orders.filter((order) => order.startsWith("shutdown"))).toHaveLength(1);
    expect(told(await at.shop.run("resume", "last", "--state", "state"))).toContain("nothing is left to do");
    expect(at.machine.orders()).toEqual(orders);
  });

  test("did not come back: it is in doubt until a later resume finds it", async () => {
    await using at = await scene({ timeout: "3s" });
    at.machine.manner("halt");
    const text = told(await at.shop.run(...at.argv));
    expect(text).toMatch(/^exit 1\n[^]*in doubt +it did not come back within 3 s \(refused: nothing listens at /);
    expect(text).toMatch(/in doubt: what became of it on web1 is asked again, .*\n +runbook resume /);
    const again = told(await at.shop.run("resume", "last", "--state", "state"));
    expect(again).toMatch(/^exit 1\n[^]*in doubt/);
    at.machine.start();
    expect(await eventually(() => at.machine.boots() === 1)).toBe(true);
    expect(told(await at.shop.run("resume", "last", "--state", "state"))).toMatch(/^exit 0\n[^]*rebooted/);
    expect(at.machine.orders()).toEqual(ONCE);
  });

  test("went silent without a word: it is not taken for one that did not go down", async () => {
    await using at = await scene({ timeout: "2s" });
    at.machine.manner("freeze");
    const text = told(await at.shop.run(...at.argv));
    expect(text).toMatch(/^exit 1\n[^]*in doubt +it did not come back within 2 s/);
  });

  test("came back with another kernel than the one wanted", async () => {
    await using at = await scene({ reboot: "{ kernel: want }" });
    at.machine.nextKernel("6.1.0-10-practice");
    const text = told(await at.shop.run(...at.argv));
    expect(text).toMatch(/^exit 1\n/);
    expect(text).toContain(
      "it came back with another kernel: kernel 6.1.0-9-practice → 6.1.0-10-practice, and 6.1.0-13-practice is wanted",
    );
    expect(at.machine.orders()).toEqual(ONCE);
  });

  test("came back with another host key, which ends the wait at once, and nothing is run there", async () => {
    await using at = await scene({ timeout: "10m" });
    at.machine.changeKey();
    const text = told(await at.shop.run(...at.argv));
    expect(text).toMatch(/^exit 1\n[^]*failed +the key of \[127\.0\.0\.1\]:\d+ has changed/);
    expect(await event(at, "rebooted")).toBeUndefined();
    expect(at.machine.orders()).toEqual(ONCE);
  });
});
