import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { prove } from "../../src/journal/chain.ts";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import type { Entry, Event } from "../../src/model/event.ts";
import { ended, fixStarted, planWith } from "../kit/tale.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-upgrade-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const HOUR = 3_600_000;
const at = (host: string, step = "step-1") => ({ host, step });
const until = 1000 * HOUR;

/** Three runs of one runbook and one of another, an hour apart, in which things were fixed, tried, waived and only looked at. */
const RUNS: readonly (readonly [run: string, runbook: string, events: readonly Event[]])[] = [
  [
    "one",
    "disk",
    [
      fixStarted("a", at("host1")),
      fixStarted("b", at("host1")),
      ended("fixed", "", at("host1")),
      ended("clear", "", at("host2")),
    ],
  ],
  ["two", "disk", [fixStarted(null, at("host1")), fixStarted(null, at("host2")), ended("failed", "no", at("host1"))]],
  [
    "three",
    "disk",
    [
      fixStarted(null, at("host1")),
      { ...ended("in-doubt", "", at("host1")), open: true } as Event,
      ended("rolled-back", "", at("host1")),
      fixStarted(null, at("host3")),
      ended("fixed", "", at("host3")),
      { type: "waived", ...at("host2"), keys: ["k", "l"], until, by: "ada", reason: "known" },
      { type: "waived", ...at("host1"), keys: ["k"], until: 2 * HOUR, by: "ada", reason: "over by then" },
    ],
  ],
  [
    "four",
    "other",
    [
      fixStarted(null, at("host1")),
      ended("fixed", "", at("host1")),
      { type: "waived", ...at("host2"), keys: ["k"], until, by: "bob", reason: "" },
    ],
  ],
];

function entriesOf(): Entry[] {
  return RUNS.flatMap(([run, name, events], nth) => {
    const plan = planWith({ runbook: { name, title: "", path: "", digest: "" } });
    const all: Event[] = [{ type: "run-started", format: 1, plan }, ...events];
    return all.map((event, index) => ({ run, seq: index + 1, at: (nth + 1) * HOUR + index, event }));
  });
}

/** A record as the first version of the tables had it. */
function oldRecord(entries: readonly Entry[]): void {
  using database = new DatabaseSync(join(directory, "runbook.db"));
  database.exec(`
    create table run (
      run text primary key, runbook text not null, hosts integer not null,
      started_at integer not null, ended_at integer, exit integer
    ) strict;
    create table run_order (id integer primary key autoincrement, run text not null unique) strict;
    create table entry (
      run text not null, seq integer not null, at integer not null, type text not null, event text not null,
      primary key (run, seq)
    ) strict, without rowid;
    pragma user_version = 1;
  `);
  for (const { run, seq, at: time, event } of entries) {
    if (event.type === "run-started") {
      const row = [run, event.plan.runbook.name, event.plan.hosts.length, time] as const;
      database.prepare("insert into run (run, runbook, hosts, started_at) values (?, ?, ?, ?)").run(...row);
      database.prepare("insert into run_order (run) values (?)").run(run);
    }
    database.prepare("insert into entry values (?, ?, ?, ?, ?)").run(run, seq, time, event.type, JSON.stringify(event));
  }
}

const HOSTS = ["host1", "host2"];
const PAST = [
  { run: "three", at: 3 * HOUR + 3, outcome: "rolled-back" },
  { run: "two", at: 2 * HOUR + 3, outcome: "failed" },
  { run: "one", at: HOUR + 3, outcome: "fixed" },
].map((fix) => ({ host: "host1", step: "step-1", ...fix }));

