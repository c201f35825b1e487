import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { fold } from "../../src/engine/evolve.ts";
import { stepVerdict } from "../../src/engine/outcome.ts";
import type { RunState } from "../../src/engine/state.ts";
import { prove } from "../../src/journal/chain.ts";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { thisWriter } from "../../src/journal/writer.ts";
import { Event, type Entry } from "../../src/model/event.ts";
import { withOwnMemory } from "../kit/own-memory.ts";
import { RUNBOOK, SITE } from "./fixtures/site.ts";

const PROGRAM = resolve(import.meta.dirname, "fixtures/live.ts");

type Run = AsyncDisposable & {
  readonly run: string;
  /** Runs it to its end, or until it is killed: at which type of event it was. Types in `passed` do not kill. */
  go(how: "new" | "again", when?: "before" | "after", passed?: ReadonlySet<string>): Promise<string | null>;
  entries(): Promise<readonly Entry[]>;
  /** The fixes and rollbacks that began on a host, as the host itself notes them. */
  begun(host: string): Promise<readonly string[]>;
};

/** What a run meets only beside another that has the lock of its host, or where nobody gets in again: the tests of locks and timers have it. */
const ELSEWHERE: ReadonlySet<string> = new Set(["locked-out", "lock-taken", "timer-lost"]);

const TYPES: readonly string[] = Event.options
  .map((option) => option.shape.type.value)
  .filter((type) => !ELSEWHERE.has(type));

/** How it ends on the hosts that have something to fix. */
const ENDS = {
  "fine1 mend": "fixed",
  "healthy mend": "clear",
  "guarded mend": "found",
  "useless1 mend": "rolled-back",
  "slow mend": "fixed",
  "barred mend": "failed",
  "stuck mend": "failed",
  "cut mend": "in-doubt",
  "yes decide": "fixed",
  "two decide": "fixed",
  "no decide": "found",
  "changes decide": "found",
  "accepted decide": "skipped",
  "skipped decide": "found",
  "twice decide": "waiting",
  "stays decide": "waiting",
  "boots restart": "fixed",
  "remains restart": "failed",
  "held hold": "fixed",
};

let count = 0;

/** A site of its own with its faults, where another run that is alive has asked for what is to be found on \`twice\`. */
async function site(): Promise<Run> {
  count += 1;
  const run = `crash${process.pid}x${count}`;
  const directory = await mkdtemp(join(tmpdir(), "runbook-crash-"));
  await writeFile(join(directory, "crash.yml"), RUNBOOK);
  for (const [host, files] of Object.entries(SITE)) {
    await mkdir(join(directory, host));
    for (const file of files) await writeFile(join(directory, host, file), "");
  }
  const live = async (...argv: readonly string[]): Promise<string | null> => {
    // The program is TypeScript, which Node would translate anew each time.
    const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache") };
    const [command, ...args] = withOwnMemory([process.execPath, PROGRAM, directory, ...argv]);
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "inherit"] });
    const [said] = await Promise.all([text(child.stdout), once(child, "close")]);
    if (child.exitCode !== 0 && child.signalCode !== "SIGKILL") throw new Error(`it ended with ${child.exitCode}`);
    return child.exitCode === 0 ? null : said;
  };
  await live(`${run}o`, "other");
  const record = SqliteRecord.open(directory);
  const lease = await record.desk.lease(`${run}o`, { writer: thisWriter(), by: "bob" });
  if (!("run" in lease)) throw new Error("the other run is alive");
  return {
    run,
    go: (how, when = "after", passed = new Set(TYPES)) => live(run, how, when, [...passed].join(",")),
    entries: async () => {
      const { broken } = prove(await record.ledger.rows(run));
      if (broken !== null) throw new Error(broken.words);
      return record.read(run);
    },
    begun: async (host) => {
      const read = (name: string): Promise<string> => readFile(join(directory, host, name), "utf8").catch(() => "");
      const noted = `${await read("log")}\n${await read("undone")}`;
      return noted.split("\n").filter((line) => line !== "");
    },
    [Symbol.asyncDispose]: async () => {
      await lease[Symbol.asyncDispose]();
      await record[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
      for (const place of ["/run", "/var/lib", "/var/tmp"]) {
        const kept = (await readdir(place)).filter((name) => /^runbook-(?:keep|job)-/.test(name) && name.includes(run));
        for (const name of kept) await rm(join(place, name), { recursive: true, force: true });
      }
    },
  };
}

