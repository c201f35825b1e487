import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { eventually, killIfThere, processesWith } from "../kit/processes.ts";
import { loginsOf, type Sshd, startSshd } from "../kit/sshd.ts";
import { workshop, type Ran, type Workshop } from "../kit/workshop.ts";

vi.setConfig({ testTimeout: 120_000 });

/** Each fix counts itself in a file of the host; it works for as long as `hold` is there. */
const RUNBOOK = `name: slow
title: A file that should not be there
hosts: all
inputs: { dir: { type: string } }
steps:
  - id: mend
    detect: { run: 'cd "$dir"; find . -name bad -type f' }
    fix:
      risk: low
      per: host
      timeout: 60s
      run: |
        echo begun >>"$dir/count"
        while [ -e "$dir/hold" ]; do sleep 0.1; done
        rm "$dir/bad"
        echo "mended it"
    verify: { within: 1s, every: 200ms }
`;

type Scene = AsyncDisposable & {
  readonly shop: Workshop;
  readonly sshd: Sshd;
  /** What `runbook run` needs to come to the fix. */
  readonly argv: readonly string[];
  /** How often a fix began, as the host itself counts. */
  begun(): number;
  /** Lets the fix come to its end. */
  release(): void;
  outcome(run: Ran): string;
};

/** A real sshd with a fault behind it. `boot` is what it shows as the kernel's boot id, where a test changes it. */
async function scene(id?: string): Promise<Scene> {
  const shop = await workshop({ "slow.yml": RUNBOOK, bad: "", hold: "" });
  const dir = shop.directory;
  const own = "mount -t tmpfs tmpfs /run; mkdir /run/sshd";
  const bind = id === undefined ? ":" : `mount --bind ${dir}/boot /proc/sys/kernel/random/boot_id`;
  if (id !== undefined) writeFileSync(join(dir, "boot"), `${id}\n`);
  const sshd = await startSshd({ before: `${own}; ${bind}` });
  await shop.write("hosts.yml", JSON.stringify({ all: { hosts: { web1: sshd.vars } } }));
  return {
    shop,
    sshd,
    argv: ["run", "./slow.yml", "-i", "hosts.yml", "--approve", "low", "--input", `dir=${dir}`, "--state", "state"],
    begun: () => (existsSync(join(dir, "count")) ? readFileSync(join(dir, "count"), "utf8").split("\n").length - 1 : 0),
    release: () => rmSync(join(dir, "hold"), { force: true }),
    outcome: ({ exit, out, err }) => `exit ${exit}\n${out}${err}`,
    [Symbol.asyncDispose]: async () => {
      rmSync(join(dir, "hold"), { force: true });
      await sshd[Symbol.asyncDispose]();
      await shop[Symbol.asyncDispose]();
    },
  };
}

/** Directories of jobs in the host's /run, which is its own. */
function jobs({ sshd }: Scene): string[] {
  return readdirSync(`/proc/${sshd.pid}/root/run`).filter((name) => name.startsWith("runbook-job-"));
}

/** What a boot does: every process of it has gone, so has what was in memory, and the kernel has another id. */
function boot(at: Scene): void {
  for (const name of jobs(at)) {
    for (const { pid } of processesWith(`/${name} `)) killIfThere(pid);
    rmSync(join(`/proc/${at.sshd.pid}/root/run`, name), { recursive: true, force: true });
  }
  for (const { pid } of processesWith(`${at.shop.directory}/hold`)) killIfThere(pid);
  writeFileSync(join(at.shop.directory, "boot"), "22222222-2222-2222-2222-222222222222\n");
  cut(at.sshd);
}

function cut(sshd: Sshd): void {
  for (const login of loginsOf(sshd.pid)) killIfThere(login);
}

