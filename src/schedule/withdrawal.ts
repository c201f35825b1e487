import { seenOf } from "../engine/evolve-step.ts";
import { waiting } from "../engine/outcome.ts";
import type { StepState } from "../engine/state.ts";

/**
 * Why what an earlier run of a schedule asks of a step on a host is asked no longer, now that a later one has looked there; null: it stays open. Only
 * what was looked for and is not there any more is gone: what could not be told leaves the question as it is.
 */
export function withdrawalOf(earlier: StepState, now: StepState, run: string): string | null {
  if (!waiting(earlier) || now.findings === null || now.end?.outcome === "unknown") return null;
  const there = now.end?.outcome === "fixed" ? [] : seenOf(now);
  const seen = new Set([...there, ...now.waived].map(({ key }) => key));
  if (!(earlier.findings ?? []).some(({ key }) => seen.has(key))) {
    if (now.rounds > 0) return `fixed in run ${run}`;
    return seen.size === 0 ? `gone by itself, found clear in run ${run}` : `gone by itself: run ${run} found another`;
  }
  const anew = now.asked !== null && now.asked.digest !== earlier.asked?.digest;
  return anew ? `asked anew in run ${run}, with all that was found then` : null;
}
