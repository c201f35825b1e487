import { groupRating, type Rating } from "../engine/score.ts";
import type { Judged } from "../engine/score.ts";
import type { Severity } from "../model/runbook.ts";
import type { HealthRating } from "./health.ts";

/** A step on a host as it counts. */
export type Counted = Judged & { readonly waived: number };

/** From the mildest to the worst. */
export const SEVERITIES: readonly Severity[] = ["info", "warning", "critical"];

/** A rating, with what was found in it. */
export function withCounts(rating: Rating, steps: readonly Counted[]): HealthRating {
  const found = (severity: Severity): number =>
    steps.reduce((sum, one) => sum + (one.severity === severity && one.findings !== "unknown" ? one.findings : 0), 0);
  return {
    ...rating,
    findings: { info: found("info"), warning: found("warning"), critical: found("critical") },
    waived: steps.reduce((sum, { waived }) => sum + waived, 0),
  };
}

/** The rating of several hosts together. */
export function together(hosts: readonly HealthRating[]): HealthRating {
  const found = (severity: Severity): number => hosts.reduce((sum, { findings }) => sum + findings[severity], 0);
  return {
    ...groupRating(hosts),
    findings: { info: found("info"), warning: found("warning"), critical: found("critical") },
    waived: hosts.reduce((sum, { waived }) => sum + waived, 0),
  };
}

/** How bad: a number that grows. */
export function rankOf(severity: Severity | null): number {
  return severity === null ? -1 : SEVERITIES.indexOf(severity);
}
