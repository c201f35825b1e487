import { randomInt } from "node:crypto";

/** No vowels and no look-alikes: an id is read aloud at night, and must not spell anything. */
const LETTERS = "bcdfghjkmnpqrstvwxz23456789";

/** A run's id: the time it began (UTC), so that ids sort, and six letters that nobody can guess. */
export function newRunId(now: number): string {
  const time = new Date(now).toISOString().replaceAll(/[-:T]/g, "").slice(2, 14);
  const letters = Array.from({ length: 6 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
  return `${time}-${letters}`;
}
