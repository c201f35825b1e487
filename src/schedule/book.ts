import type { Act, Fire } from "./decide.ts";
import type { Known } from "./due.ts";

/**
 * How far a fire is: `due` wants a process, to begin or to go on; `going` has one, or had one when somebody last looked; `waiting` waits for a person and holds
 * nothing; `over` is over, or was never begun.
 */
export type Stage = "due" | "going" | "waiting" | "over";

/** A fire as it is written down. Times are ms since the epoch. */
export type BookedFire = Fire & {
  readonly id: number;
  readonly schedule: string;
  readonly act: Act;
  /** Why it does no more than that. */
  readonly why: readonly string[];
  /** The id of its run, or of its check, known before anything is started; null: it was skipped. */
  readonly run: string | null;
  /** What it looks for: no two fires with one of these are at work at once. */
  readonly runbooks: readonly string[];
  readonly stage: Stage;
  /** Whether it was told to make room for a later one, and is not gone on with. */
  readonly replaced: boolean;
  /** When its process was last started; null: never. */
  readonly begun: number | null;
  readonly ended: number | null;
  readonly exit: number | null;
  /** Processes of it in a row that came to no end. */
  readonly tries: number;
  /** Not started again before; null: whenever there is room. */
  readonly retryAt: number | null;
  /** The number of the last entry of its run when its process was started, or when it began to wait; null: there was none. */
  readonly seq: number | null;
  /** When its run is looked after though nobody has decided: its deadline; null: it has none. */
  readonly until: number | null;
  /** What is odd about how it ended. */
  readonly note: string | null;
};

/** A fire that is to be written down. */
export type NewFire = Pick<BookedFire, "schedule" | "nominal" | "at" | "act" | "why" | "run" | "runbooks">;

/** What changes of a fire. */
export type Move = { readonly id: number } & Partial<
  Omit<BookedFire, "id" | "schedule" | "nominal" | "at" | "run" | "runbooks">
>;

/** What is known of a schedule. */
export type KnownSchedule = {
  readonly schedule: string;
  /** What it was fired by: another expression begins anew. */
  readonly expression: string;
  readonly known: Known;
};

/** Who holds a schedule's fires up. Times are ms since the epoch. */
export type Pause = {
  readonly schedule: string;
  readonly by: string;
  readonly since: number;
  /** Null: until somebody resumes it. */
  readonly until: number | null;
  readonly reason: string | null;
};

/** What the record says of a run. */
export type Look = {
  /** The number of its last entry. */
  readonly seq: number;
  /** Whether a process has it that is alive. */
  readonly alive: boolean;
  /** Null: it has no end. */
  readonly exit: number | null;
  readonly ended: boolean;
  /** Whether nothing has been written since it ended. */
  readonly closed: boolean;
  /** Whether it has asked a person something, and what was answered has not been acted on. */
  readonly asks: boolean;
};

/** All that is written down at once. */
export type Page = {
  /** Schedules of which nothing is known any more: one of that name begins anew. */
  readonly forgotten?: readonly string[];
  readonly known?: readonly KnownSchedule[];
  readonly fires?: readonly NewFire[];
  readonly moves?: readonly Move[];
  /** The file of schedules that is gone by from now on: an absolute path. */
  readonly source?: string;
};

/** The daemon's book: what it has decided, and what became of it. Everything in it rejects with a journal fault. */
export interface Book {
  /** Whether whoever asks has the lease of the daemon. */
  inCharge(): Promise<boolean>;
  /** The file of schedules that the daemon goes by, or the last one went by; null: nobody has said. */
  source(): Promise<string | null>;
  /** Everything that is known of any schedule. */
  known(): Promise<readonly KnownSchedule[]>;
  /** Fires that are not over, oldest first. */
  open(): Promise<readonly BookedFire[]>;
  /** Every fire that is still written down, oldest first. */
  fires(): Promise<readonly BookedFire[]>;
  /** Writes all of it or nothing, and only for whoever has the lease of the daemon. */
  write(page: Page): Promise<void>;
  /** What the record says of some runs or checks; of those that it does not know nothing. */
  look(runs: readonly string[]): Promise<ReadonlyMap<string, Look>>;
  /** The last fire of each schedule, the last that was not skipped, and the last that ended well; oldest first. */
  latest(): Promise<readonly BookedFire[]>;
  /** Who has paused which schedule, those that have run out too. */
  pauses(): Promise<readonly Pause[]>;
  /** Holds up the fires of a schedule; what was said before no longer counts. */
  pause(pause: Pause): Promise<void>;
  /** Ends a pause. Answers with it; null: there was none. */
  unpause(schedule: string): Promise<Pause | null>;
  /** Takes out what is over, but for the latest and the last so many fires of each schedule; only for whoever has the lease of the daemon. */
  tidy(keep: number): Promise<void>;
}

/** What the lease of the daemon is called among those of runs: no run has such an id. */
export const DAEMON = "daemon";
