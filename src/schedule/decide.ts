import type { Schedule } from "../model/schedule.ts";
import { blackoutAt, blackoutWords, inWindow, windowWords } from "./hours.ts";

/** One fire of a schedule, in ms since the epoch. */
export type Fire = {
  /** The moment that its expression names: what the fire is known by on record. */
  readonly nominal: number;
  /** When it fires: later by the schedule's delay. */
  readonly at: number;
};

/** What is done at a fire: all that the schedule allows, a look without any fix, or nothing. */
export type Act = "run" | "detect" | "skip";

/** What is done at a fire, and why it is not more; empty where nothing is in the way. */
export type Decision = Fire & { readonly act: Act; readonly why: readonly string[] };

/** The fire of a moment that the expression names. */
export function fireAt({ delay }: Pick<Schedule, "delay">, nominal: number): Fire {
  return { nominal, at: nominal + delay * 1000 };
}

/** What is done at a fire that is begun at `now`. `most` is what its being late leaves of it, with the reason. */
export function decide(
  schedule: Schedule,
  fire: Fire,
  now: number,
  most: { readonly act: Act; readonly why: readonly string[] } = { act: "run", why: [] },
): Decision {
  if (!schedule.enabled) return { ...fire, act: "skip", why: ["it is not enabled"] };
  const blackout = blackoutAt(schedule, now);
  if (blackout !== null) return { ...fire, act: "skip", why: [...most.why, `blackout ${blackoutWords(blackout)}`] };
  if (most.act === "skip") return { ...fire, ...most };
  if (schedule.task.kind === "check") return { ...fire, act: "detect", why: most.why };
  const refusal = refusalToFix(schedule, now);
  if (refusal === null) return { ...fire, ...most };
  return { ...fire, act: "detect", why: [...most.why, refusal] };
}

/** Why the schedule lets no fix start at a moment, however a run of it began; null: it may. Asked again before each fix. */
export function refusalToFix(schedule: Schedule, now: number): string | null {
  const blackout = blackoutAt(schedule, now);
  if (blackout !== null) return `blackout ${blackoutWords(blackout)}`;
  if (inWindow(schedule, now)) return null;
  return `outside its hours ${windowWords(schedule.windows)}`;
}
