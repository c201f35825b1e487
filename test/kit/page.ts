import type { Event } from "../../src/model/event.ts";
import type { Outcome } from "../../src/model/finding.ts";

/** What one step of one host has been through, since its last verified fix. */
export type Page = {
  approved: string | null;
  /** Nobody approved it but command line and policies. */
  auto: boolean;
  asked: boolean;
  started: Set<string | null>;
  running: boolean;
  lost: boolean;
  /** Until when (ms since the epoch) it is followed at least, since it was left running; null: it is not. */
  left: number | null;
  /** What writes goes on on its host without us. */
  job: boolean;
  /** A fix or a rollback of it began, and its end is not known. */
  untold: boolean;
  /** It was left untold, and another process goes on with the run. */
  adrift: boolean;
  /** It makes its host one that failed. */
  bad: boolean;
  rolledBack: boolean;
  /** It was fixed and verified, which does not end it: it is looked at again. */
  done: boolean;
  /** What would undo its last fix on the host: not there, or as far as is known of it. */
  timer: "none" | "armed" | "disarmed" | "fired" | "lost" | "over";
  /** Since when another has the lock of its host, ms since the epoch; or it had, and nobody has looked since. */
  locked: number | "look" | null;
  end: Outcome | null;
  /** Its end holds only until the run is resumed. */
  open: boolean;
};

/** A step that nothing has happened to. */
export function blank(): Omit<Page, "end"> {
  return {
    open: false,
    approved: null,
    auto: false,
    asked: false,
    started: new Set(),
    running: false,
    lost: false,
    left: null,
    job: false,
    untold: false,
    adrift: false,
    bad: false,
    rolledBack: false,
    done: false,
    timer: "none",
    locked: null,
  };
}

/** What a stop put off, once the run goes on: what a person approved, and nothing was done with, is still approved. */
export function reopened({ approved, auto, started, done }: Page): Partial<Page> {
  return { ...blank(), done, ...(auto || started.size > 0 ? {} : { approved }), end: null };
}

/** What may still run on its host is looked for. It counts again as what it turns out to be. */
export const ADRIFT: Partial<Page> = {
  adrift: true,
  end: null,
  open: false,
  running: true,
  lost: false,
  left: null,
  bad: false,
};

/** What tells of a fix or a rollback how it ended, or that it cannot be told. */
export const TELLS: ReadonlySet<Event["type"]> = new Set([
  "fix-finished",
  "fix-lost",
  "fix-refused",
  "rebooted",
  "reboot-failed",
  "locked-out",
  "rollback-finished",
  "rollback-lost",
  "rollback-refused",
]);
