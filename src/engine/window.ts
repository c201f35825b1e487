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

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

type LocalTime = { readonly day: number; readonly minute: number };

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
  return { day: WEEKDAYS.indexOf(parts.get("weekday") ?? "") + 1, minute };
}

/** Making one costs a hundred times what using it costs. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  const options = { timeZone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const made = new Intl.DateTimeFormat("en-US", options);
  clocks.set(timeZone, made);
  return made;
}
