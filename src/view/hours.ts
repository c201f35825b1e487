import { DAYS, type Hours } from "../model/hours.ts";

/** `mon-fri 22:00-05:00`; hours that are whole days are left out. */
export function hoursWords({ days, from, to }: Hours): string {
  return `${daysWords(days)}${from === 0 && to === 1440 ? "" : ` ${clock(from)}-${clock(to)}`}`;
}

function clock(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

/** Days in a row as `mon-fri`. */
function daysWords(days: readonly number[]): string {
  const stretches: [first: number, last: number][] = [];
  for (const day of days) {
    const open = stretches.at(-1);
    if (open !== undefined && open[1] === day - 1) open[1] = day;
    else stretches.push([day, day]);
  }
  return stretches.map(([first, last]) => [...new Set([DAYS[first - 1], DAYS[last - 1]])].join("-")).join(",");
}
