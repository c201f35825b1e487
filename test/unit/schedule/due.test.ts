import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Schedule } from "../../../src/model/schedule.ts";
import type { Decision } from "../../../src/schedule/decide.ts";
import { nextFire } from "../../../src/schedule/cron.ts";
import { due, firstSeen, nextDue, type Known } from "../../../src/schedule/due.ts";
import { preview } from "../../../src/schedule/preview.ts";
import { cronExpression } from "../../kit/cron.ts";
import { scheduleOf, ZONES } from "../../kit/schedules.ts";

const MINUTE = 60_000;
const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 10, 20, 12);

/** What is due at `now`, for a schedule that was last asked about at `before`, in short. */
function dueAfter(schedule: Schedule, before: number, now: number): string[] {
  return due(schedule, firstSeen(schedule, before), now).decisions.map(inShort);
}

function inShort({ nominal, act, why }: Decision): string {
  return [new Date(nominal).toISOString().slice(11, 16), act, ...why].join(" · ");
}

describe("what is due", () => {
  test("is nothing for a schedule that is new, and its fire once the time has come", () => {
    const schedule = scheduleOf();
    expect(dueAfter(schedule, NOON, NOON)).toEqual([]);
    expect(dueAfter(schedule, NOON, NOON + HOUR - 1)).toEqual([]);
    expect(dueAfter(schedule, NOON, NOON + HOUR)).toEqual(["13:00 · run"]);
    expect(nextDue(schedule, firstSeen(schedule, NOON), NOON)?.at).toBe(NOON + HOUR);
  });

  test("waits for the schedule's delay, and is known by the time without it", () => {
    const schedule = scheduleOf({ jitter: "30m" });
    const delay = schedule.delay * 1000;
    expect(delay).toBeGreaterThan(0);
    const [fire] = due(schedule, firstSeen(schedule, NOON + delay), NOON + HOUR + delay).decisions;
    expect(fire).toMatchObject({ nominal: NOON + HOUR, at: NOON + HOUR + delay, act: "run" });
    expect(dueAfter(schedule, NOON + delay, NOON + HOUR + delay - 1)).toEqual([]);
  });

  test.each([
    ["detect", "detect · missed by 10 min"],
    ["run", "run · missed by 10 min, and run late"],
    ["skip", "skip · missed by 10 min"],
  ])("after three hours without anybody is at most one fire more, as `missed: %s` says", (missed, last) => {
    const schedule = scheduleOf({ missed });
    expect(dueAfter(schedule, NOON, NOON + 3 * HOUR + 10 * MINUTE)).toEqual([
      "13:00 · skip · missed; only the last of those is made up for",
      "14:00 · skip · missed; only the last of those is made up for",
      `15:00 · ${last}`,
    ]);
  });

  test("is only the fire that is on time, where there is one", () => {
    const schedule = scheduleOf({ missed: "run" });
    expect(dueAfter(schedule, NOON, NOON + 2 * HOUR + 30_000)).toEqual([
      "13:00 · skip · missed; the fire of 2026-11-20 14:00:00 UTC comes in its place",
      "14:00 · run",
    ]);
  });

  test("is nothing of what was missed longer ago than `missed_window`", () => {
    const schedule = scheduleOf({ cron: "0 13 * * *", missed: "run", missed_window: "2h" });
    expect(dueAfter(schedule, NOON, NOON + 4 * HOUR)).toEqual(["13:00 · skip · missed by 3 h, which is more than 2 h"]);
  });

  test("is told for the last twenty alone, however long nobody was there", () => {
    const schedule = scheduleOf({ cron: "* * * * * *" });
    const { decisions, more } = due(schedule, firstSeen(schedule, NOON), NOON + 100 * 24 * HOUR);
    expect([decisions.length, more]).toEqual([20, true]);
    expect(decisions.filter(({ act }) => act !== "skip").map(inShort)).toEqual(["12:00 · run"]);
  });

  test("only looks outside of the window, is left out on days of a blackout and where it is not enabled", () => {
    const window = scheduleOf({ window: { from: "22:00", to: "05:00" } });
    expect(dueAfter(window, NOON, NOON + HOUR)).toEqual(["13:00 · detect · outside its hours mon-sun 22:00-05:00"]);
    expect(dueAfter(window, NOON + 11 * HOUR, NOON + 12 * HOUR)).toEqual(["00:00 · run"]);
    const berlin = scheduleOf({
      timezone: "Europe/Berlin",
      blackout: [{ from: "2026-11-21", to: "2026-11-22", reason: "audit" }],
    });
    expect(dueAfter(berlin, NOON + 9 * HOUR, NOON + 10 * HOUR)).toEqual(["22:00 · run"]);
    expect(dueAfter(berlin, NOON + 10 * HOUR, NOON + 11 * HOUR)).toEqual([
      "23:00 · skip · blackout 2026-11-21 to 2026-11-22 (audit)",
    ]);
    expect(dueAfter(scheduleOf({ enabled: false }), NOON, NOON + HOUR)).toEqual(["13:00 · skip · it is not enabled"]);
  });

  test("what was missed is not run outside of the window, though `missed: run` says so", () => {
    const schedule = scheduleOf({ cron: "0 4 * * *", missed: "run", window: { from: "03:00", to: "05:00" } });
    expect(dueAfter(schedule, NOON - 12 * HOUR, NOON)).toEqual([
      "04:00 · detect · missed by 8 h, and run late · outside its hours mon-sun 03:00-05:00",
    ]);
  });

  test("only looks where it is a check", () => {
    expect(dueAfter(scheduleOf({ check: ["job"] }), NOON, NOON + HOUR)).toEqual(["13:00 · detect"]);
  });
});

