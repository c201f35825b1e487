import type { Overlap } from "../model/schedule.ts";
import type { BookedFire } from "./book.ts";

/** What becomes of a fire: it takes its place behind what is there, has the run before make room for it, or is left out. */
export type Turn = { readonly turn: "take" | "replace" } | { readonly turn: "skip"; readonly why: string };

/** What there is of earlier fires of the same schedule. */
export type Before = {
  /** Whether the run of one is at work. */
  readonly going: boolean;
  /** Whether one waits to begin, or to go on. */
  readonly queued: boolean;
};

/** Whose turn it is. At most one fire waits. What is replaced starts no new fix and is waited for: what is at work in it is never interrupted. */
export function turnOf(overlap: Overlap, { going, queued }: Before): Turn {
  if (!going && !queued) return { turn: "take" };
  if (!going) return { turn: "skip", why: "the fire before still waits for its turn" };
  switch (overlap) {
    case "skip":
      return { turn: "skip", why: "the run before is still going" };
    case "queue":
      if (!queued) return { turn: "take" };
      return { turn: "skip", why: "the run before is still going, and another fire waits for its end" };
    case "replace":
      if (!queued) return { turn: "replace" };
      return { turn: "skip", why: "the run before ends already to make room" };
  }
}

/** Whether a fire waits for the one before, or was left out for it. */
export function isHeldUp({ stage, act, why }: Pick<BookedFire, "stage" | "act" | "why">): boolean {
  return act === "skip" ? /^the (run|fire) before /.test(why.at(-1) ?? "") : stage === "due";
}
