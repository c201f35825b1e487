import type { TimeWindow } from "../model/policy.ts";

const DAY = 1440;

/** Whether a moment lies in a window, by the clocks of its zone. */
export function within(window: TimeWindow, now: number): boolean {
  const { day, minute } = localTime(now, window.zone);
  const { days, from, to } = window;
  if (from < to) return days.includes(day) && minute >= from && minute < to;
  const yesterday = day === 1 ? 7 : day - 1;
  return (days.includes(day) && minute >= from) || (days.includes(yesterday) && minute < to % DAY);
}

/** Whether a moment lies on some days, by the clocks of their zone. */
export function onDays(
  { from, to, zone }: { readonly from: string; readonly to: string; readonly zone: string },
  now: number,
): boolean {
  const { date } = localTime(now, zone);
  return from <= date && date <= to;
}

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

type LocalTime = { readonly day: number; readonly minute: number; readonly date: string };

/** The last minute that was asked about in each zone: a thousand hosts ask about the same one. */
const told = new Map<string, { readonly at: number; readonly time: LocalTime }>();

function localTime(now: number, zone: string): LocalTime {
  const at = Math.floor(now / 60_000);
  const known = told.get(zone);
  if (known?.at === at) return known.time;
  const time = readClock(now, zone);
  told.set(zone, { at, time });
  return time;
}

function readClock(now: number, zone: string): LocalTime {
  const parts = new Map(
    clockOf(zone)
      .formatToParts(now)
      .map(({ type, value }) => [type, value]),
  );
  const minute = Number(parts.get("hour")) * 60 + Number(parts.get("minute"));
  const date = `${parts.get("year")?.padStart(4, "0")}-${parts.get("month")}-${parts.get("day")}`;
  return { date, day: WEEKDAYS.indexOf(parts.get("weekday") ?? "") + 1, minute };
}

/** Making one costs a hundred times what using it costs. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  const options = {
    timeZone,
    calendar: "gregory",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  } as const;
  const made = new Intl.DateTimeFormat("en-US", options);
  clocks.set(timeZone, made);
  return made;
}
