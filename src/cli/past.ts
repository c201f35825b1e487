import type { RunPlan } from "../model/plan.ts";
import type { Archive } from "../run/ports.ts";

/** Earlier fixes are shown on cards, and earlier looks count, for this long, in ms: 90 days. */
export const PAST = 90 * 24 * 3600 * 1000;

/** The plan with what earlier runs found, where a step says that several must. */
export async function withSightings(record: Pick<Archive, "sightings">, plan: RunPlan): Promise<RunPlan> {
  if (plan.steps.every(({ confirm }) => confirm.runs === undefined)) return plan;
  return { ...plan, sightings: [...(await record.sightings(plan, Date.now() - PAST))] };
}
