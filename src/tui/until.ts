import { moment } from "../engine/words.ts";
import { parseDuration } from "../model/quantity.ts";
import { duration } from "../view/words.ts";

/** The end of a waiver as a person writes it: `7d`, `12h`, or a date (`2026-12-24`: when that day begins, UTC). In ms since the epoch; null: it is none. */
export function readUntil(text: string, now: number): number | null {
  const written = text.trim();
  const seconds = parseDuration(written);
  if (seconds !== undefined) return seconds > 0 ? now + seconds * 1000 : null;
  const date = /^(\d{4})-(\d{2})-(\d{2})$/.exec(written);
  if (date === null) return null;
  const at = Date.UTC(Number(date[1]), Number(date[2]) - 1, Number(date[3]));
  // The 31st of February is a day in March to the computer.
  return new Date(at).toISOString().startsWith(written) ? at : null;
}

/** What an end means, in words: `until 2026-12-24 00:00:00 UTC, in 33 d 2 h`. */
export function untilWords(until: number, now: number): string {
  const left = until - now;
  return `until ${moment(until)}, ${left > 0 ? `in ${duration(Math.round(left / 1000))}` : "which has passed"}`;
}
