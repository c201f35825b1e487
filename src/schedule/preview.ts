import type { Schedule } from "../model/schedule.ts";
import { duration } from "../view/words.ts";
import { localTime, offsetWords } from "./clock.ts";
import { nextFire } from "./cron.ts";
import { readCron } from "./cron-fields.ts";
import { decide, fireAt, type Decision } from "./decide.ts";

/** A fire to come, as it will be if somebody is there in time. */
export type Previewed = Decision & {
  /** By the schedule's own clocks: `2026-03-29 03:00:00 UTC+2`. */
  readonly local: string;
  /** What the clocks do around it. */
  readonly notes: readonly string[];
};

/** The fires after `from` and up to `to`, at most so many; `more`: there are others after them. */
export function preview(
  schedule: Schedule,
  { from, to, most }: { readonly from: number; readonly to: number; readonly most: number },
): { readonly fires: readonly Previewed[]; readonly more: boolean } {
  const next = nextFire(schedule.cron, schedule.timezone);
  const fires: Previewed[] = [];
  let before: number | null = null;
  let nominal = next(from - schedule.delay * 1000);
  while (nominal !== null && nominal + schedule.delay * 1000 <= to) {
    if (fires.length === most) return { fires, more: true };
    const fire = fireAt(schedule, nominal);
    fires.push({
      ...decide(schedule, fire, fire.at),
      local: localWords(fire.at, schedule.timezone),
      notes: clockNotes(schedule, nominal, before),
    });
    before = nominal;
    nominal = next(nominal);
  }
  return { fires, more: false };
}

/** `2026-03-29 03:00:00 UTC+2`. */
export function localWords(at: number, zone: string): string {
  const { date, time, offset } = localTime(at, zone);
  return `${date} ${time} ${offsetWords(offset)}`;
}

/** Longer than what any clock is put forward or back by. */
const AROUND = 4 * 3_600_000;

/** What the clocks do around a moment that the expression names. */
function clockNotes({ cron, timezone }: Schedule, nominal: number, before: number | null): string[] {
  const here = localTime(nominal, timezone);
  const [earlier, later] = [localTime(nominal - AROUND, timezone), localTime(nominal + AROUND, timezone)];
  if (leftOut(cron, here.time))
    return [`the time it names is left out that day: it fires at ${here.time}, when the clocks have gone forward`];
  if (comesTwice(nominal, here.offset - later.offset, timezone))
    return [`${here.time} comes twice that day: this is the first`];
  if (comesTwice(nominal, here.offset - earlier.offset, timezone))
    return [`${here.time} comes twice that day: this is the second`];
  const moved = before === null ? 0 : here.offset - localTime(before, timezone).offset;
  if (moved === 0) return [];
  const where = moved > 0 ? "forward" : "back";
  return [`the clocks have gone ${where} by ${duration(Math.abs(moved) * 60)} since the fire before`];
}

/** Whether an expression names no such time of the day: its own does not come that day, and this is what comes in its place. */
function leftOut(cron: string, time: string): boolean {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  const read = readCron(cron);
  return "fields" in read && !(read.fields.hour.includes(hour) && read.fields.minute.includes(minute));
}

/** Whether a schedule fires within a year because its own time does not come on a day. */
export function firesForLeftOut({ cron, timezone }: Schedule, now: number): boolean {
  return firesAround(cron, timezone, now, (at) => leftOut(cron, localTime(at, timezone).time));
}

/** Whether a schedule fires within a year at a time of the day that comes a second time. */
export function firesAgain({ cron, timezone }: Schedule, now: number): boolean {
  return firesAround(cron, timezone, now, (at) => {
    const { offset } = localTime(at, timezone);
    return comesTwice(at, offset - localTime(at - AROUND, timezone).offset, timezone);
  });
}

/** Whether one of the fires on those days of a year on which the clocks are moved is such a one. */
function firesAround(cron: string, timezone: string, now: number, is: (at: number) => boolean): boolean {
  const next = nextFire(cron, timezone);
  for (let day = now; day < now + 366 * DAY; day += DAY) {
    if (localTime(day + DAY, timezone).offset === localTime(day, timezone).offset) continue;
    for (let at = next(day - AROUND); at !== null && at <= day + DAY + AROUND; at = next(at)) if (is(at)) return true;
  }
  return false;
}

const DAY = 86_400_000;

/** Whether the clocks show the same so many minutes later (or earlier, if less than 0). */
function comesTwice(at: number, minutes: number, zone: string): boolean {
  return minutes !== 0 && localTime(at + minutes * 60_000, zone).time === localTime(at, zone).time;
}
