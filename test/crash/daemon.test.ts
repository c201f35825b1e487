import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { firesIn, startDaemon, until, type Daemon } from "../kit/daemon-command.ts";
import { localJob } from "../kit/shelf.ts";
import type { Workshop } from "../kit/workshop.ts";

/** Each fix counts itself by the name of what it mends, and takes a moment. */
const STEPS = `  - id: mend
    detect:
      run: cd "$dir"; find . -name '*.bad' -type f | sort
      findings: { file: string }
    fix: { risk: low, run: 'echo "$file" >>"$dir/count"; sleep 0.5; rm -f -- "$dir/$file"' }
    verify: { within: 2s, every: 200ms }
`;
const EVERY = 2_000;
const SCHEDULES = `inventory: hosts.yml
schedules:
  - { name: often, runbook: job, cron: "*/2 * * * * *", approve: low, overlap: queue, stop_after: { fixes: 100 } }
`;

const KILLS = 5;

/** Numbers from 0 to 1 that a seed names. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Kills the run that a daemon has started last, where it is still there. */
function killRun(daemon: Daemon): void {
  const pid = daemon.lines().findLast(({ event }) => event === "started")?.["pid"];
  const over = daemon.lines().at(-1)?.event === "over";
  if (typeof pid !== "number" || over) return;
  try {
    // Its group: it was started as the head of one.
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

const counted = (shop: Workshop): string[] => {
  const file = join(shop.directory, "a/count");
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
};

/** What has come to no end, and how far it is. */
async function whatIs(shop: Workshop): Promise<unknown> {
  await using record = SqliteRecord.open(join(shop.directory, "state"));
  const open = await record.book.open();
  const runs = await Promise.all(open.map(async ({ run }) => record.read(run ?? "")));
  const fires = open.map((fire, at) => ({ fire, entries: runs[at]?.map(({ event }) => event) }));
  return { fires, mended: counted(shop), runs: await record.runs() };
}

test(
  "kill -9 of the daemon, and of its runs, at any moment loses no fire, fires none twice, and repeats no fix",
  { timeout: 180_000 },
  async () => {
    const seed = Date.now() % 1_000_000;
    const roll = dice(seed);
    await using shop = await localJob(STEPS, { files: { "schedules.yml": SCHEDULES } });
    let made = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      await shop.write(`a/${(made += 1)}.bad`, "");
      const daemon = startDaemon(shop);
      await daemon.said(({ event }) => event === "leader");
      await sleep(roll() * 3_000);
      if (roll() < 0.4) killRun(daemon);
      daemon.child.kill("SIGKILL");
      await daemon.ended;
    }
    const last = startDaemon(shop);
    await last.said(({ event }) => event === "leader");
    await until(
      async () => counted(shop).length >= made && (await firesIn(shop)).some(({ stage }) => stage === "over"),
      () => whatIs(shop),
    );
    last.child.kill("SIGTERM");
    expect((await last.ended).exit).toBe(0);
    const before = (await firesIn(shop)).length;
    const rest = startDaemon(shop);
    await rest.said(({ event }) => event === "leader");
    await until(
      async () => (await firesIn(shop)).every(({ stage }, at) => stage === "over" || at >= before),
      () => whatIs(shop),
    );
    rest.child.kill("SIGTERM");
    await rest.ended;

    const fires = await firesIn(shop);
    const first = fires[0]?.nominal ?? 0;
    const told = {
      seed,
      nominals: fires.map(({ nominal }) => (nominal - first) / EVERY),
      mended: counted(shop).toSorted(),
    };
    expect(told).toEqual({
      seed,
      nominals: fires.map((_, at) => at),
      mended: Array.from({ length: made }, (_, at) => `./${at + 1}.bad`).toSorted(),
    });
    await using record = SqliteRecord.open(join(shop.directory, "state"));
    const begun = fires.filter(({ stage, run }) => run !== null && stage === "over");
    expect(begun.length).toBeGreaterThan(0);
    for (const { run, note } of begun) {
      const entries = await record.read(run ?? "");
      const starts = entries.filter(({ event }) => event.type === "run-started").length;
      expect({ seed, run, note, starts, ended: entries.at(-1)?.event.type }).toMatchObject({
        starts: 1,
        ended: "run-ended",
      });
    }
  },
);

/** Whether a run knows that it is to end. */
async function hasHeard(shop: Workshop, run: string): Promise<boolean> {
  return (await typesOf(shop, run)).includes("stop-requested");
}

/** The types of what is on record of a run. */
async function typesOf(shop: Workshop, run: string): Promise<readonly string[]> {
  await using record = SqliteRecord.open(join(shop.directory, "state"));
  return (await record.read(run)).map(({ event }) => event.type);
}

/** Each fix is held up for as long as `hold` is there. */
const HELD = STEPS.replace("sleep 0.5", 'while [ -e "$dir/hold" ]; do sleep 0.1; done');

test("a run that outlives its daemon is followed by the next one, ends with that, and is gone on with by the one after", async () => {
  const files = { "schedules.yml": SCHEDULES, "a/1.bad": "", "a/2.bad": "", "a/hold": "" };
  await using shop = await localJob(HELD, { files });
  const first = startDaemon(shop);
  await until(async () => counted(shop).length === 1);
  first.child.kill("SIGKILL");
  await first.ended;
  const killed = startDaemon(shop);
  await killed.said(({ event }) => event === "leader");
  killed.child.kill("SIGTERM");
  const told = await killed.said(({ event }) => event === "asked-to-end");
  await until(async () => hasHeard(shop, String(told["run"])));
  killed.child.kill("SIGKILL");
  await killed.ended;
  const second = startDaemon(shop);
  await second.said(({ event }) => event === "leader");
  // A terminal sends Ctrl-C, and whoever has started us passes it on.
  second.child.kill("SIGINT");
  second.child.kill("SIGTERM");
  const asked = await second.said(({ event }) => event === "asked-to-end");
  expect(asked["run"]).toBe(told["run"]);
  rmSync(join(shop.directory, "a/hold"));
  expect((await second.ended).exit).toBe(0);
  // Asked twice, it would have left its fix.
  const types = await typesOf(shop, String(asked["run"]));
  expect(types.slice(types.indexOf("stop-requested"))).toContain("fix-finished");
  expect(types.indexOf("fix-finished")).toBeLessThan(types.indexOf("run-ended"));
  expect(counted(shop)).toEqual(["./1.bad"]);
  expect(second.lines().filter(({ event }) => ["started", "leaving"].includes(event))).toEqual([]);

  const third = startDaemon(shop);
  const over = await third.said(({ event, run }) => event === "over" && run === asked["run"]);
  expect(over["exit"]).toBe(0);
  expect(third.lines().find(({ event }) => event === "started")).toMatchObject({ run: asked["run"], act: "resume" });
  expect(counted(shop)).toEqual(["./1.bad", "./2.bad"]);
  third.child.kill("SIGTERM");
  expect((await third.ended).exit).toBe(0);
});
