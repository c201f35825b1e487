import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MIGRATIONS } from "../../src/journal/schema.ts";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import type { Entry, Event } from "../../src/model/event.ts";
import { FaultError } from "../../src/model/fault.ts";
import { PLAN } from "../kit/plans.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-journal-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const entry = (run: string, seq: number, event: Event): Entry => ({ run, seq, at: 1_000_000 + seq, event });
const begun = (run: string): Entry => entry(run, 1, { type: "run-started", format: 1, plan: PLAN });
const stopped = (run: string, seq: number): Entry => entry(run, seq, { type: "stop-requested", by: `somebody ${seq}` });

const PARTS = ["runbook.db", "runbook.db-wal", "runbook.db-shm"];
const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe("the record of runs", () => {
  test("gives back what was written, in order, to another process's eyes too", async () => {
    await using record = SqliteRecord.open(directory);
    const entries = [begun("a"), stopped("a", 2), stopped("a", 3)];
    await record.append(entries);
    await using other = SqliteRecord.open(directory);
    expect(await other.read("a")).toEqual(entries);
    expect(await other.read("b")).toEqual([]);
  });

  test("keeps bytes that are not UTF-8, as lone surrogates", async () => {
    await using record = SqliteRecord.open(directory);
    const odd = entry("a", 2, { type: "stop-requested", by: "caf\uDCE9 \u0000 \u{1F525}" });
    await record.append([begun("a"), odd]);
    expect((await record.read("a"))[1]).toEqual(odd);
  });

  test("lists runs newest first, with their end", async () => {
    await using record = SqliteRecord.open(directory);
    await record.append([begun("a"), entry("a", 2, { type: "run-ended", exit: 2, outcome: "found" })]);
    await record.append([begun("b")]);
    const hosts = PLAN.hosts.length;
    const none = { check: null, schedule: null };
    expect(await record.runs()).toEqual([
      {
        run: "b",
        runbook: PLAN.runbook.name,
        startedAt: 1_000_001,
        endedAt: null,
        exit: null,
        hosts,
        ...none,
        outcome: null,
      },
      {
        run: "a",
        runbook: PLAN.runbook.name,
        startedAt: 1_000_001,
        endedAt: 1_000_002,
        exit: 2,
        hosts,
        ...none,
        outcome: "found",
      },
    ]);
  });

  test("commits what many hosts append together in one go, in the order of the calls", async () => {
    await using record = SqliteRecord.open(directory);
    await record.append([begun("a")]);
    const order: number[] = [];
    const appends = Array.from({ length: 200 }, (_, at) =>
      record.append([stopped("a", at + 2)]).then(() => order.push(at + 2)),
    );
    await Promise.all(appends);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect((await record.read("a")).map((each) => each.seq)).toEqual(Array.from({ length: 201 }, (_, at) => at + 1));
  });

  test("refuses a second entry in one place, and takes nothing behind the gap", async () => {
    await using record = SqliteRecord.open(directory);
    await record.append([begun("a"), stopped("a", 2)]);
    await expect(record.append([stopped("a", 2)])).rejects.toThrow(/the record of runs cannot be used: .*UNIQUE/);
    await expect(record.append([stopped("a", 3)])).rejects.toThrow(/cannot be used: .*UNIQUE/);
    expect(await record.read("a")).toHaveLength(2);
  });

  test("is readable by its owner alone, with the files that SQLite keeps beside it", async () => {
    const before = process.umask(0);
    try {
      await using record = SqliteRecord.open(join(directory, "deep", "state"));
      await record.append([begun("a")]);
      expect(modeOf(join(directory, "deep", "state"))).toBe(0o700);
      expect(PARTS.map((part) => modeOf(join(directory, "deep", "state", part)))).toEqual([0o600, 0o600, 0o600]);
    } finally {
      process.umask(before);
    }
  });

  test("becomes so where it was not", async () => {
    await using record = SqliteRecord.open(directory);
    await record.append([begun("a")]);
    for (const part of PARTS) chmodSync(join(directory, part), 0o644);
    await using again = SqliteRecord.open(directory);
    expect(PARTS.map((part) => modeOf(join(directory, part)))).toEqual([0o600, 0o600, 0o600]);
    // The second did not take the locks of the first away.
    await Promise.all([record.append([stopped("a", 2)]), again.append([begun("b")])]);
    expect((await again.runs()).map(({ run }) => run)).toEqual(["b", "a"]);
  });

  test.each([
    ["half an event", `'{"type":"stop-req'`],
    ["an event of no kind", `'{"type":"went-fishing"}'`],
  ])("names the entry that is damaged: %s", async (_, event) => {
    await using record = SqliteRecord.open(directory);
    await record.append([begun("a"), stopped("a", 2), begun("b")]);
    const database = new DatabaseSync(join(directory, "runbook.db"));
    database.exec(`update entry set event = ${event} where run = 'a' and seq = 2`);
    database.close();
    const error = await record.read("a").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FaultError);
    expect((error as FaultError).faults).toEqual([
      expect.objectContaining({ kind: "journal", message: "the record is damaged: run a, entry 2" }),
    ]);
    expect(await record.read("b")).toHaveLength(1);
  });

  test("refuses a record of a newer runbook, untouched", async () => {
    await (async () => {
      await using record = SqliteRecord.open(directory);
      await record.append([begun("a")]);
    })();
    const database = new DatabaseSync(join(directory, "runbook.db"));
    database.exec("pragma user_version = 99");
    database.close();
    const words = `made by a newer runbook (format 99; this one knows ${MIGRATIONS.length})`;
    expect(() => SqliteRecord.open(directory)).toThrow(words);
  });

  test("says so where no directory can be made, and does not try for ever", () => {
    expect(() => SqliteRecord.open("/proc/nowhere/state")).toThrow(/ENOENT.*\/proc\/nowhere/);
  });

  test("says so when the file is no record at all", async () => {
    const { writeFile } = await import("node:fs/promises");
    await writeFile(join(directory, "runbook.db"), "this is not a database, it only stands where one should be");
    expect(() => SqliteRecord.open(directory)).toThrow(FaultError);
    expect(() => SqliteRecord.open(directory)).toThrow(/file is not a database/);
  });

  test("loses nothing that was acknowledged when the writer is killed", async () => {
    const program = resolve(import.meta.dirname, "fixtures/append-for-ever.ts");
    const child = spawn(process.execPath, [program, directory], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.split("\n").length > 60) child.kill("SIGKILL");
    });
    await once(child, "close");
    const acknowledged = Number(said.trimEnd().split("\n").at(-1));
    expect(acknowledged).toBeGreaterThan(30);
    expect(existsSync(join(directory, "runbook.db"))).toBe(true);
    await using record = SqliteRecord.open(directory);
    const kept = (await record.read("a")).map((each) => each.seq);
    expect(kept.length).toBeGreaterThanOrEqual(acknowledged);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, at) => at + 1));
  });
});
