import type { Runbook, Step } from "../model/runbook.ts";
import type { StepTrace } from "./verdict.ts";

/** What cases must show of a step, each with what it is there for. */
export const ASPECTS = ["healthy", "sick", "odd", "unreadable", "skipped", "fixed", "deferred", "rolled back"] as const;
export type Aspect = (typeof ASPECTS)[number];

/** How many cases show each aspect of a step; null: there is nothing of that kind to show. */
export type StepCoverage = { readonly step: string; readonly cases: Readonly<Record<Aspect, number | null>> };

/** A step as it came out in a case that is as expected. */
export type Shown = StepTrace & { readonly odd: boolean };

/** Which aspects of a runbook's steps the cases show. */
export function coverageOf(runbook: Runbook, shown: readonly Shown[]): StepCoverage[] {
  return runbook.steps.map((step) => {
    const own = shown.filter((each) => each.step === step.id);
    const count = (fits: (each: Shown) => boolean): number => own.filter(fits).length;
    const wanted = wantedOf(runbook, step);
    const cases = {
      healthy: count(({ outcome }) => outcome === "clear"),
      sick: count(({ outcome }) => outcome === "found" || OF_FIX.has(outcome)),
      odd: count(({ odd }) => odd),
      unreadable: count(({ outcome }) => outcome === "unknown"),
      skipped: count(({ outcome }) => outcome === "skipped"),
      fixed: count(({ outcome }) => outcome === "fixed"),
      deferred: count(({ deferred }) => deferred),
      "rolled back": count(({ rolledBack }) => rolledBack),
    };
    const known = ASPECTS.map((aspect) => [aspect, wanted.has(aspect) ? cases[aspect] : null]);
    return { step: step.id, cases: Object.fromEntries(known) };
  });
}

const OF_FIX: ReadonlySet<string> = new Set(["fixed", "failed", "rolled-back", "in-doubt", "waiting"]);

/** A step is skipped by its own `applies`; of the runbook's, one step is enough. */
function wantedOf(runbook: Runbook, step: Step): ReadonlySet<Aspect> {
  const skips = step.applies !== undefined || (runbook.applies !== undefined && step === runbook.steps[0]);
  return new Set<Aspect>([
    "healthy",
    "sick",
    "odd",
    "unreadable",
    ...(skips ? (["skipped"] as const) : []),
    ...(step.fix?.run === undefined ? [] : (["fixed"] as const)),
    ...(step.fix?.guard === undefined || step.fix.manual !== undefined ? [] : (["deferred"] as const)),
    ...(step.rollback === undefined ? [] : (["rolled back"] as const)),
  ]);
}

/** How many aspects there are to show, and how many are shown. */
export function coverageSum(coverage: readonly StepCoverage[]): { readonly shown: number; readonly all: number } {
  const counts = coverage.flatMap(({ cases }) => Object.values(cases)).filter((count) => count !== null);
  return { shown: counts.filter((count) => count > 0).length, all: counts.length };
}

/** The aspects of which there is no case. */
export function gapsIn({ cases }: StepCoverage): Aspect[] {
  return ASPECTS.filter((aspect) => cases[aspect] === 0);
}
