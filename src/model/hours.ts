import * as z from "zod";
import { about } from "./words.ts";

/** The days of a week as files write them, Monday first. */
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

const DAY = `(${DAYS.join("|")})`;
const Days = z
  .string("expected days such as mon-fri or sat,sun")
  .regex(new RegExp(`^${DAY}(-${DAY})?(, ?${DAY}(-${DAY})?)*$`), "expected days such as mon-fri or sat,sun")
  .transform(daysOf)
  .meta(about("Days the window begins on: mon-fri, or sat,sun (default: all)."));

/** `fri-mon` goes over Sunday. */
function daysOf(text: string): number[] {
  const days = text.split(/, ?/).flatMap((part) => {
    const [from = 0, to = from] = part.split("-").map((day) => DAYS.findIndex((each) => each === day));
    return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, after) => ((from + after) % 7) + 1);
  });
  return [...new Set(days)].toSorted((a, b) => a - b);
}

const From = z
  .string("expected a time of day such as 09:00")
  .regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, "expected a time of day from 00:00 to 23:59")
  .transform(minutesOf)
  .meta(about("When it opens, 00:00 to 23:59 (default 00:00)."));
const To = z
  .string("expected a time of day such as 17:00")
  .regex(/^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/, "expected a time of day from 00:00 to 24:00")
  .transform(minutesOf)
  .meta(about("When it closes, 00:00 to 24:00 (default 24:00). Before `from`: on the day after."));

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(":").map(Number);
  return hours * 60 + minutes;
}

/** Hours of some days, by the clocks of a zone that is told elsewhere. */
export const Hours = z.strictObject({
  days: Days.default([1, 2, 3, 4, 5, 6, 7]),
  from: From.default(0),
  to: To.default(1440),
});
export type Hours = z.infer<typeof Hours>;
