import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { script, told, type Way, WAYS } from "../kit/connections.ts";
import { eventually, processesWith, uniqueSleep, killIfThere } from "../kit/processes.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

/** Whether processes with this command line are there; a shell whose script merely names it counts too. */
const running = (text: string): boolean => processesWith(text).length > 0;

function endAll(text: string): void {
  for (const { pid } of processesWith(text)) killIfThere(pid);
}

// Beside each other: they wait most of their time.
describe.concurrent.each(WAYS)("how scripts are ended, or left alone: %s", (_name, open) => {
  let way: Way;
  const dir = mkdtempSync(join(tmpdir(), "rb-ends-"));
  beforeAll(async () => {
    way = await open();
  });
  afterAll(async () => {
    await way[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
  });

  it("ends every process of a read-only script whose time is up, and takes the next one", async () => {
    await using host = await way.connect();
    const sleep = uniqueSleep();
    const ended = told(
      await host.run(script(`echo begun; ${sleep} & ${sleep} >/dev/null 2>&1 & ${sleep}`, { timeout: 0.5 })),
    );
    expect(ended).toMatchObject({ end: "timed-out gone", stdout: "begun\n" });
    expect(running(sleep)).toBe(false);
    expect(told(await host.run(script("echo next")))).toMatchObject({ end: "exited 0", stdout: "next\n" });
  });

  it("ends one that ignores TERM, too", async () => {
    await using host = await way.connect();
    const sleep = uniqueSleep();
    const ended = await host.run(script(`trap '' TERM HUP INT; ${sleep}; ${sleep}`, { timeout: 0.5 }));
    expect(told(ended).end).toBe("timed-out gone");
    expect(running(sleep)).toBe(false);
  });

  it.each([" >/dev/null 2>&1", " >/dev/null 2>&1 & sleep 70", " 7>&- & sleep 70"])(
    "ends what a read-only script let escape with setsid and %j, too",
    async (more) => {
      await using host = await way.connect();
      const sleep = uniqueSleep();
      const ended = told(await host.run(script(`setsid ${sleep}${more}`, { timeout: 0.5 })));
      expect(ended.end).toBe("timed-out gone");
      expect(running(sleep)).toBe(false);
      await host.run(script(`setsid ${sleep} & sleep 0.3`));
      expect(await eventually(() => !running(sleep))).toBe(true);
    },
  );

  it("says that it is not gone where something of it has escaped altogether and still holds on", async () => {
    await using host = await way.connect();
    const sleep = uniqueSleep();
    const ended = await host.run(script(`setsid ${sleep} >/dev/null 8>&7 7>&- & ${sleep}`, { timeout: 0.5 }));
    expect(told(ended).end).toBe("timed-out not gone");
    expect(processesWith(sleep)).toHaveLength(1);
    endAll(sleep);
  });

  it("leaves a fix that may not be killed alone when its time is up, and lets it finish", async () => {
    await using host = await way.connect();
    const file = join(dir, "left");
    const late = script(`sleep 1.5; echo much; echo more >&2; echo done >${file}`, { late: "leave", timeout: 0.3 });
    expect(told(await host.run(late)).end).toBe("timed-out not gone");
    expect(told(await host.run(script("echo next"))).end).toBe("exited 0");
    expect(await eventually(() => existsSync(file) && readFileSync(file, "utf8") === "done\n")).toBe(true);
    rmSync(file);
  });

  it("ends a fix that may be killed, with all that it started, once it had its grace", async () => {
    await using host = await way.connect();
    const sleep = uniqueSleep();
    const text = `trap 'echo tidied; exit 1' TERM; ${sleep} & while :; do sleep 0.1; done`;
    const ended = told(await host.run(script(text, { late: "kill", timeout: 0.5 })));
    expect(ended).toMatchObject({ end: "timed-out gone", stdout: "tidied\n" });
    expect(running(sleep)).toBe(false);
  });

  it.each(["leave", "kill"] as const)(
    "lets what a fix (%s) started live on, and does not wait for it",
    async (late) => {
      const sleep = uniqueSleep();
      {
        await using host = await way.connect();
        const ended = await host.run(script(`${sleep} & echo started; exit 4`, { late }));
        expect(told(ended)).toMatchObject({ end: "exited 4", stdout: "started\n" });
      }
      expect(await eventually(() => running(sleep))).toBe(true);
      endAll(sleep);
    },
  );

  it("gives daemons that a fix starts the signals they expect", async () => {
    await using host = await way.connect();
    const ended = await host.run(script("sh -c 'grep SigIgn /proc/self/status'", { late: "leave" }));
    const ignored = BigInt(`0x${/SigIgn:\s*(\w+)/.exec(told(ended).stdout)?.[1]}`);
    // HUP, INT, PIPE and TERM, each bit n-1 of the mask. Not QUIT: with busybox the process that looks is its shell, which ignores it for itself.
    for (const signal of [1, 2, 13, 15]) expect(ignored & (1n << BigInt(signal - 1))).toBe(0n);
  });

  it("ends a read-only script that is aborted", async () => {
    await using host = await way.connect();
    const sleep = uniqueSleep();
    const abort = new AbortController();
    const run = host.run(script(sleep), { signal: abort.signal });
    expect(await eventually(() => running(sleep))).toBe(true);
    abort.abort();
    expect(told(await run).end).toBe("lost: interrupted, and ended");
    expect(running(sleep)).toBe(false);
    expect(told(await host.run(script("echo next"))).end).toBe("exited 0");
    const after = await host.run(script(":"), { signal: abort.signal });
    expect(told(after).end).toBe("refused: interrupted before it began");
  });

  it.each(["leave", "kill"] as const)("leaves a fix (%s) that is aborted running to its end", async (late) => {
    await using host = await way.connect();
    const file = join(dir, `aborted-${late}`);
    const abort = new AbortController();
    const text = `echo begun; sleep 1; i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done; echo done >${file}`;
    const run = host.run(script(text, { late }), { signal: abort.signal, listen: () => abort.abort() });
    expect(told(await run).end).toBe("lost: interrupted, and left running");
    expect(await eventually(() => existsSync(file) && readFileSync(file, "utf8") === "done\n")).toBe(true);
    rmSync(file);
  });

  it("ends a read-only script when the connection is closed under it", async () => {
    const host = await way.connect();
    const sleep = uniqueSleep();
    const run = host.run(script(`${sleep} >/dev/null 2>&1`));
    expect(await eventually(() => running(sleep))).toBe(true);
    await host[Symbol.asyncDispose]();
    expect(told(await run).end).toMatch(/^lost|^exited 137/);
    expect(await eventually(() => !running(sleep))).toBe(true);
    expect(told(await host.run(script("echo late"))).end).toBe("refused: the connection has ended");
    expect(host.alive).toBe(false);
  });
});
