import type { Severity } from "../model/runbook.ts";

/** What a host loses for the first finding of a step. */
export const COST: Readonly<Record<Severity, number>> = { info: 2, warning: 12, critical: 40 };

/** What a step is on a host: judged, with so many findings that are not waived; or unknown. */
export type Judged = { readonly severity: Severity; readonly findings: number | "unknown" };

/**
 * How well something is, from 0 to 100, and how much of it could be judged, in percent. The score is null where nothing was judged, the
 * confidence where nothing was to be judged.
 */
export type Rating = {
  readonly score: number | null;
  readonly confidence: number | null;
  /** Steps on hosts that were judged, and that could not be. */
  readonly judged: number;
  readonly unknown: number;
};

/**
 * A host: 100, less what each step costs that found something. The first finding costs all of it, each further one of the same step a
 * quarter, and a step at most twice. What is unknown costs nothing and lowers the confidence.
 */
export function hostRating(steps: readonly Judged[]): Rating {
  const known = steps.flatMap(({ severity, findings }) => (findings === "unknown" ? [] : [{ severity, findings }]));
  const lost = known.reduce((sum, { severity, findings }) => sum + COST[severity] * weightOf(findings), 0);
  const counts = { judged: known.length, unknown: steps.length - known.length };
  return {
    ...counts,
    score: known.length === 0 ? null : Math.max(0, Math.floor(100 - lost)),
    confidence: share(counts),
  };
}

function weightOf(findings: number): number {
  return findings === 0 ? 0 : Math.min(2, 1 + (findings - 1) / 4);
}

/**
 * A group or a fleet: halfway between the mean of its hosts and its worst host, so that one bad host in a thousand still shows. Hosts
 * without a score count for the confidence alone.
 */
export function groupRating(hosts: readonly Rating[]): Rating {
  const scores = hosts.flatMap(({ score }) => (score === null ? [] : [score]));
  const counts = {
    judged: hosts.reduce((sum, { judged }) => sum + judged, 0),
    unknown: hosts.reduce((sum, { unknown }) => sum + unknown, 0),
  };
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const worst = scores.reduce((least, score) => Math.min(least, score), 100);
  return { ...counts, score: scores.length === 0 ? null : Math.floor((mean + worst) / 2), confidence: share(counts) };
}

/** Rounded down: 100 only where nothing is unknown. */
function share({ judged, unknown }: { readonly judged: number; readonly unknown: number }): number | null {
  return judged + unknown === 0 ? null : Math.floor((100 * judged) / (judged + unknown));
}
