import type { RunPlan } from "../model/plan.ts";
import type { StepState } from "./state.ts";
import type { Todo } from "./todo.ts";
import { moment } from "./words.ts";

/** ms between two questions for a lock, doubling. */
const PAUSE = { first: 2_000, most: 30_000 };

/**
 * What a step does whose host another has locked: it asks again now and then, a last time when it has waited for as long as it may, and ends
 * unknown. A resumed run takes it up again.
 */
export function whileLocked(
  { waitLock }: Pick<RunPlan, "waitLock">,
  locked: NonNullable<StepState["locked"]>,
  at: { readonly host: string; readonly step: string },
  now: number,
): Todo {
  const end = waitLock === null ? Infinity : locked.since + waitLock * 1000;
  if (locked.at >= end) {
    const waited = waitLock === 0 ? "" : `, waited for it since ${moment(locked.since)}`;
    const reason = `${locked.reason}${waited}; resume the run once it is free, or let it wait (--wait-lock)`;
    return { kind: "settle", ...at, outcome: "unknown", reason, open: true };
  }
  const pause = Math.min(PAUSE.most, PAUSE.first * 2 ** (locked.tries - 1));
  const until = Math.min(end, locked.at + pause);
  return until > now ? { kind: "wait", for: "time", until } : { kind: "lock", ...at };
}
