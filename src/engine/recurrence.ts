import type { PastFix } from "../model/past.ts";
import type { RunPlan } from "../model/plan.ts";
import { permissionFor, type Permission } from "./permission.ts";
import type { HostState, RunState, StepState } from "./state.ts";

/** What is permitted on a host now, where what keeps coming back is left to people. `recurs`: why; null: it does not, or no schedule minds. */
export type Permitted = Permission & { readonly recurs: string | null };

/** What runbook, policies and level say of a step's fix now; an automatic yes becomes a question where it was fixed on the host often enough. */
export function permittedOn(
  { plan }: Pick<RunState, "plan">,
  { host }: Pick<HostState, "host">,
  step: StepState,
  now: number,
): Permitted {
  const permission = permissionFor({ plan, host, step: step.plan, now });
  const recurs = recurrence(plan, host, step, now);
  return {
    ...permission,
    recurs,
    approve: recurs !== null && permission.approve === "auto" ? "ask" : permission.approve,
  };
}

/**
 * Why what is found now is not fixed once more without a person; null: it may be. What is found may be another process or guest each time, so fixes are counted
 * by step and host: one a run that began any, however it ended, and one a round of this run.
 */
function recurrence(
  plan: Pick<RunPlan, "schedule" | "past">,
  host: string,
  step: StepState,
  now: number,
): string | null {
  const limit = plan.schedule?.restraints?.stopAfter;
  if (limit === undefined) return null;
  const since = now - limit.within * 1000;
  const times = pastAt(plan.past, host, step.plan.id).filter(({ at }) => at > since).length + step.rounds;
  if (times < limit.fixes) return null;
  return `it keeps coming back: ${times === 1 ? "1 fix" : `${times} fixes`} within ${spanWords(limit.within)}, so look for the cause`;
}

const indexes = new WeakMap<readonly PastFix[], ReadonlyMap<string, readonly PastFix[]>>();

/** A fleet's past is sorted once a run, not once a host and event. */
function pastAt(past: readonly PastFix[], host: string, step: string): readonly PastFix[] {
  const known = indexes.get(past) ?? Map.groupBy(past, (fix) => JSON.stringify([fix.host, fix.step]));
  indexes.set(past, known);
  return known.get(JSON.stringify([host, step])) ?? [];
}

const UNITS = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
] as const;

/** `7 d`; in the largest unit that fits. */
function spanWords(seconds: number): string {
  const [size, unit] = UNITS.find(([each]) => seconds >= each && seconds % each === 0) ?? [1, "s"];
  return `${seconds / size} ${unit}`;
}
