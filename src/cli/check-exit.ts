import type { Severity } from "../model/runbook.ts";
import type { Health } from "../report/health.ts";
import { rankOf, SEVERITIES } from "../report/health-rate.ts";
import { EXIT } from "./exit.ts";

/** What a caller wants of a check. */
export type Wanted = {
  readonly minScore?: number | undefined;
  readonly failOn?: Severity | undefined;
  readonly interrupted: boolean;
};

/**
 * The exit code of a check. Found is what is not waived and weighs as much as `--fail-on` says, or a fleet below `--min-score`; with that
 * alone, findings count through the score only. Unknown is what could not be told (a wanted score that there is none of, too), and a runbook
 * with mistakes, whatever is wanted.
 */
export function checkExit(
  { fleet, hosts, runbooks, endedAt }: Health,
  { minScore, failOn, interrupted }: Wanted,
): number {
  if (interrupted) return EXIT.interrupted;
  const least = failOn ?? (minScore === undefined ? "info" : null);
  const counted = least === null ? [] : SEVERITIES.filter((severity) => rankOf(severity) >= rankOf(least));
  if (counted.some((severity) => fleet.findings[severity] > 0)) return EXIT.found;
  if (minScore !== undefined && fleet.score !== null && fleet.score < minScore) return EXIT.found;
  const unsound = runbooks.some(({ left }) => left?.lacks === "soundness");
  const untold = hosts.some(({ cells }) => cells.some(({ state, unknown }) => state !== "not-checked" && unknown > 0));
  const unscored = minScore !== undefined && fleet.score === null;
  return unsound || untold || unscored || endedAt === null ? EXIT.unknown : EXIT.ok;
}
