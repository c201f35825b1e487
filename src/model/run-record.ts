import { worst, type Outcome } from "./finding.ts";

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

/** Which runs are wanted; what is left out does not matter. */
export type RunsWanted = {
  readonly schedule?: string | undefined;
  /** When they began: from then on, and before then; ms since the epoch. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** How they ended; those without an end are told, too, where `unended`. */
  readonly outcomes?: readonly Outcome[] | undefined;
  readonly unended?: boolean | undefined;
  /** Those of these checks. */
  readonly checks?: readonly string[] | undefined;
};

/** What some runs came to together: the worst of them; null while one of them has no end. */
export function outcomeOfAll(runs: readonly RunRecord[]): Outcome | null {
  const outcomes = runs.flatMap(({ outcome }) => outcome ?? []);
  return outcomes.length === 0 || runs.some(({ endedAt }) => endedAt === null) ? null : worst(outcomes);
}

/** The hosts of a run, and its groups of them. */
export type RunHosts = {
  readonly run: string;
  readonly hosts: readonly string[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
};
