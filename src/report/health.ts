import type { Rating } from "../engine/score.ts";
import type { FaultKind } from "../model/fault.ts";
import type { Cell } from "../model/finding.ts";
import type { ReportedFire } from "./fire.ts";
import type { ColumnType, Severity } from "../model/runbook.ts";

/**
 * A check as its table, reports and metrics tell it, and what the JSON is (docs/check.md). Members are added to it; one that changes its
 * meaning or goes away raises `version`. Times are ISO 8601 in UTC. Private columns and secrets are masked, texts are not cleaned.
 */
export type Health = {
  readonly version: 1;
  readonly check: string;
  readonly inventory: string;
  readonly by: string;
  /** The machine it was started on. */
  readonly machine: string | null;
  /** The schedule that asked for it, and which fire of it; null: a person did. */
  readonly schedule: ReportedFire | null;
  readonly startedAt: string;
  /** Null: it has not ended, or one of its runs has not. */
  readonly endedAt: string | null;
  /** From its beginning to its end, or to the last that is on record. */
  readonly ms: number;
  readonly fleet: HealthRating;
  readonly groups: readonly (HealthRating & { readonly group: string; readonly hosts: readonly string[] })[];
  /** Those that one runbook or more concerns, in the inventory's order. */
  readonly hosts: readonly HealthHost[];
  /** Also those that were not checked. */
  readonly runbooks: readonly HealthRunbook[];
  /** Worst first; those that are waived, too. */
  readonly findings: readonly HealthFinding[];
  /** What an earlier check had found, and this one looked for and did not find. */
  readonly gone: readonly HealthGone[];
  /** What could not be told, hosts with one reason together. */
  readonly unknowns: readonly HealthUnknown[];
};

/** How well something is, and what was found there. */
export type HealthRating = Rating & {
  /** Findings that are not waived. */
  readonly findings: Readonly<Record<Severity, number>>;
  readonly waived: number;
};

export type HealthHost = HealthRating & {
  readonly host: string;
  readonly groups: readonly string[];
  readonly unreachable: { readonly kind: FaultKind; readonly message: string; readonly hint: string | null } | null;
  /** What its looks took together. */
  readonly ms: number;
  /** One a runbook, in the order of `runbooks`. */
  readonly cells: readonly HealthCell[];
};

/** One runbook on one host. `none`: it does not concern the host, by its pattern; `skipped`: by what it asked there; `waived`: all that it found is. */
export type HealthCell = {
  readonly runbook: string;
  readonly state: "found" | "unknown" | "waived" | "clear" | "skipped" | "none" | "not-checked";
  /** The worst that it found. */
  readonly severity: Severity | null;
  readonly findings: number;
  readonly waived: number;
  /** Steps that could not be judged, beside what was found. */
  readonly unknown: number;
  readonly reason: string;
};

export type HealthRunbook = HealthRating & {
  readonly runbook: string;
  readonly title: string;
  readonly path: string;
  /** The run that has it on record; null: it was not checked. */
  readonly run: string | null;
  /** Why it was not checked, and what to do about that; null: it was. */
  readonly left: {
    readonly lacks: "input" | "leave" | "soundness";
    readonly reason: string;
    readonly hint: string | null;
  } | null;
  readonly steps: readonly {
    readonly step: string;
    readonly title: string;
    readonly severity: Severity;
    /** Whether it has a fix that a run carries out; absent: it was not checked. */
    readonly mends?: boolean;
  }[];
  /** How many hosts it concerns. */
  readonly hosts: number;
  readonly ms: number;
};

/** How a finding compares with the last look of a check at the same step of the same host; `first`: there was none. */
export type Change = "new" | "still" | "first";

export type HealthFinding = {
  readonly runbook: string;
  readonly step: string;
  readonly title: string;
  readonly severity: Severity;
  readonly host: string;
  readonly key: string;
  readonly values: Readonly<Record<string, Cell>>;
  readonly columns: readonly {
    readonly name: string;
    readonly type: ColumnType;
    readonly private: boolean;
    readonly key: boolean;
  }[];
  readonly change: Change;
  /** When a check first found it, without a look since that did not. */
  readonly since: string;
  readonly waiver: HealthWaiver | null;
};

export type HealthWaiver = {
  readonly by: string;
  readonly until: string;
  readonly reason: string;
  /** `file:line` of `waivers.yml`; null: it was given on a card. */
  readonly where: string | null;
};

export type HealthGone = {
  readonly runbook: string;
  readonly step: string;
  readonly severity: Severity;
  readonly host: string;
  readonly what: string;
  readonly since: string;
};

export type HealthUnknown = {
  /** Null: all of them, since the whole host is unknown. */
  readonly runbook: string | null;
  readonly step: string | null;
  readonly reason: string;
  readonly hint: string | null;
  readonly hosts: readonly string[];
};
