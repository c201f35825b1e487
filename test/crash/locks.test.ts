import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { eventually } from "../kit/processes.ts";
import { type Sshd, startSshd } from "../kit/sshd.ts";
import { workshop, type Ran, type Workshop } from "../kit/workshop.ts";

vi.setConfig({ testTimeout: 120_000 });

/** Each fix counts itself in a file of the host; it works for as long as `hold` is there. */
const runbook = (name: string, fix = "") => `name: ${name}
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
${fix}      run: |
        echo begun >>"$dir/count"
        while [ -e "$dir/hold" ]; do sleep 0.1; done
        rm -f "$dir/bad"
    verify: { within: 1s, every: 200ms }
`;

type Scene = AsyncDisposable & {
  readonly shop: Workshop;
  readonly sshd: Sshd;
  /** What `runbook run` needs to come to the fix, with a state directory. */
  argv(state: string, ...more: readonly string[]): readonly string[];
  /** How often a fix began, as the host itself counts. */
  begun(): number;
  release(): void;
  locks(): readonly string[];
};

/** A real sshd with a fault behind it. */
async function scene(fix = ""): Promise<Scene> {
  const shop = await workshop({ "slow.yml": runbook("slow", fix), bad: "", hold: "" });
  const dir = shop.directory;
  const sshd = await startSshd();
  await shop.write("hosts.yml", JSON.stringify({ all: { hosts: { web1: sshd.vars } } }));
  const run = ["run", "./slow.yml", "-i", "hosts.yml", "--approve", "low", "--input", `dir=${dir}`] as const;
  return {
    shop,
    sshd,
    argv: (state, ...more) => [...run, "--state", state, ...more],
    begun: () => (existsSync(join(dir, "count")) ? readFileSync(join(dir, "count"), "utf8").split("\n").length - 1 : 0),
    release: () => rmSync(join(dir, "hold"), { force: true }),
    locks: () => readdirSync(`/proc/${sshd.pid}/root/dev/shm`).filter((name) => name.startsWith("runbook-lock,")),
    [Symbol.asyncDispose]: async () => {
      rmSync(join(dir, "hold"), { force: true });
      await sshd[Symbol.asyncDispose]();
      await shop[Symbol.asyncDispose]();
    },
  };
}

const said = ({ exit, out, err }: Ran): string => `exit ${exit}\n${out}${err}`;
const GUARD = "      guard: 'exit 0'\n";