describe("a fix whose controller is killed", () => {
  test.each([
    ["while it runs", 1500],
    ["and that ends before anybody asks again", 0],
  ])("has run exactly once and is fixed after the run was resumed: %s", async (_when, later) => {
    await using at = await scene();
    const killed = at.shop.start(...at.argv);
    expect(await eventually(() => at.begun() === 1)).toBe(true);
    killed.child.kill("SIGKILL");
    await killed.ended;
    setTimeout(() => at.release(), later);
    const mended = (): boolean => !existsSync(join(at.shop.directory, "bad"));
    expect(await eventually(() => later > 0 || mended())).toBe(true);
    const resumed = at.outcome(await at.shop.run("resume", "last", "--state", "state"));
    expect(resumed).toMatch(/^exit 0\n/);
    expect(resumed).toContain("fixed");
    expect(at.begun()).toBe(1);
    const shown = await at.shop.run("history", "show", "last", "--state", "state", "--json");
    expect(shown.out).toContain("mended it");
    expect(jobs(at)).toEqual([]);
  });

  test("is in doubt while it cannot be told, and is told by a later resume", async () => {
    await using at = await scene();
    const killed = at.shop.start(...at.argv);
    expect(await eventually(() => at.begun() === 1)).toBe(true);
    killed.child.kill("SIGKILL");
    await killed.ended;
    const interrupted = at.shop.start("resume", "last", "--state", "state");
    await interrupted.seen("resumed");
    interrupted.child.kill("SIGINT");
    await interrupted.seen("Once more leaves at once.");
    // Two at the same moment count as one.
    await new Promise((resolve) => setTimeout(resolve, 300));
    interrupted.child.kill("SIGINT");
    expect(at.outcome(await interrupted.ended)).toMatch(/^exit 130\n[^]*in doubt/);
    const listed = ["jobs", "-i", "hosts.yml", "--state", "state", "--clean"] as const;
    expect(at.outcome(await at.shop.run(...listed))).toMatch(
      /^exit 2\nweb1 {2}runbook-job-\S+ {2}running {2}its run may go on\n/,
    );
    at.release();
    expect(await eventually(() => !existsSync(join(at.shop.directory, "bad")))).toBe(true);
    // What it came to is still to be told.
    expect(at.outcome(await at.shop.run(...listed))).toContain("ended 0  its run may go on");
    expect(at.outcome(await at.shop.run("resume", "last", "--state", "state"))).toMatch(/^exit 0\n/);
    expect(at.begun()).toBe(1);
    expect(at.outcome(await at.shop.run(...listed))).toBe("exit 0\nno jobs are left on these hosts\n");
  });
});

describe("a fix whose connection is cut", () => {
  test("is found again within the run, as often as it takes", async () => {
    await using at = await scene();
    const running = at.shop.start(...at.argv);
    expect(await eventually(() => at.begun() === 1)).toBe(true);
    cut(at.sshd);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    cut(at.sshd);
    at.release();
    const told = at.outcome(await running.ended);
    expect(told).toMatch(/^exit 0\n/);
    expect(at.begun()).toBe(1);
    expect(jobs(at)).toEqual([]);
  });

  test("is not looked for with --no-jobs: it is in doubt, and the host keeps nothing of it", async () => {
    await using at = await scene();
    const running = at.shop.start(...at.argv, "--no-jobs");
    expect(await eventually(() => at.begun() === 1)).toBe(true);
    expect(jobs(at)).toEqual([]);
    cut(at.sshd);
    expect(at.outcome(await running.ended)).toMatch(/^exit 1\n[^]*in doubt/);
    expect(at.begun()).toBe(1);
  });
});

describe("a fix whose host is booted in the middle of it", () => {
  test.each([
    ["failed where the problem is still there", false, /^exit 1\n[^]*booted before it was known how the fix ended/],
    ["fixed where it has gone", true, /^exit 0\n[^]*fixed/],
  ] as const)("is over, and is %s", async (_name, gone, end) => {
    await using at = await scene("11111111-1111-1111-1111-111111111111");
    const running = at.shop.start(...at.argv);
    expect(await eventually(() => at.begun() === 1)).toBe(true);
    if (gone) rmSync(join(at.shop.directory, "bad"));
    boot(at);
    expect(at.outcome(await running.ended)).toMatch(end);
    expect(at.begun()).toBe(1);
  });
});