describe.each(["as it is written", "of the first version"])("a record %s", (which) => {
  async function open(): Promise<SqliteRecord> {
    if (which === "of the first version") oldRecord(entriesOf());
    const record = SqliteRecord.open(directory);
    if (which === "as it is written") await record.append(entriesOf());
    return record;
  }

  test("keeps every run and entry", async () => {
    await using record = await open();
    expect((await record.runs()).map(({ run }) => run)).toEqual(["four", "three", "two", "one"]);
    for (const [run] of RUNS) {
      expect(await record.read(run)).toEqual(entriesOf().filter((entry) => entry.run === run));
    }
  });

  test("tells the fixes that began and how each ended last, newest first, of the runbook and the hosts that are asked for", async () => {
    await using record = await open();
    expect(await record.past("disk", HOSTS, 0)).toEqual(PAST);
    expect(await record.past("disk", HOSTS, 2 * HOUR)).toEqual(PAST.slice(0, 2));
    expect(await record.past("disk", ["host2"], 0)).toEqual([]);
    expect(await record.past("nothing", HOSTS, 0)).toEqual([]);
  });

  test("tells the waivers that hold", async () => {
    await using record = await open();
    const waiver = { ...at("host2"), until, by: "ada", reason: "known" };
    expect(await record.waivers("disk", HOSTS, 3 * HOUR)).toEqual([
      { ...waiver, key: "k" },
      { ...waiver, key: "l" },
    ]);
    expect(await record.waivers("disk", HOSTS, HOUR)).toHaveLength(3);
    expect(await record.waivers("disk", ["host3"], HOUR)).toEqual([]);
    expect(await record.waivers("disk", HOSTS, until)).toEqual([]);
  });

  test("goes on being written", async () => {
    await using record = await open();
    const { length } = await record.read("two");
    await record.append([{ run: "two", seq: length + 1, at: 9 * HOUR, event: ended("fixed", "", at("host2")) }]);
    expect((await record.past("disk", ["host2"], 0)).map(({ run, outcome }) => ({ run, outcome }))).toEqual([
      { run: "two", outcome: "fixed" },
    ]);
  });
});

test("the entries of an old record get their hashes once, and it is told which; what comes later is chained to them", async () => {
  oldRecord(entriesOf());
  const before = Date.now();
  await using record = SqliteRecord.open(directory);
  const { length } = await record.read("two");
  expect(await record.ledger.sealed("two")).toEqual({ seq: length, at: expect.any(Number) });
  expect((await record.ledger.sealed("two"))?.at).toBeGreaterThanOrEqual(before);
  await record.append([{ run: "two", seq: length + 1, at: 9 * HOUR, event: ended("fixed", "", at("host2")) }]);
  await using again = SqliteRecord.open(directory);
  expect((await again.ledger.sealed("two"))?.seq).toBe(length);
  for (const [run] of RUNS) expect(prove(await again.ledger.rows(run))).toMatchObject({ broken: null, unproved: 0 });
});

test("a process of an older version that is still at work goes on writing; of its entries nothing is proved", async () => {
  await using record = SqliteRecord.open(directory);
  await record.append(entriesOf());
  const { length } = await record.read("one");
  using database = new DatabaseSync(join(directory, "runbook.db"));
  const old = database.prepare("insert into entry (run, seq, at, type, event) values (?, ?, ?, ?, ?)");
  for (const seq of [length + 1, length + 2]) old.run("one", seq, HOUR, "paused", '{"type":"paused","by":"ada"}');
  expect(prove(await record.ledger.rows("one"))).toMatchObject({ head: null, broken: null, unproved: 2 });
  await record.append([{ run: "one", seq: length + 3, at: HOUR, event: { type: "continued", by: "ada" } }]);
  expect(prove(await record.ledger.rows("one"))).toMatchObject({ head: expect.any(String), broken: null, unproved: 2 });
});

test("an entry that is damaged does not keep an old record from being opened", async () => {
  const entries = entriesOf();
  oldRecord(entries);
  const database = new DatabaseSync(join(directory, "runbook.db"));
  database.exec(`update entry set event = '{"type":"fix' where run = 'one' and type in ('fix-started', 'step-ended')`);
  database.close();
  await using record = SqliteRecord.open(directory);
  expect(await record.past("disk", HOSTS, 0)).toEqual(PAST.slice(0, 2));
});

test("at most twenty fixes of a step on a host are told: the newest", async () => {
  await using record = SqliteRecord.open(directory);
  const plan = planWith({});
  for (let nth = 1; nth <= 25; nth += 1) {
    const run = `run-${nth}`;
    const place = (seq: number, event: Event): Entry => ({ run, seq, at: nth * HOUR, event });
    await record.append([
      place(1, { type: "run-started", format: 1, plan }),
      place(2, fixStarted()),
      place(3, ended("fixed")),
      place(4, fixStarted(null, at("host2"))),
      place(5, ended("fixed", "", at("host2"))),
    ]);
  }
  const past = await record.past(plan.runbook.name, HOSTS, 0);
  const newest = Array.from({ length: 20 }, (_, index) => `run-${25 - index}`);
  for (const host of HOSTS) expect(past.filter((fix) => fix.host === host).map(({ run }) => run)).toEqual(newest);
});
