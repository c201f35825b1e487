import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { within } from "../../../src/engine/window.ts";
import type { TimeWindow } from "../../../src/model/policy.ts";
import { anyMatter, anyWindow } from "../../kit/policies.ts";

function berlin(days: number[], from: string, to: string): TimeWindow {
  return { days, from: minutes(from), to: minutes(to), zone: "Europe/Berlin" };
}

function minutes(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
}

function firstMinute(zone: string): TimeWindow {
  return { days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1, zone };
}

function inside(window: TimeWindow, ...moments: readonly string[]): boolean[] {
  return moments.map((moment) => within(window, Date.parse(moment)));
}

describe("windows of time", () => {
  test("hold from their first minute to before their last, by the clocks of the zone", () => {
    const office = berlin([1, 2, 3, 4, 5], "09:00", "17:00");
    const tuesday = ["07:59:59Z", "08:00:00Z", "15:59:59Z", "16:00:00Z"].map((time) => `2026-11-03T${time}`);
    expect(inside(office, ...tuesday)).toEqual([false, true, true, false]);
    expect(inside(office, "2026-11-07T12:00:00Z", "2026-11-08T12:00:00Z", "2026-11-09T12:00:00Z")).toEqual([
      false,
      false,
      true,
    ]);
  });

  test("the day is the zone's, too: Sunday 23:30 in UTC is Monday in Berlin", () => {
    expect(inside(berlin([1], "00:00", "24:00"), "2026-11-01T22:59:00Z", "2026-11-01T23:30:00Z")).toEqual([
      false,
      true,
    ]);
  });

  test("over midnight they belong to the day they begin on", () => {
    const night = berlin([5], "22:00", "06:00");
    const moments = ["2026-11-06T20:59Z", "2026-11-06T21:00Z", "2026-11-07T04:59Z", "2026-11-07T05:00Z"];
    expect(inside(night, ...moments)).toEqual([false, true, true, false]);
    expect(inside(night, "2026-11-06T03:00Z", "2026-11-07T22:00Z")).toEqual([false, false]);
    const sunday = berlin([7], "22:00", "06:00");
    expect(inside(sunday, "2026-11-08T22:00Z", "2026-11-09T04:00Z", "2026-11-08T04:00Z")).toEqual([true, true, false]);
  });

  test("when clocks go forward, the hour that is left out is in no window", () => {
    const early = berlin([7], "02:00", "03:00");
    const moments = ["2026-03-29T00:59Z", "2026-03-29T01:00Z", "2026-03-29T01:30Z"];
    expect(inside(early, ...moments)).toEqual([false, false, false]);
    expect(inside(berlin([7], "02:30", "04:00"), "2026-03-29T00:59Z", "2026-03-29T01:00Z")).toEqual([false, true]);
  });

  test("when clocks go back, the hour that comes twice is in the window twice", () => {
    const early = berlin([7], "02:00", "03:00");
    const moments = ["2026-10-24T23:59Z", "2026-10-25T00:00Z", "2026-10-25T01:59Z", "2026-10-25T02:00Z"];
    expect(inside(early, ...moments)).toEqual([false, true, true, false]);
  });

  test("zones with odd offsets, and half an hour of summer time", () => {
    expect(inside(firstMinute("Asia/Kathmandu"), "2026-11-03T18:15Z", "2026-11-03T18:16Z")).toEqual([true, false]);
    expect(inside(firstMinute("Australia/Lord_Howe"), "2026-07-01T13:30Z", "2026-01-01T13:00Z")).toEqual([true, true]);
  });

  test("a window and the rest of its days share no minute and leave none out", () => {
    fc.assert(
      fc.property(anyWindow, anyMatter, ({ zone, from, to }, { now }) => {
        fc.pre(from !== to && !(from === 0 && to === 1440));
        const days = [1, 2, 3, 4, 5, 6, 7];
        const rest = { days, from: to % 1440, to: from === 0 ? 1440 : from, zone };
        expect(within({ days, from, to, zone }, now.getTime())).toBe(!within(rest, now.getTime()));
      }),
      { numRuns: 2000 },
    );
  });
});
