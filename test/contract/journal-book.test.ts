import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import type { Entry } from "../../src/model/event.ts";
import { DAEMON, type NewFire } from "../../src/schedule/book.ts";
import { PLAN } from "../kit/plans.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-book-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const SELF = { writer: undefined, by: "ada" };

const fire = (run: string | null, schedule = "a"): NewFire => ({
  schedule,
  nominal: 1,
  at: 2,
  act: run === null ? "skip" : "run",
  why: ["because"],
  run,
  runbooks: ["job"],
});

test("writes a page whole or not at all, and keeps what is open apart from what is over", async () => {
  await using record = SqliteRecord.open(directory);
  const { book, desk } = record;
  await using _lease = await held(record);
  const known = { schedule: "a", expression: "@hourly UTC +0", known: { settled: 5, seen: 6 } };
  await book.write({ known: [known], fires: [fire("one"), fire(null)] });
  expect(await book.known()).toEqual([known]);
  const [first] = await book.open();
  expect(first).toMatchObject({ ...fire("one"), stage: "due", tries: 0, replaced: false, retryAt: null });
  // The id of a run is there once: the second page is refused with all that is in it.
  await expect(book.write({ forgotten: ["a"], fires: [fire("two"), fire("one")] })).rejects.toThrow(/record of runs/);
  expect(await book.known()).toEqual([known]);
  expect((await book.fires()).map(({ run }) => run)).toEqual(["one", null]);
  await book.write({
    forgotten: ["a"],
    moves: [{ id: first?.id ?? 0, stage: "over", exit: 0, ended: 9, why: [], replaced: true }],
  });
  expect([await book.open(), await book.known()]).toEqual([[], []]);
  expect((await book.fires())[0]).toMatchObject({ stage: "over", exit: 0, ended: 9, why: [], replaced: true });
  expect(await desk.holder(DAEMON)).toMatchObject({ by: "ada" });
});

test("is written by nobody but the daemon that has the lease", async () => {
  await using record = SqliteRecord.open(directory);
  await using other = SqliteRecord.open(directory);
  await expect(other.book.write({ fires: [fire("none")] })).rejects.toThrow(/another daemon is in charge/);
  await using _lease = await held(record);
  expect([await record.book.inCharge(), await other.book.inCharge()]).toEqual([true, false]);
  expect(await other.desk.lease(DAEMON, { ...SELF, by: "ben" })).toMatchObject({ by: "ada" });
  await record.book.write({ fires: [fire("one")] });
  // As a suspended machine leaves it: no sign of life for long.
  using raw = new DatabaseSync(join(directory, "runbook.db"));
  raw.exec("update lease set expires = 0");
  await using _later = await held(other);
  expect([await record.book.inCharge(), await other.book.inCharge()]).toEqual([false, true]);
  await expect(record.book.write({ fires: [fire("two")] })).rejects.toThrow(/another daemon is in charge/);
  await expect(record.book.tidy(0)).rejects.toThrow(/another daemon is in charge/);
  await other.book.write({ fires: [fire("three")] });
  expect((await record.book.open()).map(({ run }) => run)).toEqual(["one", "three"]);
});

test("tells of a run whether somebody has it, whether it has ended, and whether it asks", async () => {
  await using record = SqliteRecord.open(directory);
  await using other = SqliteRecord.open(directory);
  const look = async () => (await record.book.look(["one", "none"])).get("one");
  expect(await look()).toBeUndefined();
  const lease = await other.desk.lease("one", SELF);
  expect(await look()).toEqual({ seq: 0, alive: true, ended: false, closed: false, exit: null, asks: false });
  const at = { host: "host1", step: "step-1" };
  await other.desk.claim({ run: "one", digest: "d", ...at }, { over: false });
  await other.append([
    { run: "one", seq: 1, at: 1, event: { type: "run-started", format: 1, plan: PLAN } },
    { run: "one", seq: 2, at: 2, event: { type: "asked", ...at, digest: "d" } },
    { run: "one", seq: 3, at: 3, event: { type: "run-ended", exit: 3, outcome: "waiting" } },
  ]);
  if ("run" in lease) await lease[Symbol.asyncDispose]();
  expect(await look()).toEqual({ seq: 3, alive: false, ended: true, closed: true, exit: 3, asks: true });
  await other.append([
    { run: "one", seq: 4, at: 4, event: { type: "denied", ...at, digest: "d", by: "ben", reason: "" } },
  ]);
  expect(await look()).toMatchObject({ seq: 4, closed: false, asks: false });
});

const CHECK = { check: "all", place: 0, parts: 2, earlier: [], hosts: [], left: [] };

/** One of the runs of a check. */
function begun(run: string): Entry {
  return { run, seq: 1, at: 1, event: { type: "run-started", format: 1, plan: { ...PLAN, check: CHECK } } };
}

function ended(run: string, seq: number, exit: number): Entry {
  return { run, seq, at: seq, event: { type: "run-ended", exit, outcome: "found" } };
}

test("tells of a check by all of its runs", async () => {
  await using record = SqliteRecord.open(directory);
  await record.append([begun("one"), ended("one", 2, 0), begun("two")]);
  expect((await record.book.look(["all"])).get("all")).toMatchObject({ ended: false, exit: null });
  await record.append([ended("two", 2, 2)]);
  expect((await record.book.look(["all"])).get("all")).toMatchObject({ ended: true, exit: 2, alive: false });
});

test("keeps, however long ago that was, the last fire of each schedule that had a run, and the last that ended well", async () => {
  await using record = SqliteRecord.open(directory);
  await using _lease = await held(record);
  const { book } = record;
  await book.write({ fires: [fire("first"), fire("well"), fire("ill"), fire(null), fire(null), fire(null)] });
  const over = { stage: "over", ended: 9 } as const;
  await book.write({ moves: [1, 2, 3].map((id) => ({ ...over, id, exit: id === 3 ? 1 : 0 })) });
  const latest = await book.latest();
  await book.tidy(1);
  expect((await book.fires()).map(({ id }) => id)).toEqual([2, 3, 6]);
  expect(await book.latest()).toEqual(latest);
});

test("keeps the last fires of each schedule, and all that are not over", async () => {
  await using record = SqliteRecord.open(directory);
  await using _lease = await held(record);
  const { book } = record;
  await book.write({ fires: [fire("open"), fire(null), fire(null), fire(null), fire(null, "b")] });
  await book.tidy(2);
  expect((await book.fires()).map(({ id, schedule }) => [id, schedule])).toEqual([
    [1, "a"],
    [3, "a"],
    [4, "a"],
    [5, "b"],
  ]);
  expect((await book.latest()).map(({ id }) => id)).toEqual([1, 4, 5]);
});

/** The lease of the daemon. */
async function held({ desk }: SqliteRecord): Promise<AsyncDisposable> {
  const lease = await desk.lease(DAEMON, SELF);
  if (!("run" in lease)) throw new Error("somebody else has it");
  return lease;
}
