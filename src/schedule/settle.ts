import type { Schedule } from "../model/schedule.ts";
import { moment } from "../engine/words.ts";
import type { BookedFire, KnownSchedule, NewFire, Pause } from "./book.ts";
import type { Decision } from "./decide.ts";
import { dealtWith, due, firstSeen, type Known } from "./due.ts";
import { turnOf, type Before } from "./overlap.ts";

/** What a schedule's fires are told by: where this changes, what it named before is nobody's business. */
export function expressionOf({ cron, timezone, delay }: Pick<Schedule, "cron" | "timezone" | "delay">): string {
  return `${cron} ${timezone} +${delay}`;
}

/** What is known of a schedule as it stands in the file now. */
export function knownFor(schedule: Schedule, entry: KnownSchedule | undefined, now: number): Known {
  const fresh = firstSeen(schedule, now);
  if (entry === undefined) return fresh;
  if (entry.expression === expressionOf(schedule)) return entry.known;
  return { ...entry.known, settled: Math.max(entry.known.settled, fresh.settled) };
}

/** What there is besides a schedule itself when its fires are decided on. */
export type Around = {
  readonly now: number;
  /** Fires of any schedule that are not over. */
  readonly open: readonly BookedFire[];
  /** Whoever has paused it, or had. */
  readonly pause: Pause | undefined;
  /** Makes the id of a run. */
  readonly newRun: (now: number) => string;
};

/** The fires of a schedule that are decided on now, and what follows from them. */
export type Settled = {
  readonly fires: readonly NewFire[];
  /** Earlier fires that are told to make room. */
  readonly replaced: readonly BookedFire[];
  readonly known: KnownSchedule;
  /** Whether there were more before these, all missed. */
  readonly more: boolean;
  /** What is odd about the clock; null: nothing. */
  readonly note: string | null;
};

/** Decides on the fires of a schedule that are due. At most one of them gets a run. */
export function settle(schedule: Schedule, known: Known, around: Around): Settled {
  const { decisions, more, note, known: then } = due(schedule, known, around.now);
  const own = around.open.filter((fire) => fire.schedule === schedule.name);
  const replaced: BookedFire[] = [];
  const fires = decisions.map((decision): NewFire => {
    const decided = heldUp(decision, around);
    if (decided.act === "skip") return booked(schedule, decided, null);
    const place = turnOf(schedule.overlap, beforeOf(own));
    switch (place.turn) {
      case "skip":
        return booked(schedule, { ...decided, act: "skip", why: [...decided.why, place.why] }, null);
      case "replace":
        replaced.push(...own.filter(({ stage }) => stage === "going"));
        return booked(schedule, decided, around);
      case "take":
        return booked(schedule, decided, around);
    }
  });
  const entry = { schedule: schedule.name, expression: expressionOf(schedule), known: then };
  return { fires, replaced, known: entry, more, note };
}

/** A fire that waits for a person holds nothing, so it is not in the way of the next. */
function beforeOf(own: readonly BookedFire[]): Before {
  return { going: own.some(({ stage }) => stage === "going"), queued: own.some(({ stage }) => stage === "due") };
}

/** Left out where somebody has paused the schedule: now, or when it should have fired. */
export function heldUp<T extends Decision>(decision: T, { now, pause }: Pick<Around, "now" | "pause">): T {
  if (decision.act === "skip" || pause === undefined) return decision;
  if (!holds(pause, now) && !holds(pause, decision.at)) return decision;
  return { ...decision, act: "skip", why: [...decision.why, pauseWords(pause)] };
}

/** Left out where the clock was set back to before it, and it has been dealt with; `known` is how far its schedule has got. */
export function leftOut<T extends Decision>(decision: T, known: Known, now: number): T {
  const why = decision.act === "skip" ? null : dealtWith(known, decision, now);
  return why === null ? decision : { ...decision, act: "skip", why: [...decision.why, why] };
}

/** Whether a pause is in force at a moment. */
export function holds({ since, until }: Pause, at: number): boolean {
  return since <= at && (until === null || at < until);
}

/** `paused by ada since 2026-11-03 22:00 UTC, until …: the migration`. */
export function pauseWords({ by, since, until, reason }: Pause): string {
  const end = until === null ? "" : `, until ${moment(until)}`;
  return `paused by ${by} since ${moment(since)}${end}${reason === null ? "" : `: ${reason}`}`;
}

function booked(schedule: Schedule, decision: Decision, around: Around | null): NewFire {
  const { task, name } = schedule;
  const { nominal, at, act, why } = decision;
  return {
    schedule: name,
    nominal,
    at,
    act,
    why,
    run: around === null ? null : around.newRun(around.now),
    runbooks: (task.kind === "run" ? [task.runbook] : task.runbooks).map(bookName),
  };
}

/** A runbook by its name, however a file names it. */
function bookName(named: string): string {
  return named.replace(/^.*\//, "").replace(/\.ya?ml$/, "");
}