function stateAfter(entries: readonly Entry[]): RunState {
  const state = fold(entries);
  if (state === null) throw new Error("nothing is on record");
  return state;
}

/** Host and step → how it ended. */
function outcomes(state: RunState): Record<string, string> {
  const all = [...state.hosts.values()].flatMap((host) =>
    host.steps.map((step) => [`${host.host} ${step.plan.id}`, stepVerdict(host, step).outcome] as const),
  );
  return Object.fromEntries(all);
}

/** Steps of which a fix or a rollback had begun, and not ended, as far as the record knows. */
function underWay(state: RunState): string[] {
  return [...state.hosts.values()].flatMap((host) =>
    host.steps
      .filter((step) => step.end === null)
      .filter((step) => step.fixes.at(-1)?.end === "running" || step.rollback?.end === "running")
      .map((step) => `${host.host} ${step.plan.id}`),
  );
}

/** Hosts where more of `mend` has begun by the record than by the host itself, and nothing says that it was refused. */
async function untold(run: Run, entries: readonly Entry[]): Promise<ReadonlySet<string>> {
  const hosts = new Set<string>();
  for (const host of Object.keys(SITE)) {
    const count = (...types: readonly string[]): number =>
      entries.filter(({ event }) => "host" in event && event.host === host && types.includes(event.type)).length;
    const known = (await run.begun(host)).length + count("fix-refused", "rollback-refused");
    if (count("fix-started", "rollback-started") > known) hosts.add(host);
  }
  return hosts;
}

let undisturbed: Readonly<Record<string, string>>;

test("the run that is to be killed has events of every type, and ends as it should where it is left alone", async () => {
  await using run = await site();
  expect(await run.go("new")).toBeNull();
  const entries = await run.entries();
  const seen = new Set<string>(entries.map(({ event }) => event.type));
  expect(TYPES.filter((type) => !seen.has(type))).toEqual(["run-resumed"]);
  undisturbed = outcomes(stateAfter(entries));
  expect(undisturbed).toMatchObject(ENDS);
});

describe.concurrent.each(["after", "before"] as const)(
  "a run that is killed right %s an event is on record",
  (when) => {
    test(
      "goes on to the same end each time, but for what was under way, and does nothing twice",
      { timeout: 300_000 },
      async () => {
        await using run = await site();
        // Before its first event there is no run.
        const passed = new Set<string>(when === "before" ? ["run-started"] : []);
        const doubtful: string[] = [];
        let before: readonly Entry[] = [];
        for (let at = await run.go("new", when, passed); at !== null; at = await run.go("again", when, passed)) {
          const entries = await run.entries();
          expect(entries.slice(0, before.length)).toEqual(before);
          expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
          expect(entries.some(({ event }) => event.type === at)).toBe(when === "after");
          doubtful.push(...underWay(stateAfter(entries)));
          passed.add(at);
          before = entries;
        }
        expect(TYPES.filter((type) => !passed.has(type))).toEqual([]);

        const entries = await run.entries();
        // What was under way is found on its host; only of what had not left yet there is no trace.
        const inDoubt = Object.fromEntries(
          [...(await untold(run, entries))].map((host) => [`${host} mend`, "in-doubt"] as const),
        );
        expect(outcomes(stateAfter(entries))).toEqual({ ...undisturbed, ...inDoubt });
        expect(new Set(doubtful).size).toBeGreaterThan(1);
        expect(Object.keys(inDoubt).filter((place) => !doubtful.includes(place) && place !== "cut mend")).toEqual([]);
        for (const host of Object.keys(SITE)) {
          const begun = await run.begun(host);
          expect({ host, begun }).toEqual({ host, begun: [...new Set(begun)] });
          const told = entries.filter(
            ({ event }) => (event.type === "fix-started" || event.type === "rollback-started") && event.host === host,
          );
          expect(begun.length).toBeLessThanOrEqual(told.length);
        }
      },
    );
  },
);
