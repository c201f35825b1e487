import type { Schedule } from "../model/schedule.ts";
import { LONGEST_WAIT } from "./aftermath.ts";
import type { BookedFire, Pause } from "./book.ts";
import { decide, refusalToFix, type Act } from "./decide.ts";
import { GRACE, lateness } from "./due.ts";
import { holds, pauseWords } from "./settle.ts";

/** The fires that get a process now: oldest first, at most so many at work, and no two that look for the same, or are of the same schedule. */
export function nextToBegin(open: readonly BookedFire[], most: number, now: number): readonly BookedFire[] {
  const going = open.filter(({ stage }) => stage === "going");
  const chosen: BookedFire[] = [];
  for (const fire of open.toSorted((a, b) => a.at - b.at || a.id - b.id)) {
    const busy = [...going, ...chosen];
    if (busy.length >= most) return chosen;
    if (fire.stage !== "due" || isHeldBack(fire, now)) continue;
    if (busy.some((other) => inTheWay(other, fire))) continue;
    chosen.push(fire);
  }
  return chosen;
}

/** Whether a fire that failed waits before it is tried again. One that would wait for longer than any was told so by a clock that has been set back. */
export function isHeldBack({ stage, retryAt }: BookedFire, now: number): boolean {
  return stage === "due" && retryAt !== null && retryAt > now && retryAt <= now + LONGEST_WAIT;
}

function inTheWay(other: BookedFire, fire: BookedFire): boolean {
  return other.schedule === fire.schedule || other.runbooks.some((name) => fire.runbooks.includes(name));
}

/** What is left of a fire, and why it is not more. */
type Left = { readonly act: Act; readonly why: readonly string[] };

/** What there is besides a fire when it begins. `since`: until when somebody was there to begin it. Times are ms since the epoch. */
export type Beginning = { readonly now: number; readonly since: number; readonly pause: Pause | undefined };

/**
 * What is done of a fire that begins now. Where nobody was there to begin it for long it was missed. A wait for its turn leaves it what it was, as far as
 * the schedule's hours go.
 */
export function begins(schedule: Schedule | undefined, fire: BookedFire, { now, since, pause }: Beginning): Left {
  const { why } = fire;
  if (schedule === undefined) return { act: "skip", why: [...why, "there is no such schedule any more"] };
  if (pause !== undefined && holds(pause, now)) return { act: "skip", why: [...why, pauseWords(pause)] };
  const decided = decide(schedule, fire, now, now - since > GRACE ? whereLate(schedule, fire, now - fire.at) : fire);
  return { act: decided.act, why: [...new Set(decided.why)] };
}

/** What is left of a fire once its process is there: the machine may have slept since it was begun. Times are ms since the epoch. */
export function onceThere(schedule: Schedule, fire: Left & { readonly begun: number }, now: number): Left {
  const late = now - fire.begun;
  const { act, why } = late > GRACE ? whereLate(schedule, fire, late) : fire;
  const refusal = act === "skip" || schedule.task.kind === "check" ? null : refusalToFix(schedule, now);
  return refusal === null ? { act, why } : { act: "detect", why: [...new Set([...why, refusal])] };
}

/** What is left of it where it is late by so many ms. */
function whereLate(schedule: Schedule, { act, why }: Left, late: number): Left {
  const left = lateness(schedule, late / 1000);
  return { act: lesser(act, left.act), why: [...why, ...left.why] };
}

const MORE: readonly Act[] = ["skip", "detect", "run"];

function lesser(one: Act, other: Act): Act {
  return MORE.indexOf(one) < MORE.indexOf(other) ? one : other;
}
