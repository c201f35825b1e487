import { counted } from "../view/words.ts";
import type { BookedFire, Look, Move } from "./book.ts";

/** How the process of a fire ended: an exit code, else a signal; neither: it could not be started. */
export type ProcessEnd = { readonly code: number | null; readonly signal: string | null };

/** What is known of a fire that has, or had, a process. */
export type Seen = {
  /** Undefined: its process is not ours, so nobody has told how it ended. */
  readonly end: ProcessEnd | undefined;
  /** Undefined: its run is not on record. */
  readonly look: Look | undefined;
  readonly now: number;
  /** Whether the daemon is to end: what was interrupted for that is gone on with at its next start. */
  readonly stopping: boolean;
  /** Whether runs were told to leave what they have begun. */
  readonly leaving: boolean;
};

/** What becomes of a fire; `problem`: what people should be told. Null: nothing changes. */
export type Aftermath = { readonly move: Move; readonly problem: string | null } | null;

/** Exit codes, as `cli/exit` has them. */
const JOURNAL = 64;
const BUG = 70;
/** The exit code of what a person, or a signal, has ended. */
export const INTERRUPTED = 130;

/** Processes in a row that may come to no end; and of those that put nothing on record, since what they begin late is less and less worth. */
const MOST_TRIES = 6;
const MOST_BEGINNINGS = 3;
/** ms until the next, the last of them for all after it. */
const BACK_OFF = [10_000, 30_000, 120_000, 600_000, 1_800_000] as const;
/** The longest of them, in ms. */
export const LONGEST_WAIT = Math.max(...BACK_OFF);

/** What becomes of a fire whose process is ours and has ended, or is not ours. */
export function aftermath(fire: BookedFire, seen: Seen): Aftermath {
  const { look, end } = seen;
  if (look?.alive === true) return null;
  if (look === undefined) return withoutRecord(fire, seen);
  if (!look.ended) return again(fire, seen, "its process ended before the run did");
  if (end !== undefined && look.seq === fire.seq) return again(fire, seen, "it could not go on");
  return ended(fire, look, seen);
}

/** The run has an end on record. It goes on where it was cut short, or where somebody has decided before we saw that it waits. */
function ended(fire: BookedFire, look: Look, seen: Seen): Aftermath {
  const { id, replaced } = fire;
  const { now } = seen;
  if (!look.closed || (look.exit === INTERRUPTED && wasCutShort(fire, seen))) {
    return { move: { id, stage: "due", retryAt: null, replaced: false }, problem: null };
  }
  if (look.asks) {
    const waiting = { stage: "waiting", exit: look.exit, seq: look.seq, tries: 0, retryAt: null } as const;
    // It has made room. What goes on later is what a person has decided, and in nobody's way.
    return { move: { id, ...waiting, replaced: false }, problem: null };
  }
  return { move: over(fire, now, look.exit, replaced ? ROOM : null), problem: null };
}

/** Whether the end of the daemon, or of the machine, has interrupted a run. What made room was to end, but not to leave what it had begun. */
function wasCutShort({ replaced }: BookedFire, { end, stopping, leaving }: Seen): boolean {
  return replaced ? leaving : stopping || end === undefined;
}

const ROOM = "it made room for a later fire";
/** The note of a fire whose command ended without a run. */
export const NOTHING = "nothing was begun";
/** How the note of a fire begins whose processes came to no end too often. */
export const GIVEN_UP = "given up after";
/** The note of a fire whose run somebody has taken out of the record. */
export const GONE = "its run was taken out of the record";

/** Nothing is on record: it never began, and may begin with the same id. What its command says is wrong is not tried again. */
function withoutRecord(fire: BookedFire, seen: Seen): Aftermath {
  const { end, now } = seen;
  if (fire.replaced) return { move: over(fire, now, end?.code ?? null, ROOM), problem: null };
  const code = end?.code ?? null;
  if (code === null || code === JOURNAL || code === BUG || code === INTERRUPTED) {
    return again(fire, seen, "its process ended before anything was on record");
  }
  return { move: over(fire, now, code, NOTHING), problem: code === 0 ? null : `${NOTHING}: exit ${code}` };
}

/** Begins or goes on once more, later each time; and no more at some point. Where nobody saw it end it is not its fault. */
function again(fire: BookedFire, { end, look, now, stopping }: Seen, what: string): Aftermath {
  const { id } = fire;
  // What should make room and died has not finished what it has begun: that comes first, so it goes on as if nobody had asked.
  const rest = { stage: "due", retryAt: null, replaced: false } as const;
  if (end === undefined || stopping) return { move: { id, ...rest }, problem: null };
  const tries = fire.tries + 1;
  const problem = `${what} (${endWords(end)})`;
  if (tries >= (look === undefined ? MOST_BEGINNINGS : MOST_TRIES)) {
    const note = `${GIVEN_UP} ${counted(tries, "try", "tries")}: ${problem}`;
    return { move: { ...over(fire, now, end.code, note), tries }, problem: note };
  }
  if (fire.replaced) return { move: { id, ...rest, tries }, problem };
  const wait = BACK_OFF[Math.min(tries, BACK_OFF.length) - 1] ?? 0;
  return { move: { id, stage: "due", tries, retryAt: now + wait }, problem };
}

function over({ id }: BookedFire, now: number, exit: number | null, note: string | null): Move {
  return { id, stage: "over", ended: now, exit, note };
}

/** `exit 70`, `SIGKILL`. */
export function endWords({ code, signal }: ProcessEnd): string {
  if (code !== null) return `exit ${code}`;
  return signal ?? "it could not be started";
}

/** What becomes of a fire that waits for a person: somebody has decided, or its time is up. */
export function awaited(fire: BookedFire, look: Look | undefined, now: number): Aftermath {
  const { id, seq, until } = fire;
  if (look === undefined) return { move: over(fire, now, null, GONE), problem: null };
  if (look.alive) return null;
  const late = until !== null && now >= until;
  if (look.seq === seq && !late) return null;
  // Somebody may have gone on with it themselves, to its end.
  if (look.closed && !look.asks) return { move: over(fire, now, look.exit, null), problem: null };
  return { move: { id, stage: "due", retryAt: null, ...(late && { until: null }) }, problem: null };
}
