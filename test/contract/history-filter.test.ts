import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runsWanted, type FilterOptions } from "../../src/cli/history-filter.ts";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import type { Entry, Event } from "../../src/model/event.ts";
import type { Outcome } from "../../src/model/finding.ts";
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

async function wanted(options: FilterOptions, most = MANY): Promise<number[]> {
  const answer = await runsWanted(record, options, { most, now: NOW });
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
  const answer = await runsWanted(record, { outcome: "fixd", since: "lately", host: "web[" }, { most: 1, now: NOW });
  const faults = "faults" in answer ? answer.faults : [];
  expect(faults.map(({ where, hint }) => [where, hint])).toEqual([
    ["--since", "so long ago (7d, 12h), or for instance 2026-11-03T22:00+01:00"],
    ["--outcome", "did you mean `fixed`?"],
    ["--host", expect.anything()],
  ]);
});
