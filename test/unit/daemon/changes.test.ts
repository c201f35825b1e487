import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { FaultError } from "../../../src/model/fault.ts";
import { endAt, events, hoursOf, night, skips } from "../../kit/daemon.ts";
import { scheduleOf } from "../../kit/schedules.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 5, 1, 0, 30);

describe("schedules that change", () => {
  test("to wrong ones leave those before in force, and every fault is told", async () => {
    await using one = await night(START, [scheduleOf({})]);
    const daemon = one.daemon();
    one.clock.at(START + HOUR, () => one.write({ faults: ["no such zone", "no such runbook"] }));
    one.clock.at(START + 1.75 * HOUR, () => {
      expect(daemon.bridge.status).toMatchObject({ failedReloads: 1, scheduleFaults: 2, schedules: 1 });
      one.write([scheduleOf({})]);
    });
    await endAt(one, daemon, START + 2 * HOUR);
    expect(hoursOf(one, START)).toEqual(["0.5 run", "1.5 run"]);
    expect(events(one, "schedules").filter(({ level }) => level === "error")).toHaveLength(3);
    expect(daemon.bridge.status).toMatchObject({ failedReloads: 1, scheduleFaults: 0 });
  });

  test("keep what is known of those that are the same; others begin anew, and what is gone ends", async () => {
    await using one = await night(START, [
      scheduleOf({}),
      scheduleOf({ name: "old", runbook: "old", cron: "0 3 * * *" }),
    ]);
    const other = scheduleOf({ name: "new", runbook: "new", cron: "0 3 * * *" });
    await endAt(one, one.daemon(), START + HOUR);
    one.write([scheduleOf({}), other]);
    one.clock.set(START + 3.25 * HOUR);
    const daemon = one.daemon();
    one.clock.at(START + 3.5 * HOUR + 1, () => one.write([scheduleOf({ cron: "*/30 * * * *" }), other]));
    await endAt(one, daemon, START + 4.25 * HOUR);
    expect(hoursOf(one, START)).toEqual(["0.5 run", "3.25 detect", "3.5 run", "4 run"]);
    expect(one.started.map(({ errand }) => (errand.kind === "fire" ? errand.schedule : ""))).not.toContain("new");
    expect((await one.record.book.known()).map(({ schedule }) => schedule)).toEqual(["a", "new"]);
  });
});

test("nobody is told of a schedule that is gone for how long it has not fired, by this daemon or by the next", async () => {
  await using one = await night(START, [scheduleOf({}), scheduleOf({ name: "old", runbook: "old" })]);
  const first = one.daemon();
  const told = ({ bridge: { status } }: typeof first): unknown => [
    [...status.lastFire.keys()],
    [...status.lastSuccess.keys()],
    [...status.fires.keys()],
  ];
  const seen: unknown[] = [];
  one.clock.at(START + 45 * MINUTE, () => {
    seen.push(told(first));
    one.write([scheduleOf({})]);
  });
  await endAt(one, first, START + HOUR);
  const next = one.daemon();
  await endAt(one, next, START + 1.25 * HOUR);
  seen.push(told(first), told(next));
  expect(seen).toEqual([
    [
      ["a", "old"],
      ["a", "old"],
      ["a run", "old run"],
    ],
    [["a"], ["a"], ["a run"]],
    [["a"], ["a"], []],
  ]);
});

test("a schedule that is paused does not fire until then, and says who wanted that and why", async () => {
  await using one = await night(START, [scheduleOf({})]);
  await one.record.book.pause({
    schedule: "a",
    by: "ada",
    since: START,
    until: START + 2 * HOUR,
    reason: "the migration",
  });
  await endAt(one, one.daemon(), START + 3 * HOUR);
  expect(hoursOf(one, START)).toEqual(["2.5 run"]);
  expect(skips(one)[0]).toBe(
    "paused by ada since 2026-06-01 00:30:00 UTC, until 2026-06-01 02:30:00 UTC: the migration",
  );
  expect(await one.record.book.unpause("a")).toMatchObject({ by: "ada" });
  expect(await one.record.book.unpause("a")).toBeNull();
});

test("a fire that waits for its turn when its schedule is paused is left out, and counted as what was done of it", async () => {
  await using one = await night(START, [scheduleOf({ cron: "0 1,2 * * *", overlap: "queue" })]);
  one.play = () => ({ takes: 2.25 * HOUR });
  const daemon = one.daemon();
  const pause = { schedule: "a", by: "ada", since: START + 1.6 * HOUR, until: null, reason: null };
  one.clock.at(START + 1.6 * HOUR, () => one.record.book.pause(pause));
  await endAt(one, daemon, START + 3 * HOUR);
  expect(hoursOf(one, START)).toEqual(["0.5 run"]);
  expect(skips(one)).toEqual(["paused by ada since 2026-06-01 02:06:00 UTC"]);
  const { fires, lastFire } = daemon.bridge.status;
  expect([Object.fromEntries(fires), lastFire.get("a")]).toEqual([{ "a run": 1, "a skip": 1 }, START + 0.5 * HOUR]);
  const next = one.daemon();
  await endAt(one, next, START + 3.5 * HOUR);
  expect(next.bridge.status.lastFire.get("a")).toBe(START + 0.5 * HOUR);
});

test("what could not be written down is not started, and is tried again", async () => {
  await using one = await night(START, [scheduleOf({})]);
  const { book } = one.record;
  let full = false;
  const daemon = one.daemon({
    book: {
      ...book,
      // A stand-in of a full disk.
      write: (page) => (full ? Promise.reject(new FaultError(FULL)) : book.write(page)),
    },
  });
  one.clock.at(START + 20 * MINUTE, () => {
    full = true;
  });
  one.clock.at(START + 30 * MINUTE + 20_000, () => {
    expect(one.started).toEqual([]);
    expect(daemon.bridge.status.recordFault).toBe("the disk is full");
    full = false;
  });
  await endAt(one, daemon, START + HOUR);
  expect(one.started.map(({ at }) => at - START - 30 * MINUTE)).toEqual([20_000]);
  expect(events(one, "record")).toHaveLength(2);
  expect(daemon.bridge.status.recordFault).toBeNull();
});

const FULL = { kind: "journal", message: "the disk is full" } as const;

test("a daemon that another has taken over from starts nothing, tells no numbers of its own, and goes on once that has gone", async () => {
  await using one = await night(START, [scheduleOf({})]);
  one.play = ({ run }) => (run === "run-00001" ? { takes: 45 * MINUTE } : {});
  const daemon = one.daemon();
  const { status } = daemon.bridge;
  using raw = new DatabaseSync(join(one.directory, "runbook.db"));
  // As the daemon of another machine does.
  const stolen = `host = null, pid = null, by = 'other', fence = fence + 1, expires = ${Date.now() + HOUR}`;
  const seen: unknown[] = [];
  const note = (): void => void seen.push([status.role, status.running]);
  one.clock.at(START + 40 * MINUTE, note);
  one.clock.at(START + 50 * MINUTE, () => raw.exec(`update lease set ${stolen} where run = 'daemon'`));
  one.clock.at(START + 60 * MINUTE, note);
  one.clock.at(START + 2 * HOUR, () => raw.exec("update lease set held = 0 where run = 'daemon'"));
  await endAt(one, daemon, START + 3 * HOUR);
  expect(seen).toEqual([
    ["leader", 1],
    ["standby", 0],
  ]);
  expect(hoursOf(one, START)).toEqual(["0.5 run", "2 detect", "2.5 run"]);
  expect(["leader", "deposed", "standby"].map((name) => events(one, name).length)).toEqual([2, 1, 1]);
});
