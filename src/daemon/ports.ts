import type { Fault } from "../model/fault.ts";
import type { Schedule } from "../model/schedule.ts";
import type { Clock, Desk, Holder } from "../run/ports.ts";
import type { ProcessEnd } from "../schedule/aftermath.ts";
import type { Book } from "../schedule/book.ts";
import type { Act } from "../schedule/decide.ts";

/** What a process is to do: a fire that begins, or a run that goes on. */
export type Errand =
  | {
      readonly kind: "fire";
      readonly schedule: string;
      readonly nominal: number;
      readonly act: Exclude<Act, "skip">;
      readonly why: readonly string[];
      readonly run: string;
      /** When it was begun, in ms since the epoch. */
      readonly begun: number;
    }
  | { readonly kind: "resume"; readonly run: string };

/** A process that was started. It does not end with us. */
export interface Process {
  readonly pid: number | null;
  /** Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** The first time it is asked to begin no new fix, the second time to leave at once. */
  stop(): void;
}

/** Starts processes. `hear` is told each line that they print. */
export interface Starter {
  start(errand: Errand, hear: (line: string) => void): Process;
}

/** The schedules as they stand in their file now, or all that is wrong with them. */
export type Reading = { readonly schedules: readonly Schedule[] } | { readonly faults: readonly Fault[] };

/** Reads schedules. */
export interface Reader {
  /** Null: nothing has changed since the last time. */
  read(): Promise<Reading | null>;
}

/** One thing that has happened, for the log. Texts may come from hosts: whoever writes them cleans them. */
export type Line = {
  readonly level: "info" | "warning" | "error";
  readonly event: string;
  readonly [key: string]: string | number | boolean | null | readonly string[];
};

/** Everything a daemon is made of. */
export type DaemonParts = {
  readonly clock: Clock;
  readonly book: Book;
  /** The file of schedules: an absolute path. */
  readonly file: string;
  /** Whether another path leads to that file, too. */
  readonly isFile: (path: string) => boolean;
  readonly desk: Pick<Desk, "lease" | "orders">;
  readonly self: Omit<Holder, "since">;
  readonly starter: Starter;
  readonly reader: Reader;
  /** Why a run cannot go on; null: it can. Rejects with a journal fault. */
  readonly refusal: (run: string) => Promise<string | null>;
  /** Asks the process that has a run to begin no new fix, as a signal does; false: it is none of this machine. Rejects with a journal fault. */
  readonly hail: (run: string) => Promise<boolean>;
  readonly newRun: (now: number) => string;
  readonly say: (line: Line) => void;
  /** Processes at once at most. */
  readonly most: number;
  /** ms that it sleeps at most. */
  readonly nap: number;
  /** ms that it waits for what runs once it is to end. */
  readonly patience: number;
  /** ms by a clock that nobody sets. */
  readonly ticks: () => number;
  /** What else is to be done at each round, while it is in charge. Rejects with a journal fault. */
  readonly chore: () => Promise<void>;
};