describe("a clock that is set back", () => {
  test("lets nothing fire twice, and says so", () => {
    const schedule = scheduleOf();
    const first = due(schedule, firstSeen(schedule, NOON), NOON + HOUR);
    const second = due(schedule, first.known, NOON + HOUR / 2);
    expect(second).toMatchObject({
      decisions: [],
      note: "the clock has gone back by 30 min: what has fired does not fire again",
    });
    expect(due(schedule, second.known, NOON + HOUR).decisions).toEqual([]);
    expect(due(schedule, second.known, NOON + 2 * HOUR).decisions.map(inShort)).toEqual(["14:00 · run"]);
  });

  test("by more than a day was wrong before: fires go on from there", () => {
    const schedule = scheduleOf();
    const wrong: Known = { settled: NOON + 5000 * HOUR, seen: NOON + 5000 * HOUR };
    const back = due(schedule, wrong, NOON);
    expect(back).toMatchObject({ decisions: [], known: { settled: NOON, seen: NOON } });
    expect(back.note).toContain("fires again in its time");
    expect(nextDue(schedule, back.known, NOON)?.nominal).toBe(NOON + HOUR);
    expect(due(schedule, back.known, NOON + HOUR).decisions.map(inShort)).toEqual(["13:00 · run"]);
  });
});

/** A schedule with any expression that fires at all, in any zone, delayed or not. */
const anySchedule = fc
  .record({
    cron: cronExpression(),
    timezone: fc.constantFrom(...ZONES),
    delay: fc.constantFrom(0, 20),
    missed: fc.constantFrom("detect" as const, "run" as const, "skip" as const),
  })
  .map((lines): Schedule => ({ ...scheduleOf(), ...lines }))
  .filter(({ cron, timezone }) => nextFire(cron, timezone)(NOON) !== null);

/** Moments around which some zone puts its clocks forward or back, and others. */
const anyStart = fc.oneof(
  fc
    .constantFrom(
      "2026-03-28T12:00Z",
      "2026-10-24T12:00Z",
      "2026-03-07T12:00Z",
      "2026-10-31T12:00Z",
      "2026-04-04T00:00Z",
      "2026-10-03T00:00Z",
    )
    .map((text) => Date.parse(text)),
  fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2028, 0) }),
);

describe("whatever the schedule", () => {
  test("whoever sleeps until the next fire does what the preview says, across every change of the clocks", () => {
    fc.assert(
      fc.property(anySchedule, anyStart, (schedule, start) => {
        const expected = preview(schedule, { from: start, to: start + 40 * HOUR, most: 60 }).fires;
        let [known, now] = [firstSeen(schedule, start), start];
        for (const { nominal, at, act } of expected) {
          const fire = nextDue(schedule, known, now);
          expect(fire).toEqual({ nominal, at });
          now = at;
          const answer = due(schedule, known, now);
          expect(answer.decisions).toMatchObject([{ nominal, at, act }]);
          known = answer.known;
        }
      }),
      { numRuns: 50 },
    );
  });

  test("and whatever the clock does, no fire is acted on twice, none is acted on early, and of what was missed at most one at a time", () => {
    const steps = fc.array(fc.integer({ min: -3 * HOUR, max: 5 * HOUR }), { maxLength: 40 });
    fc.assert(
      fc.property(anySchedule, anyStart, steps, (schedule, start, moves) => {
        const acted = new Set<number>();
        let [known, now] = [firstSeen(schedule, start), start];
        for (const move of moves) {
          now += move;
          const answer = due(schedule, known, now);
          known = answer.known;
          const acts = answer.decisions.filter(({ act }) => act !== "skip");
          expect(acts.length).toBeLessThanOrEqual(1);
          for (const { nominal, at } of acts) {
            expect(at).toBeLessThanOrEqual(now);
            expect(acted).not.toContain(nominal);
            acted.add(nominal);
          }
        }
      }),
      { numRuns: 80 },
    );
  });

  test("and however often it is asked, each fire is told once and in its order", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(
        anySchedule,
        anyStart,
        fc.array(fc.integer({ min: 1, max: 15 * MINUTE }), { maxLength: 30 }),
        (schedule, start, moves) => {
          const told: number[] = [];
          let [known, now] = [firstSeen(schedule, start), start];
          let more = false;
          for (const move of moves) {
            now += move;
            const answer = due(schedule, known, now);
            known = answer.known;
            more ||= answer.more;
            told.push(...answer.decisions.map(({ nominal }) => nominal));
          }
          const all = preview(schedule, { from: start, to: now, most: 300 });
          fc.pre(!more && !all.more);
          expect(told).toEqual(all.fires.map(({ nominal }) => nominal));
        },
      ),
      { numRuns: 50 },
    );
  });
});
