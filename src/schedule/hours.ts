import { within } from "../engine/window.ts";
import type { Hours } from "../model/hours.ts";
import type { Blackout, Schedule } from "../model/schedule.ts";
import { hoursWords } from "../view/hours.ts";
import { localTime } from "./clock.ts";

/** Whether a moment lies in the maintenance hours of a schedule: without any, every moment does. */
export function inWindow({ windows, timezone }: Pick<Schedule, "windows" | "timezone">, at: number): boolean {
  return windows.length === 0 || windows.some((hours) => within({ ...hours, zone: timezone }, at));
}

/** The days without a fire that a moment lies in; null: none. */
export function blackoutAt(
  { blackouts, timezone }: Pick<Schedule, "blackouts" | "timezone">,
  at: number,
): Blackout | null {
  if (blackouts.length === 0) return null;
  const { date } = localTime(at, timezone);
  return blackouts.find(({ from, to }) => from <= date && date <= to) ?? null;
}

/** `mon-fri 22:00-05:00`, several joined by `or`. */
export function windowWords(windows: readonly Hours[]): string {
  return windows.map(hoursWords).join(" or ");
}

/** `2026-12-24 to 2027-01-02 (the end of the year)`. */
export function blackoutWords({ from, to, reason }: Blackout): string {
  return `${from}${to === from ? "" : ` to ${to}`}${reason === null ? "" : ` (${reason})`}`;
}