describe("two runs that would fix one host at once", () => {
  test.each([
    ["of one state", "one", "one", ""],
    ["of two states", "one", "two", ""],
    ["of two states, with a guard", "one", "two", GUARD],
  ])("%s: the second is told who has it, begins nothing, and can be resumed", async (_name, first, second, fix) => {
    await using at = await scene(fix);
    const holding = at.shop.start(...at.argv(first));
    expect(await eventually(() => at.begun() === 1)).toBe(true);
    const kept = said(await at.shop.run(...at.argv(second)));
    expect(kept).toMatch(/^exit 4\n/);
    expect(kept).toMatch(/unknown +locked by \S+@\S+ since \S+ \S+ UTC \(run \S+, as root there\); resume the run/);
    expect(at.begun()).toBe(1);
    at.release();
    expect(said(await holding.ended)).toMatch(/^exit 0\n/);
    expect(at.locks()).toEqual([]);
    // What the other has mended meanwhile needs no fix any more.
    const resumed = said(await at.shop.run("resume", "last", "--state", second));
    expect(resumed).toMatch(/^exit 0\n/);
    expect(at.begun()).toBe(1);
    expect(at.locks()).toEqual([]);
  });

  test.each([
    ["of two states", []],
    ["that have no jobs", ["--no-jobs"]],
  ])(
    "%s: one waits for the other where it is told to, and looks again before it does anything",
    async (_name, more) => {
      await using at = await scene();
      const holding = at.shop.start(...at.argv("one", ...more));
      expect(await eventually(() => at.begun() === 1)).toBe(true);
      const waiting = at.shop.start(...at.argv("two", "--wait-lock", "1m", ...more));
      await waiting.seen("locked by");
      expect(at.begun()).toBe(1);
      at.release();
      expect(said(await holding.ended)).toMatch(/^exit 0\n/);
      const ended = said(await waiting.ended);
      expect(ended).toMatch(/^exit 0\n/);
      expect(ended).toContain("lock taken");
      expect(at.begun()).toBe(1);
      expect(at.locks()).toEqual([]);
    },
  );

  test("one gives up when it has waited for as long as it may", async () => {
    await using at = await scene();
    const holding = at.shop.start(...at.argv("one"));
    expect(await eventually(() => at.begun() === 1)).toBe(true);
    const kept = said(await at.shop.run(...at.argv("two", "--wait-lock", "3s")));
    expect(kept).toMatch(/^exit 4\n[^]*waited for it since/);
    at.release();
    await holding.ended;
    expect(at.begun()).toBe(1);
  });

  test("one that has seen the fault before the other mended it looks again, and begins nothing", async () => {
    await using at = await scene();
    at.release();
    const [command, ...rest] = at.argv("two");
    const asking = [command ?? "", ...rest.filter((word) => word !== "--approve" && word !== "low")];
    expect(said(await at.shop.run(...asking))).toMatch(/^exit 3\n/);
    expect(said(await at.shop.run(...at.argv("one")))).toMatch(/^exit 0\n/);
    expect(at.begun()).toBe(1);
    const cards = await at.shop.run("approvals", "last", "--state", "two", "--json");
    const { digest } = JSON.parse(cards.out);
    const gone = said(await at.shop.run("approve", "last", "--state", "two", "--digest", digest, "--resume"));
    expect(gone).toMatch(/^exit 0\n[^]*may have been fixing here while this was looked at/);
    expect(at.begun()).toBe(1);
    expect(at.locks()).toEqual([]);
  });

  test("many at the same moment do it once", async () => {
    await using at = await scene();
    at.release();
    const all = ["1", "2", "3", "4"].map((state) => at.shop.start(...at.argv(state, "--wait-lock")));
    for (const each of all) expect(said(await each.ended)).toMatch(/^exit 0\n/);
    expect(at.begun()).toBe(1);
    expect(at.locks()).toEqual([]);
  });
});

describe("the lock of a run whose controller is killed", () => {
  test("keeps others out while its fix lives, and is had again by whoever resumes the run", async () => {
    await using at = await scene();
    const killed = at.shop.start(...at.argv("one"));
    expect(await eventually(() => at.begun() === 1)).toBe(true);
    killed.child.kill("SIGKILL");
    await killed.ended;
    expect(said(await at.shop.run(...at.argv("two")))).toMatch(/^exit 4\n[^]*locked by/);
    at.release();
    expect(await eventually(() => !existsSync(join(at.shop.directory, "bad")))).toBe(true);
    expect(said(await at.shop.run("resume", "last", "--state", "one"))).toMatch(/^exit 0\n/);
    expect(at.begun()).toBe(1);
    expect(at.locks()).toEqual([]);
  });

  test("is passed over once its time is up and nothing of it lives, and its holder is told", async () => {
    await using at = await scene();
    at.release();
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8);
    const name = `runbook-lock,251101000000-zzzzzz,1,bob@bastion,1761955200,${boot},1`;
    const { shop, sshd } = at;
    mkdirSync(`/proc/${sshd.pid}/root/dev/shm/${name}`);
    const told = said(await shop.run(...at.argv("one")));
    expect(told).toMatch(/^exit 0\n/);
    expect(told).toContain("bob@bastion left a stale one (run 251101000000-zzzzzz, since 2025-11-01 00:00:00 UTC)");
    expect(at.locks()).toEqual([]);
  });
});

test("a dry run takes no lock, and is kept out by none", async () => {
  await using at = await scene();
  const holding = at.shop.start(...at.argv("one"));
  expect(await eventually(() => at.begun() === 1)).toBe(true);
  expect((await at.shop.run(...at.argv("two", "--dry-run"))).exit).toBe(2);
  at.release();
  await holding.ended;
});
