import type { Outcome } from "./finding.ts";

/** One line of the list of runs. Times are ms since the epoch; `endedAt` null: it did not get to its end. */
export type RunRecord = {
  readonly run: string;
  readonly runbook: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly exit: number | null;
  readonly hosts: number;
  /** The check that it is a part of; null: none. */
  readonly check: string | null;
  /** The schedule that asked for it; null: a person did. */
  readonly schedule: string | null;
  /** Its worst outcome; null: it has no end. */
  readonly outcome: Outcome | null;
};
