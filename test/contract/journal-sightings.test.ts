import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import type { Event } from "../../src/model/event.ts";
import type { RunPlan } from "../../src/model/plan.ts";
import { PLAN } from "../kit/plans.ts";
import { reached, saw, stepWith } from "../kit/tale.ts";

const MINUTE = 60_000;
const AT = { host: "host1", step: "step-1" };
const verified: Event = { type: "verified", ...AT, looks: 1, ms: 1 };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-looks-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A plan whose step three runs must find, asking this. */
function planOf(parts: Partial<RunPlan> = {}, question = "ab"): RunPlan {
  const runs = { times: 3, apart: 60, question, inputs: ["threshold"] };
  return {
    ...PLAN,
    hosts: ["host1", "host2"],
    steps: [stepWith({ confirm: { times: 1, every: 10, runs } })],
    ...parts,
  };
}

/** Writes a run whose entries all bear one time, in minutes. */
async function wrote(record: SqliteRecord, minute: number, plan: RunPlan, ...events: readonly Event[]): Promise<void> {
  const all: Event[] = [{ type: "run-started", format: 1, plan }, ...events];
  const run = `r${minute}`;
  const [first, ...others] = all.map((event, index) => ({ run, seq: index + 1, at: minute * MINUTE, event }));
  if (first !== undefined) await record.append([first]);
  await record.append(others);
}

/** What is known of earlier looks: when, on which host, and what was seen. */
async function known(record: SqliteRecord, plan = planOf(), since = 0): Promise<readonly string[]> {
  const sightings = await record.sightings(plan, since);
  return sightings.map(({ host, step, run, at, machine, keys }) => {
    expect(step).toBe("step-1");
    expect(run).toBe(`r${at / MINUTE}`);
    return `${host} ${at / MINUTE} ${machine} ${keys.join(",")}`;
  });
}

test("the last look of each run is known, newest first, on each host", async () => {
  await using record = SqliteRecord.open(directory);
  await wrote(record, 1, planOf(), reached(), saw(["a"]), reached("host2"), saw(["x"], { ...AT, host: "host2" }));
  await wrote(record, 5, planOf(), reached(), saw(["a", "b"]), saw(["a"]));
  expect(await known(record)).toEqual(["host1 5 m-host1 a", "host1 1 m-host1 a", "host2 1 m-host2 x"]);
  expect(await known(record, planOf(), 2 * MINUTE)).toEqual(["host1 5 m-host1 a"]);
  expect(await known(record, planOf({ runbook: { ...PLAN.runbook, name: "another" } }))).toEqual([]);
});

test("a run that did not look neither counts nor begins anew; one that found nothing, or proved a fix, begins anew", async () => {
  await using record = SqliteRecord.open(directory);
  await wrote(record, 1, planOf(), reached(), saw(["a"]));
  await wrote(record, 2, planOf(), reached(), { type: "undetermined", ...AT, reason: "?" });
  await wrote(record, 3, planOf(), {
    type: "unreachable",
    host: "host1",
    fault: { kind: "unreachable", message: "?" },
  });
  await wrote(record, 4, planOf({ dryRun: true }), reached(), saw(["a"]));
  expect(await known(record)).toEqual(["host1 4 m-host1 a", "host1 1 m-host1 a"]);
  await wrote(record, 5, planOf(), reached(), saw([]));
  expect(await known(record)).toEqual([]);
  await wrote(record, 6, planOf(), reached(), saw(["a", "b"]));
  await wrote(record, 7, planOf(), reached(), saw(["a", "b"]), verified, saw(["b"]));
  expect(await known(record)).toEqual(["host1 7 m-host1 b", "host1 6 m-host1 b"]);
  await wrote(record, 8, planOf(), reached(), saw(["b"]), verified);
  expect(await known(record)).toEqual([]);
});

test("only looks that asked the same count: of the same scripts, with the same values of the inputs that they name", async () => {
  await using record = SqliteRecord.open(directory);
  const with5 = planOf({ inputs: { threshold: "5" }, hostInputs: { host2: { threshold: "7" } } });
  await wrote(record, 1, with5, reached(), saw(["a"]), reached("host2"), saw(["a"], { ...AT, host: "host2" }));
  expect(await known(record)).toEqual([]);
  expect(await known(record, planOf({ inputs: { threshold: "5" } }, "cd"))).toEqual([]);
  expect(await known(record, planOf({ inputs: { threshold: "5", other: "1" } }))).toEqual(["host1 1 m-host1 a"]);
  expect(await known(record, planOf({ inputs: { threshold: "7" } }))).toEqual(["host2 1 m-host2 a"]);
});

test("a run that goes on asking something else has not looked yet", async () => {
  await using record = SqliteRecord.open(directory);
  const resumed = (question: string): Event => ({
    type: "run-resumed",
    by: "ada",
    attended: true,
    accepted: { changes: [], plan: planOf({}, question), touched: [], moved: [], bound: [], gone: [] },
  });
  await wrote(record, 1, planOf(), reached(), saw(["a"]), resumed("ab"));
  expect(await known(record)).toEqual(["host1 1 m-host1 a"]);
  await wrote(record, 2, planOf(), reached(), saw(["a"]), resumed("cd"));
  expect(await known(record)).toEqual(["host1 1 m-host1 a"]);
  await wrote(record, 3, planOf(), reached(), saw(["a"]), resumed("cd"), saw(["b"]));
  expect(await known(record, planOf({}, "cd"))).toEqual(["host1 3 m-host1 b"]);
});

test("what was seen before the machine of a name became another was not seen there", async () => {
  await using record = SqliteRecord.open(directory);
  await wrote(record, 1, planOf(), reached(), saw(["a"]), {
    type: "reached",
    host: "host1",
    machineId: "other",
    bootId: "b",
    ms: 1,
  });
  expect(await known(record)).toEqual([]);
});

test("looks from before one that was removed count no longer: nobody knows what that one saw", async () => {
  await using record = SqliteRecord.open(directory);
  for (const minute of [1, 3, 5]) await wrote(record, minute, planOf(), reached(), saw(["a"]));
  expect(await record.ledger.remove("r3")).toBe(true);
  expect(await known(record)).toEqual(["host1 5 m-host1 a"]);
});

test("two hundred looks in a row are read no further than they can matter", async () => {
  await using record = SqliteRecord.open(directory);
  const plan = planOf({ hosts: ["host1"] });
  for (let minute = 1; minute <= 200; minute += 1) await wrote(record, minute, plan, reached(), saw(["a"]));
  expect(await known(record, plan)).toEqual(["host1 200 m-host1 a", "host1 199 m-host1 a", "host1 198 m-host1 a"]);
  const runs = { times: 3, apart: 6000, question: "ab", inputs: ["threshold"] };
  const rarely = { ...plan, steps: [stepWith({ confirm: { times: 1, every: 10, runs } })] };
  expect(await known(record, rarely)).toEqual(["host1 200 m-host1 a", "host1 100 m-host1 a"]);
});
