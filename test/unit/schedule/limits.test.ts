import { describe, expect, test } from "vitest";
import { delayOf } from "../../../src/schedule/delay.ts";
import { hostsLeft, recurrence } from "../../../src/schedule/limits.ts";
import { turnOf } from "../../../src/schedule/overlap.ts";
import { scheduleOf } from "../../kit/schedules.ts";

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 10, 20, 12);

describe("a fire beside the run of an earlier one", () => {
  const going = { fixing: true, queued: false };
  test.each([
    ["skip", null, "start"],
    ["skip", going, "skip"],
    ["queue", going, "queue"],
    ["queue", { ...going, queued: true }, "skip"],
    ["replace", going, "replace"],
    ["replace", { ...going, queued: true }, "skip"],
  ] as const)("with `overlap: %s` beside %j: %s", (overlap, beside, turn) => {
    expect(turnOf(overlap, beside).turn).toBe(turn);
  });

  test("that replaces it interrupts no fix", () => {
    expect(turnOf("replace", going).why).toBe(
      "the run before starts no new fix, and ends once what it has begun is done",
    );
  });
});

describe("a fix that keeps coming back", () => {
  const schedule = scheduleOf({ stop_after: { fixes: 2, within: "1d" } });
  test("is left to people after so many of it in that time", () => {
    expect(recurrence(schedule, [NOON - HOUR], NOON)).toBeNull();
    expect(recurrence(schedule, [NOON - HOUR, NOON - 25 * HOUR], NOON)).toBeNull();
    expect(recurrence(schedule, [NOON - HOUR, NOON - 23 * HOUR], NOON)).toBe(
      "it keeps coming back: fixed 2 times within 1 d",
    );
  });
});

describe("the hosts of a day", () => {
  const schedule = scheduleOf({ timezone: "Asia/Shanghai", max_hosts_per_day: "25%" });
  test("count once each, by the schedule's own clocks", () => {
    // It is 20:00 in Shanghai; 15:59 UTC of the day before is its last minute there.
    const fixed = [
      { host: "a", at: NOON - HOUR },
      { host: "a", at: NOON - 2 * HOUR },
      { host: "b", at: NOON - 20 * HOUR - 60_000 },
    ];
    expect(hostsLeft(schedule, fixed, { hosts: 10, now: NOON })).toBe(2);
    expect(hostsLeft(schedule, [], { hosts: 10, now: NOON })).toBe(3);
    expect(hostsLeft(scheduleOf({ max_hosts_per_day: 1 }), fixed, { hosts: 10, now: NOON })).toBe(0);
  });
});

test("the delay of a name is always the same, and those of many names are spread over the jitter", () => {
  // Written down: a schedule must not move when the program is replaced by a newer one.
  expect([delayOf("full-disks", 600), delayOf("full-disks", 0)]).toEqual([187, 0]);
  const delays = Array.from({ length: 500 }, (_, at) => delayOf(`schedule-${at}`, 9));
  expect([...new Set(delays)].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
