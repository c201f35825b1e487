import { moment } from "../engine/words.ts";
import { endWords, GIVEN_UP, GONE, INTERRUPTED, NOTHING } from "./aftermath.ts";
import type { BookedFire } from "./book.ts";
import { isHeldUp } from "./overlap.ts";

/** How a schedule fired of late, as the book and the record tell it. Times are ms since the epoch. */
export type Firing = {
  readonly schedule: string;
  /** The one that ended last, of those that were begun; of two that ended at once the one that came to no good end; null: none. */
  readonly ended: BookedFire | null;
  /** The last that waits for a person; null: none. */
  readonly waiting: BookedFire | null;
  /** The oldest that is not over and waits for nobody; null: none. */
  readonly open: OpenFire | null;
};

/** A fire that is not over. */
export type OpenFire = {
  readonly fire: BookedFire;
  /** The last fire of its schedule. */
  readonly latest: BookedFire;
  /** When its run put something on record last; null: never. */
  readonly heard: number | null;
  /** Whether its run has asked a person something. */
  readonly asks: boolean;
  /** Its runs that have no end: itself, or those of a check. */
  readonly runs: readonly string[];
};

/** What a person can do: commands, and what becomes of them. */
export type Help = { readonly commands: readonly string[]; readonly words: string };

/** Why nobody can tell what a schedule is there to tell. */
export type Trouble = {
  readonly fire: BookedFire;
  /** `could not begin its fire of 2026-11-03 14:00:00 UTC`. */
  readonly words: string;
  readonly reason: string;
  /** Null: nothing is to be done but to wait. */
  readonly help: Help | null;
  /** Tells it from another trouble of the schedule. */
  readonly mark: string;
  /** Since when; what did its work before says nothing of it. */
  readonly at: number;
};

/** ms for which a run that is in the way of later fires may put nothing on record. */
export const SILENCE = 3_600_000;

/** A moment, and since when somebody looks without a break: a machine that slept has nothing to tell of the time before. */
type Watch = { readonly now: number; readonly attended: number };

/** What keeps a schedule from its work now; null: nothing that is known. */
export function troubleOf(firing: Firing, watch: Watch): Trouble | null {
  const trouble = blocked(firing, watch) ?? (firing.ended === null ? null : undone(firing.ended));
  return trouble === null || workAfter(firing, trouble.at) !== null ? null : trouble;
}

/** A fire that did its work after a moment: its run has come to a word, whatever it is; null: none. */
export function workAfter({ ended, waiting }: Firing, at: number): BookedFire | null {
  if (waiting !== null && (waiting.begun ?? 0) > at) return waiting;
  return ended !== null && didItsWork(ended) && (ended.ended ?? 0) > at ? ended : null;
}

/** Who was interrupted, by a person or a signal, has not; whose run cannot go on since nothing is left of it has. */
function didItsWork({ replaced, note, exit }: BookedFire): boolean {
  return !replaced && exit !== null && exit !== INTERRUPTED && (note === null || !isOurs(note));
}

/** Whether a note tells of the fire, and not of its run. */
function isOurs(note: string): boolean {
  return note === NOTHING || note === GONE || note.startsWith(GIVEN_UP);
}

/** Later fires are left out, or wait, for one that does not get on. */
function blocked({ open }: Firing, { now, attended }: Watch): Trouble | null {
  if (open === null || open.asks || open.fire.id === open.latest.id || !isHeldUp(open.latest)) return null;
  const { fire, heard } = open;
  const since = Math.max(fire.begun ?? fire.at, fire.retryAt ?? 0, heard ?? 0);
  if (now - Math.max(since, attended) < SILENCE) return null;
  const words = `does not get on with its fire of ${moment(fire.nominal)}`;
  const trouble = { fire, words, mark: `blocked ${fire.id}`, at: now };
  if (fire.stage === "due")
    return { ...trouble, reason: `it has waited for its turn since ${moment(since)}`, help: null };
  return { ...trouble, reason: `nothing has been put on record since ${moment(since)}`, help: endOf(open) };
}

/** What a person can do about a run that hangs. */
function endOf({ fire, runs }: OpenFire): Help {
  // Of what was not begun there is nothing that could be told to stop.
  if (runs.length === 0) return { commands: [], words: `end its process, the one with \`--run ${fire.run}\`` };
  const commands = runs.slice(0, MOST_NAMED).map((run) => `runbook stop ${run}`);
  return { commands, words: "lets it begin no new fix, and end" };
}

/** Runs of a check that are named. */
const MOST_NAMED = 3;

/** What was never begun, or came to no end. */
function undone(fire: BookedFire): Trouble | null {
  const { note, exit, tries, seq, nominal } = fire;
  if (note === null || fire.replaced || note === GONE || exit === 0 || didItsWork(fire)) return null;
  if (!isOurs(note) && exit !== null) return null;
  const never = note === NOTHING || (tries > 0 && seq === null);
  const words = `could not ${never ? "begin" : "end"} its fire of ${moment(nominal)}`;
  const mark = note === NOTHING && exit !== null ? `${note}: ${endWords({ code: exit, signal: null })}` : note;
  return { fire, words, reason: mark, help: helpFor(fire, never), mark, at: fire.ended ?? fire.at };
}

function helpFor({ note, schedule, run }: BookedFire, never: boolean): Help | null {
  if (never) return { commands: [`runbook schedule run-now ${schedule} --dry-run`], words: "shows why" };
  if (note?.startsWith(GIVEN_UP) !== true) return null;
  return { commands: [`runbook resume ${run}`], words: "goes on with it" };
}
