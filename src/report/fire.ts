import { scheduleWords } from "../engine/words.ts";
import type { Scheduled } from "../model/scheduled.ts";
import { iso } from "./moment.ts";

/** A fire of a schedule: the moment that its expression names, and why it was not more than it was. */
export type ReportedFire = {
  readonly name: string;
  readonly fire: string;
  readonly byHand: boolean;
  readonly why: readonly string[];
};

/** The fire of a schedule that a run is, as reports tell it. */
export function fireOf(scheduled: Scheduled | undefined): ReportedFire | null {
  if (scheduled === undefined) return null;
  const { name, fire, byHand = false, why } = scheduled;
  return { name, fire: iso(fire), byHand, why };
}

/** Who started a run, where, and by which schedule: `ada on desk, schedule nightly, fire of …`. */
export function starterWords({
  by,
  machine,
  schedule,
}: {
  readonly by: string;
  readonly machine: string | null;
  readonly schedule: ReportedFire | null;
}): string {
  const fire = schedule === null ? "" : `, ${scheduleWords({ ...schedule, fire: Date.parse(schedule.fire) })}`;
  return `${by}${machine === null ? "" : ` on ${machine}`}${fire}`;
}
