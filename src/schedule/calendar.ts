import { localTime } from "./clock.ts";
import { readCron, writtenOut, type CronFields } from "./cron-fields.ts";

/** An expression in another scheduler's words, several of which hold together; or why it cannot be said there. */
export type Said = { readonly lines: readonly string[] } | { readonly refusal: string };

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/**
 * An expression as systemd's OnCalendar: one where days of the month and of the week are not both named, else one for each. What fires at every hour is
 * said in UTC from `now` on where that is the same: systemd leaves out an hour that comes a second time.
 */
export function onCalendar(expression: string, zone: string, now: number): Said {
  const read = readCron(expression);
  if ("problems" in read) return { refusal: `its expression is wrong: ${read.problems[0]?.message ?? ""}` };
  const { days, weekdays, ...fields } = read.fields;
  if (days.nearest.length > 0 || days.lastWeekday)
    return { refusal: "systemd knows no nearest weekday (`W` in `cron`)" };
  if (!/^[A-Z]/i.test(zone)) return { refusal: `systemd knows no time zone \`${zone}\`: write its IANA name` };
  const month = list(fields.month, 1, 12);
  const time = `${list(fields.hour, 0, 23)}:${list(fields.minute, 0, 59)}:${list(fields.second, 0, 59)} ${hourly(expression, read.fields) && wholeHours(zone, now) ? "UTC" : zone}`;
  const onDays = [
    ...(days.values.length > 0 && !days.any ? [`*-${month}-${list(days.values, 1, 31)}`] : []),
    ...(days.last ? [`*-${month}~01`] : []),
  ];
  const onWeekdays = weekdays.any ? [] : weekdayParts(weekdays, month);
  const dates = onDays.length + onWeekdays.length === 0 ? [`*-${month}-*`] : [...onDays, ...onWeekdays];
  return { lines: dates.map((date) => `${date} ${time}`) };
}

/** Whether it fires at every hour that passes, whatever the date. */
function hourly(expression: string, { hour, month, days, weekdays }: CronFields): boolean {
  const written = writtenOut(expression).split(" ").at(-4) ?? "";
  return written.startsWith("*") && hour.length === 24 && month.length === 12 && days.any && weekdays.any;
}

const DAY = 86_400_000;

/** Whether the clocks of a zone are whole hours away from UTC, in each day of the year that follows. */
function wholeHours(zone: string, now: number): boolean {
  const days = Array.from({ length: 367 }, (_, day) => now + day * DAY);
  return days.every((at) => localTime(at, zone).offset % 60 === 0);
}

function weekdayParts({ values, nth }: CronFields["weekdays"], month: string): string[] {
  const every = values.length === 0 ? [] : [`${values.map((day) => WEEKDAYS[day]).join(",")} *-${month}-*`];
  const some = nth.map(({ day, nth: which }) => {
    if (which === "last") return `${WEEKDAYS[day]} *-${month}~07/1`;
    const first = (which - 1) * 7 + 1;
    return `${WEEKDAYS[day]} *-${month}-${two(first)}..${two(Math.min(31, first + 6))}`;
  });
  return [...every, ...some];
}

/** An expression as the five fields that every cron reads. */
export function crontabFields(expression: string): Said {
  const read = readCron(expression);
  if ("problems" in read) return { refusal: `its expression is wrong: ${read.problems[0]?.message ?? ""}` };
  const { second, minute, hour, month, days, weekdays } = read.fields;
  if (second.join() !== "0") return { refusal: "cron knows no seconds" };
  if (days.last || days.lastWeekday || days.nearest.length > 0 || weekdays.nth.length > 0) {
    return { refusal: "cron knows no `L`, `W` and `#`" };
  }
  const day = days.any ? "*" : days.values.join(",");
  const weekday = weekdays.any ? "*" : weekdays.values.join(",");
  const [ofMinute = "", ofHour = ""] = writtenOut(expression).split(" ").slice(-5);
  const fields = [step(ofMinute, minute, 59), step(ofHour, hour, 23), day, bare(month, 1, 12), weekday];
  return { lines: [fields.join(" ")] };
}

/** A `*`, or a step that can be said by one, stays one: cron goes on by the time that passes there, as we do, and otherwise by the clocks. */
function step(written: string, values: readonly number[], max: number): string {
  const [, by] = values;
  const regular = by !== undefined && values.every((value, at) => value === at * by) && (values.at(-1) ?? 0) + by > max;
  if (!/[*/]/.test(written) || !regular) return values.join(",");
  return by === 1 ? "*" : `*/${by}`;
}

function bare(values: readonly number[], min: number, max: number): string {
  return values.length === max - min + 1 ? "*" : values.join(",");
}

function list(values: readonly number[], min: number, max: number): string {
  return values.length === max - min + 1 ? "*" : values.map(two).join(",");
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
