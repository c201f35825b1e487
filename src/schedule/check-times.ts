import type { Report } from "../language/runbook/check-report.ts";
import { valueAt } from "../language/schema/schema-faults.ts";
import type { Path } from "../language/yaml/path.ts";
import { zoneProblem } from "../language/zone.ts";
import type { Hours } from "../model/hours.ts";
import type { Schedule } from "../model/schedule.ts";
import { localTime } from "./clock.ts";
import { nextFire, type NextFire } from "./cron.ts";
import { readCron, writtenOut, type CronFields } from "./cron-fields.ts";
import { inWindow, windowWords } from "./hours.ts";

/** Checks when a schedule fires: its zone and its expression; and where all else is right, whether they fit its jitter and its window. */
export function checkTimes(
  report: Report,
  path: Path,
  schedule: Schedule,
  { right, now }: { readonly right: boolean; readonly now: number },
): void {
  const zone = zoneProblem(schedule.timezone);
  const own = valueAt(report.yaml.value, [...path, "timezone"]) !== undefined;
  if (zone !== undefined && own) report.fault([...path, "timezone"], zone.message, zone.hint);
  const cron = [...path, "cron"];
  // What is no text is told already, and something stands in for it.
  const read = readCron(schedule.cron);
  if ("problems" in read) {
    for (const { at, length, message, hint } of read.problems)
      report.faults.push(report.yaml.faultAt(report.yaml.within(cron, at, length), message, hint));
    return;
  }
  if (!right || zone !== undefined) return;
  const next = nextFire(schedule.cron, schedule.timezone);
  if (next(now) === null) {
    const message = `\`${writtenOut(schedule.cron)}\` never fires: there is no such date`;
    report.fault(cron, message, "look at its day and its month");
    return;
  }
  if (schedule.jitter >= leastApart(read.fields)) checkJitter(report, path, schedule, next, now);
  checkWindow(report, path, schedule, next, now);
}

/** Seconds that lie between two fires at least; more, where not every day has them. */
function leastApart({ second, minute, hour }: CronFields): number {
  if (second.length > 1) return leastGap(second, 60);
  if (minute.length > 1) return leastGap(minute, 60) * 60;
  return leastGap(hour, 24) * 3600;
}

/** Between values that come round again. */
function leastGap(values: readonly number[], round: number): number {
  return Math.min(...values.map((value, at) => (values[at + 1] ?? (values[0] ?? 0) + round) - value));
}

/** Fires that are looked at to know how far apart they are. */
const SAMPLE = 300;

function checkJitter(report: Report, path: Path, { jitter }: Schedule, next: NextFire, now: number): void {
  let least = Number.POSITIVE_INFINITY;
  let before = next(now);
  for (let seen = 0; seen < SAMPLE && before !== null && before < now + YEAR; seen += 1) {
    const at = next(before);
    if (at !== null) least = Math.min(least, (at - before) / 1000);
    before = at;
  }
  if (jitter < least) return;
  const message = `the jitter is not shorter than the time between two fires (${least} s)`;
  report.fault([...path, "jitter"], message, "make it shorter, or let the schedule fire less often");
}

function checkWindow(report: Report, path: Path, schedule: Schedule, next: NextFire, now: number): void {
  const listed = Array.isArray(valueAt(report.yaml.value, [...path, "window"]));
  for (const [at, hours] of schedule.windows.entries()) {
    const own: Path = listed ? [...path, "window", at] : [...path, "window"];
    const { days, from, to } = hours;
    if (from === to) {
      report.fault([...own, "to"], "the window opens and closes at the same time", "leave both out for whole days");
    } else if (days.length === 7 && from === 0 && to === 1440) {
      report.fault(own, "this window never closes", "leave `window` out: it may fix at any time", "key");
    } else if (!firesWithin(schedule, hours, next, now)) {
      const message = `it never fires within ${windowWords([hours])}, so it would never fix anything`;
      report.fault(
        own,
        message,
        "look at `cron`, `timezone` and the hours; without `approve` it would only ask then",
        "key",
      );
    }
  }
}

/** Enough for nine days of fires every minute around the opening of a window; and for years of them where they are rare. */
const MOST_FIRES = 13_000;
const FEW_FIRES = 400;
const YEAR = 400 * 86_400_000;
const LONGEST = 12 * YEAR;

function firesWithin(schedule: Schedule, hours: Hours, next: NextFire, now: number): boolean {
  const one = { ...schedule, windows: [hours] };
  let at = next(now);
  for (let seen = 0; seen < MOST_FIRES && at !== null; seen += 1) {
    if (at > now + (seen < FEW_FIRES ? LONGEST : YEAR)) return false;
    const fires = at + schedule.delay * 1000;
    if (inWindow(one, fires)) return true;
    at = next(Math.max(at, beforeOpening(fires, hours, schedule.timezone) - schedule.delay * 1000));
  }
  return false;
}

/** Minutes that the clocks may be put forward or back by before a window opens. */
const SLACK = 180;

/** The last moment of which it is certain that the window stays shut until then; at least the end of this minute. */
function beforeOpening(at: number, { from }: Hours, zone: string): number {
  const [hour = 0, minute = 0] = localTime(at, zone).time.split(":").map(Number);
  const wait = (from - hour * 60 - minute + 1440) % 1440;
  return Math.floor(at / 60_000) * 60_000 + Math.max(1, wait - SLACK) * 60_000 - 1;
}

/** Checks the days on which nothing fires. */
export function checkBlackouts(report: Report, path: Path, { blackouts, timezone }: Schedule, now: number): void {
  const today = zoneProblem(timezone) === undefined ? localTime(now, timezone).date : "";
  for (const [at, { from, to }] of blackouts.entries()) {
    const own: Path = [...path, "blackout", at];
    const mapping = typeof valueAt(report.yaml.value, own) === "object";
    const ends = mapping
      ? ([
          ["from", from],
          ["to", to],
        ] as const)
      : ([["", from]] as const);
    const wrong = ends.filter(([, date]) => !isDate(date));
    for (const [key, date] of wrong) {
      report.fault(key === "" ? own : [...own, key], `there is no date ${date}`, "year, month and day: 2026-12-24");
    }
    if (wrong.length > 0) continue;
    if (from > to) report.fault([...own, "to"], "the last day lies before the first", "exchange `from` and `to`");
    else if (to < today) report.warn(own, `this ended on ${to}`, "remove it", "key");
  }
}

function isDate(date: string): boolean {
  const at = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === date;
}
