import type { Overlap } from "../model/schedule.ts";
import type { BookedFire } from "./book.ts";

/** What becomes of a fire beside a run that is still going: it begins now, is left out, waits, or waits while the run is told to stop. */
export type Turn = { readonly turn: "start" | "skip" | "queue" | "replace"; readonly why: string | null };

/** The run of an earlier fire. */
export type Going = {
  /** Whether a fix or a rollback of it is at work. */
  readonly fixing: boolean;
  /** Whether a later fire waits for its end. */
  readonly queued: boolean;
};

/**
 * Whose turn it is. At most one fire waits: a later one takes its place only by being the same. A run that is replaced starts no new fix and is waited for: what is
 * at work in it is never interrupted.
 */
export function turnOf(overlap: Overlap, going: Going | null): Turn {
  if (going === null) return { turn: "start", why: null };
  switch (overlap) {
    case "skip":
      return { turn: "skip", why: "the run before is still going" };
    case "queue":
      if (going.queued)
        return { turn: "skip", why: "the run before is still going, and another fire waits for its end" };
      return { turn: "queue", why: "it waits for the end of the run before" };
    case "replace":
      if (going.queued) return { turn: "skip", why: "the run before ends already to make room" };
      return {
        turn: "replace",
        why: going.fixing
          ? "the run before starts no new fix, and ends once what it has begun is done"
          : "the run before ends",
      };
  }
}

/** Whether a fire waits for the run before, or was left out for it. */
export function isHeldUp({ stage, act, why }: Pick<BookedFire, "stage" | "act" | "why">): boolean {
  return act === "skip" ? why.at(-1)?.startsWith("the run before ") === true : stage === "due";
}
