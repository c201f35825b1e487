import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runsWanted, type FilterOptions } from "../../src/cli/history-filter.ts";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import type { Entry, Event } from "../../src/model/event.ts";
import { worst, type Outcome } from "../../src/model/finding.ts";
import { PLAN } from "../kit/plans.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 21);
const MANY = 2000;

let directory: string;
let record: SqliteRecord;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-filter-"));
  record = SqliteRecord.open(directory);
  await record.append(Array.from({ length: MANY }, (_, at) => story(at)).flat());
});
afterAll(async () => {
  await record[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

function ended(host: string, outcome: Outcome): Event {
  return { type: "step-ended", host, step: "step-1", outcome, reason: "" };
}

/** One run an hour, the last an hour ago. Every other is of `nightly`; in every tenth db1 is unknown, which is worse than web1's fix. */
function story(at: number): Entry[] {
  const run = `r${String(at).padStart(5, "0")}`;
  const began = NOW - (MANY - at) * 3_600_000;
  const hosts = at % 5 === 0 ? ["web1", "db1"] : ["web1", "web2"];
  const schedule = { name: at % 2 === 0 ? "nightly" : "hourly", fire: began, why: [] };
  const source = { text: "x".repeat(10_000), functions: "", files: [] };
  const plan = { ...PLAN, hosts, groups: { web: hosts.filter((host) => host.startsWith("web")) }, source };
  const unknown = at % 10 === 0;
  const outcome: Outcome = unknown ? "unknown" : "fixed";
  const events: Event[] = [
    { type: "run-started", format: 1, plan: at % 3 === 0 ? plan : { ...plan, schedule } },
    ended(hosts[0] ?? "", "fixed"),
    ended(hosts[1] ?? "", outcome),
    // The last one was cut off.
    ...(at === MANY - 1 ? [] : [{ type: "run-ended", exit: unknown ? 4 : 0, outcome } as const]),
  ];
  return events.map((event, place) => ({ run, seq: place + 1, at: began + place, event }));
}

type Part = {
  readonly check: string;
  readonly hours: number;
  readonly ends: Readonly<Record<string, Outcome>>;
  readonly over: boolean;
};

/** One run of a check, so many hours ago; `over`: it came to its end. */
function partOf(run: string, { check, hours, ends, over }: Part): Entry[] {
  const at = NOW - hours * 3_600_000;
  const part = { check, place: 0, parts: 2, earlier: [], hosts: [], left: [] };
  const plan = { ...PLAN, check: part, hosts: Object.keys(ends) };
  const outcome = worst(Object.values(ends));
  const events: Event[] = [
    { type: "run-started", format: 1, plan },
    ...Object.entries(ends).map(([host, end]) => ended(host, end)),
    ...(over ? [{ type: "run-ended", exit: 0, outcome } as const] : []),
  ];
  return events.map((event, place) => ({ run, seq: place + 1, at: at + place, event }));
}

async function wanted(options: FilterOptions, most = MANY): Promise<number[]> {
  const answer = await runsWanted(record, options, { most, now: NOW, whole: true });
  if ("faults" in answer) throw new Error(JSON.stringify(answer.faults));
  return answer.runs.map(({ run }) => Number(run.slice(1)));
}

const all = Array.from({ length: MANY }, (_, at) => MANY - 1 - at);

test("runs are told by schedule, newest first, and no more than are wanted", async () => {
  expect(await wanted({})).toEqual(all);
  const nightly = all.filter((at) => at % 2 === 0 && at % 3 !== 0);
  expect(await wanted({ schedule: "nightly" })).toEqual(nightly);
  expect(await wanted({ schedule: "nightly" }, 3)).toEqual(nightly.slice(0, 3));
  expect(await wanted({ schedule: "gone" })).toEqual([]);
});

test("runs are told by when they began: so long ago, or a point in time", async () => {
  expect(await wanted({ since: "1d" })).toEqual(all.slice(0, 24));
  expect(await wanted({ since: "2d", until: "1d" })).toEqual(all.slice(24, 48));
  const until = new Date(NOW - 2 * DAY).toISOString();
  expect(await wanted({ until }, 2)).toEqual(all.slice(48, 50));
});

test("runs are told by how they ended; one without an end has not ended in any way", async () => {
  expect(await wanted({ outcome: "unknown" })).toEqual(all.filter((at) => at % 10 === 0));
  expect(await wanted({ outcome: "fixed,unknown" })).toEqual(all.slice(1));
});

test("runs are told by their hosts, by patterns over the groups that they had then", async () => {
  const db = all.filter((at) => at % 5 === 0);
  expect(await wanted({ host: "db1" })).toEqual(db);
  expect(await wanted({ host: "all:!web" })).toEqual(db);
  expect(await wanted({ host: "web:&web2*" }, 7)).toEqual(all.filter((at) => at % 5 !== 0).slice(0, 7));
  expect(await wanted({ host: "nobody" })).toEqual([]);
});

test("with hosts, an outcome is that of a host: a run may be worse for another, or be cut off", async () => {
  const unknown = all.filter((at) => at % 10 === 0);
  expect(await wanted({ host: "db1", outcome: "unknown" })).toEqual(unknown);
  expect(await wanted({ host: "web1", outcome: "unknown" })).toEqual([]);
  expect(await wanted({ host: "web1", outcome: "fixed", since: "2d", schedule: "nightly" })).toEqual(
    all.slice(0, 48).filter((at) => at % 2 === 0 && at % 3 !== 0),
  );
  expect(await wanted({ host: "web2", outcome: "fixed" }, 1)).toEqual([MANY - 1]);
});

test("what cannot be meant is told, all at once", async () => {
  const answer = await runsWanted(
    record,
    { outcome: "fixd", since: "lately", host: "web[" },
    { most: 1, now: NOW, whole: true },
  );
  const faults = "faults" in answer ? answer.faults : [];
  expect(faults.map(({ where, hint }) => [where, hint])).toEqual([
    ["--since", "so long ago (7d, 12h), or for instance 2026-11-03T22:00+01:00"],
    ["--outcome", "did you mean `fixed`?"],
    ["--host", expect.anything()],
  ]);
});

test("a time that ends before it begins is told", async () => {
  const answer = await runsWanted(record, { since: "1d", until: "7d" }, { most: 1, now: NOW, whole: true });
  expect(answer).toMatchObject({ faults: [{ where: "--until", message: "this is not after --since" }] });
});

describe("of a check", () => {
  let own: SqliteRecord;
  let place: string;
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), "runbook-filter-"));
    own = SqliteRecord.open(place);
    const parts: readonly (readonly [string, string, number, Record<string, Outcome>, boolean])[] = [
      // Its first run failed to tell of db1, which its second found clear.
      ["p1", "first", 10, { web1: "clear", db1: "unknown" }, true],
      ["p2", "first", 8, { web1: "found", db1: "clear" }, true],
      ["p3", "second", 4, { web1: "clear" }, true],
      // Its process has died.
      ["p4", "third", 2, { web1: "found" }, true],
      ["p5", "third", 2, { web1: "clear" }, false],
    ];
    for (const [run, check, hours, ends, over] of parts) await own.append(partOf(run, { check, hours, ends, over }));
  });
  afterAll(async () => {
    await own[Symbol.asyncDispose]();
    await rm(place, { recursive: true, force: true });
  });

  const told = async (options: FilterOptions, whole: boolean, most = 9): Promise<string> => {
    const answer = await runsWanted(own, options, { most, now: NOW, whole });
    if ("faults" in answer) throw new Error(JSON.stringify(answer.faults));
    return answer.runs.map(({ run }) => run).join(" ");
  };

  test("all runs are told or none, by the worst of them", async () => {
    expect(await told({ outcome: "found" }, true)).toBe("p2 p1");
    expect(await told({ outcome: "clear" }, true)).toBe("p3");
    expect(await told({ outcome: "unknown" }, true)).toBe("");
    expect(await told({ host: "db1" }, true)).toBe("p2 p1");
    expect(await told({ host: "db1", outcome: "unknown" }, true)).toBe("p2 p1");
    expect(await told({ host: "db1", outcome: "clear" }, true)).toBe("");
    expect(await told({ host: "web1", outcome: "clear" }, true)).toBe("p3");
    expect(await told({}, true, 2)).toBe("p5 p4 p3");
  });

  test("the first of its runs says when it began", async () => {
    expect(await told({ since: "9h" }, true)).toBe("p5 p4 p3");
    expect(await told({ since: "11h", until: "9h" }, true)).toBe("p2 p1");
  });

  test("programs are told its runs one by one", async () => {
    expect(await told({ outcome: "clear" }, false)).toBe("p3");
    expect(await told({ outcome: "found" }, false)).toBe("p4 p2");
    expect(await told({ since: "9h" }, false)).toBe("p5 p4 p3 p2");
  });
});
