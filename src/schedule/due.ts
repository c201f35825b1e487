import { moment } from "../engine/words.ts";
import type { Schedule } from "../model/schedule.ts";
import { duration } from "../view/words.ts";
import { nextFire, type NextFire } from "./cron.ts";
import { decide, fireAt, type Act, type Decision, type Fire } from "./decide.ts";

/** What is known of a schedule's earlier fires. All in ms since the epoch. */
export type Known = {
  /** Every fire that the expression names up to this moment has been dealt with. */
  readonly settled: number;
  /** The latest reading of the clock by which anything was settled. */
  readonly seen: number;
};

/** What is due, oldest first; `known` from then on. */
export type Due = {
  /** At most one of them is not skipped: the last. */
  readonly decisions: readonly Decision[];
  /** Whether there were more before these, all missed. */
  readonly more: boolean;
  readonly known: Known;
  /** What is odd about the clock; null: nothing. */
  readonly note: string | null;
};

/** ms by which a fire may be begun late and still be on time. */
export const GRACE = 60_000;

/** Missed fires that are told one by one. */
const MOST_TOLD = 20;

/** ms by which a clock is set back at most where its earlier reading was right: more, and that reading was wrong. */
const MOST_BACK = 86_400_000;

/** What is known of a schedule that is seen for the first time: what it named before is nobody's business. */
export function firstSeen({ delay }: Pick<Schedule, "delay">, now: number): Known {
  return { settled: now - delay * 1000, seen: now };
}

/**
 * The fires that are due at `now`. One that was dealt with is never due again, also after the clock was set back. At most one of those that were missed is
 * made up for, as the schedule says, and none where another is on time.
 */
export function due(schedule: Schedule, known: Known, now: number): Due {
  const upTo = now - schedule.delay * 1000;
  const back = known.seen - now;
  if (back > MOST_BACK) {
    const note = `the clock has gone back by ${duration(back / 1000)}: what lies before ${moment(known.seen)} fires again in its time`;
    return { decisions: [], more: false, known: { settled: upTo, seen: now }, note };
  }
  const note =
    back > 0 ? `the clock has gone back by ${duration(back / 1000)}: what has fired does not fire again` : null;
  const next = nextFire(schedule.cron, schedule.timezone);
  const { fires, more } = lastFires(next, known.settled, upTo);
  const decisions = decideAll(
    schedule,
    fires.map((nominal) => fireAt(schedule, nominal)),
    now,
  );
  return {
    decisions,
    more,
    known: { settled: Math.max(known.settled, upTo), seen: Math.max(known.seen, now) },
    note,
  };
}

/** Why a fire to come is left out where the clock was set back since it was dealt with; null: it is not. */
export function dealtWith({ settled, seen }: Known, { nominal, at }: Fire, now: number): string | null {
  if (nominal > settled || at <= now || seen - now > MOST_BACK) return null;
  return "the clock was set back: what has fired does not fire again";
}

/** The first fire from now on, for whoever wants to sleep until then; null: there is none any more. */
export function nextDue(schedule: Schedule, known: Known, now: number): Fire | null {
  const next = nextFire(schedule.cron, schedule.timezone);
  const nominal = next(Math.max(known.settled, now - schedule.delay * 1000));
  return nominal === null ? null : fireAt(schedule, nominal);
}

function decideAll(schedule: Schedule, fires: readonly Fire[], now: number): Decision[] {
  const last = fires.at(-1);
  if (last === undefined) return [];
  const late = now - last.at;
  const onTime = late <= GRACE;
  const why = onTime
    ? `missed; the fire of ${moment(last.at)} comes in its place`
    : "missed; only the last of those is made up for";
  return fires.map((fire): Decision => {
    if (fire !== last) return { ...fire, act: "skip", why: [why] };
    return onTime ? decide(schedule, fire, now) : decide(schedule, fire, now, lateness(schedule, late / 1000));
  });
}

/** What is left of a fire that is late by so many seconds. */
export function lateness(
  { missed, missedWindow }: Schedule,
  late: number,
): { readonly act: Act; readonly why: string[] } {
  const how = `missed by ${duration(late)}`;
  if (late > missedWindow) return { act: "skip", why: [`${how}, which is more than ${duration(missedWindow)}`] };
  switch (missed) {
    case "run":
      return { act: "run", why: [`${how}, and run late`] };
    case "detect":
      return { act: "detect", why: [how] };
    case "skip":
      return { act: "skip", why: [how] };
  }
}

/** The last moments after `from` and up to `to` that an expression names; `more`: there are others before them. Looks back no further than it must. */
function lastFires(
  next: NextFire,
  from: number,
  to: number,
): { readonly fires: readonly number[]; readonly more: boolean } {
  for (let span = 60_000; ; span *= 4) {
    const start = Math.max(from, to - span);
    const fires: number[] = [];
    for (let at = next(start); at !== null && at <= to; at = next(at)) fires.push(at);
    if (start === from) return { fires: fires.slice(-MOST_TOLD), more: fires.length > MOST_TOLD };
    if (fires.length >= MOST_TOLD) return { fires: fires.slice(-MOST_TOLD), more: true };
  }
}
