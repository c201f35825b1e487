import * as fc from "fast-check";
import { expect, test } from "vitest";
import { localTime } from "../../../src/schedule/clock.ts";
import { readCron, type CronFields } from "../../../src/schedule/cron-fields.ts";
import { nextFire } from "../../../src/schedule/cron.ts";
import { cronExpression } from "../../kit/cron.ts";

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

/** A zone, and a moment near which its clocks are moved; in Shanghai they never are. */
const CHANGES = [
  ["Europe/Berlin", "2026-03-29T01:00Z"],
  ["Europe/Berlin", "2026-10-25T01:00Z"],
  ["America/New_York", "2026-03-08T07:00Z"],
  ["America/New_York", "2026-11-01T06:00Z"],
  ["Asia/Shanghai", "2026-03-29T01:00Z"],
  ["Australia/Lord_Howe", "2026-04-04T15:00Z"],
  ["Australia/Lord_Howe", "2026-10-03T15:30Z"],
] as const;

/** Whether an expression names what the clocks show, given as if it were UTC. */
function names({ minute, hour, month, days, weekdays }: CronFields, shown: number): boolean {
  const at = new Date(shown);
  if (!minute.includes(at.getUTCMinutes()) || !hour.includes(at.getUTCHours())) return false;
  if (!month.includes(at.getUTCMonth() + 1)) return false;
  const [day, weekday] = [days.values.includes(at.getUTCDate()), weekdays.values.includes(at.getUTCDay())];
  if (days.any || weekdays.any) return (days.any || day) && (weekdays.any || weekday);
  return day || weekday;
}

/** The fires from one moment up to another, found by looking at the clocks every minute. */
function byTheClocks(cron: string, zone: string, from: number, to: number): number[] {
  const read = readCron(cron);
  if ("problems" in read) throw new Error(cron);
  const passes = /^(\S*[*/]\S* \S+|\S+ \S*[*/]\S*) /.test(cron);
  const fires: number[] = [];
  const seen = new Set<number>();
  let before = from + localTime(from, zone).offset * MINUTE;
  for (let at = from + MINUTE; at <= to; at += MINUTE) {
    const shown = at + localTime(at, zone).offset * MINUTE;
    const after = before;
    const leftOut = Array.from(
      { length: Math.max(0, (shown - before) / MINUTE - 1) },
      (_, i) => after + (i + 1) * MINUTE,
    );
    const named = names(read.fields, shown) && (passes || !seen.has(shown));
    if (named || (!passes && leftOut.some((one) => names(read.fields, one)))) fires.push(at);
    seen.add(shown);
    before = shown;
  }
  return fires;
}

test("fires are those that somebody would find who looks at the clocks every minute, also while they are moved", () => {
  // Some of them at a time that may be left out, or come twice.
  const night = fc.tuple(
    fc.constantFrom("0", "15", "30,45", "*/20", "*"),
    fc.constantFrom("1", "2", "1,2", "1-3", "*/2"),
  );
  const any = cronExpression(true).map((cron) => cron.split(" ").slice(-5).join(" "));
  const five = fc.oneof(
    any,
    night.map(([minute, hour]) => `${minute} ${hour} * * *`),
  );
  fc.assert(
    fc.property(five, fc.constantFrom(...CHANGES), (cron, [zone, change]) => {
      const [from, to] = [Date.parse(change) - DAY, Date.parse(change) + DAY];
      const next = nextFire(cron, zone);
      const fires: number[] = [];
      for (let at = next(from); at !== null && at <= to; at = next(at)) fires.push(at);
      expect(fires).toEqual(byTheClocks(cron, zone, from, to));
    }),
    { numRuns: 120 },
  );
});
