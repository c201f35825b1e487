import { statSync } from "node:fs";
import { mkdtemp, rm, writeFile, mkdir, readFile, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { prove } from "../../src/journal/chain.ts";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import type { Entry, Event } from "../../src/model/event.ts";
import { FaultError, type Fault } from "../../src/model/fault.ts";
import { PLAN } from "../kit/plans.ts";
import { ended, fixStarted } from "../kit/tale.ts";

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-ledger-"));
  file = join(directory, "runbook.db");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const entry = (run: string, seq: number, event: Event): Entry => ({ run, seq, at: 1_000_000 + seq, event });
const begun = (run: string): Entry => entry(run, 1, { type: "run-started", format: 1, plan: PLAN });
const said = (run: string, seq: number): Entry => entry(run, seq, { type: "paused", by: `somebody ${seq}` });

/** A record of two runs, each of five entries, that nobody has open. */
async function twoRuns(): Promise<void> {
  await using record = SqliteRecord.open(directory);
  await record.append(["a", "b"].flatMap((run) => [begun(run), ...[2, 3, 4, 5].map((seq) => said(run, seq))]));
}

function tamper(statement: string): void {
  using database = new DatabaseSync(file);
  database.exec(statement);
}

async function broken(run: string): Promise<string | undefined> {
  await using record = SqliteRecord.open(directory);
  return prove(await record.ledger.rows(run)).broken?.words;
}

/** Tables that have no rows of a run: what is ordered or known besides, and messages, which outlive their runs. */
const OF_NO_RUN = new Set([
  "freeze",
  "schedule",
  "schedule_pause",
  "schedule_source",
  "outbox",
  "notice_told",
  "receiver",
]);

describe("the ledger", () => {
  test("chains what arrives one by one, together, from two handles and with other runs between", async () => {
    await using record = SqliteRecord.open(directory);
    await using other = SqliteRecord.open(directory);
    await record.append([begun("a"), begun("b"), said("a", 2)]);
    await other.append([said("a", 3)]);
    await Promise.all([record.append([said("a", 4)]), record.append([said("b", 2)]), record.append([said("a", 5)])]);
    for (const run of ["a", "b"]) {
      const { broken: found, head, unproved } = prove(await other.ledger.rows(run));
      expect({ found, unproved }).toEqual({ found: null, unproved: 0 });
      expect(head).toMatch(/^[0-9a-f]{64}$/);
      expect(await record.ledger.head(run)).toBe(head);
    }
    expect(await record.ledger.head("c")).toBeNull();
    expect(await record.ledger.runs()).toEqual(["a", "b"]);
  });

  test.each([
    [
      "altered",
      `update entry set event = replace(event, 'somebody', 'nobody') where run = 'a' and seq = 3`,
      "entry 3 was altered",
    ],
    ["moved in time", "update entry set at = at + 1 where run = 'a' and seq = 5", "entry 5 was altered"],
    ["missing", "delete from entry where run = 'a' and seq = 2", "entry 2 is missing"],
    [
      "reordered",
      `update entry set seq = 99 where run = 'a' and seq = 3; update entry set seq = 3 where run = 'a' and seq = 4;
       update entry set seq = 4 where run = 'a' and seq = 99`,
      "entry 3 was put in the place of entry 4",
    ],
    ["gone altogether", "delete from entry where run = 'a'", "all of its entries are missing"],
  ])("shows what is %s, in this run and in no other", async (_, statement, words) => {
    await twoRuns();
    tamper(statement);
    expect(await broken("a")).toBe(words);
    expect(await broken("b")).toBeUndefined();
    await using record = SqliteRecord.open(directory);
    expect(await record.ledger.runs()).toEqual(["a", "b"]);
  });

  test("a run of which entries are missing is told as damaged, and is no bug", async () => {
    await twoRuns();
    tamper("delete from entry where run = 'a' and seq = 2");
    await using record = SqliteRecord.open(directory);
    await expect(record.read("a")).rejects.toThrow(/the record is damaged: run a, entry 2/);
    expect(await record.read("b")).toHaveLength(5);
  });

  test("removes a run with everything that follows from it, but none that somebody has in hand", async () => {
    await twoRuns();
    await using record = SqliteRecord.open(directory);
    await using other = SqliteRecord.open(directory);
    await record.append([entry("a", 6, fixStarted()), entry("a", 7, ended("fixed"))]);
    const lease = await other.desk.lease("a", { writer: undefined, by: "ada" });
    expect(await record.ledger.remove("a")).toBe(false);
    // Of several that go together none goes.
    expect(await record.ledger.remove("b", "a")).toBe(false);
    expect(await record.read("a")).toHaveLength(7);
    expect(await record.read("b")).toHaveLength(5);
    if (!("run" in lease)) throw new Error("the lease was not given");
    await lease[Symbol.asyncDispose]();
    expect(await record.ledger.remove("a")).toBe(true);
    expect((await record.runs()).map(({ run }) => run)).toEqual(["b"]);
    expect(await record.past(PLAN.runbook.name, ["host1"], 0)).toEqual([]);
    using database = new DatabaseSync(file, { readOnly: true });
    const tables = database.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite%'");
    for (const { name } of tables.all()) {
      if (OF_NO_RUN.has(String(name))) continue;
      const left = database.prepare(`select count(*) as rows from ${String(name)} where run = 'a'`).get();
      expect({ name, rows: left?.["rows"] }).toEqual({ name, rows: 0 });
    }
  });
});

/** What is said where it cannot be used. */
async function fault(): Promise<Fault> {
  try {
    await using record = SqliteRecord.open(directory);
    for (const run of await record.ledger.runs()) await record.ledger.rows(run);
  } catch (error) {
    if (error instanceof FaultError && error.faults[0] !== undefined) return error.faults[0];
    throw error;
  }
  throw new Error("nothing was wrong");
}

describe("a file that is no sound record", () => {
  const DAMAGED = {
    kind: "journal",
    hint: expect.stringMatching(/^take it from a backup, or move it away and save what is left of it/),
  };

  test("a page whose bytes were flipped", async () => {
    await twoRuns();
    const bytes = await readFile(file);
    // The first page holds the header and what tables there are: the others are theirs.
    for (let at = 4096; at < bytes.length; at += 1) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    await writeFile(file, bytes);
    expect(await fault()).toMatchObject({ ...DAMAGED, message: expect.stringContaining("malformed") });
  });

  test("a file that was cut off", async () => {
    await twoRuns();
    await truncate(file, 8192);
    expect(await fault()).toMatchObject({ ...DAMAGED, message: expect.stringContaining("malformed") });
  });

  test("something else than a record", async () => {
    await writeFile(file, "this is not a database, it only stands where one should be".repeat(100));
    expect(await fault()).toMatchObject({ ...DAMAGED, message: expect.stringContaining("file is not a database") });
  });

  test("a directory", async () => {
    await mkdir(file, { mode: 0o755 });
    expect(await fault()).toMatchObject({ kind: "journal", message: expect.stringContaining("this is no file") });
    // It may be somebody's: its rights stay as they are.
    expect(statSync(file).mode & 0o777).toBe(0o755);
  });

  test("an empty file becomes a record", async () => {
    await writeFile(file, "");
    await twoRuns();
    expect(await broken("a")).toBeUndefined();
  });
});
