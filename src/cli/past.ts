import type { PastFix } from "../model/past.ts";
import type { RunPlan } from "../model/plan.ts";
import type { PlannedPolicy } from "../model/policy.ts";
import type { Restraints, Scheduled } from "../model/scheduled.ts";
import type { Archive } from "../run/ports.ts";
import { restraintOf } from "../schedule/restraint.ts";

const DAY = 24 * 3600 * 1000;
/** Earlier fixes are shown on cards, and earlier looks count, for this long, in ms. */
export const PAST = 90 * DAY;

/** The plan with what earlier runs found, where a step says that several must. */
export async function withSightings(record: Pick<Archive, "sightings">, plan: RunPlan): Promise<RunPlan> {
  if (plan.steps.every(({ confirm }) => confirm.runs === undefined)) return plan;
  return { ...plan, sightings: [...(await record.sightings(plan, Date.now() - PAST))] };
}

/** Earlier fixes of a runbook's steps on some hosts: as far back, and as many, as cards and the schedule want to know. */
export async function pastFixes(
  record: Pick<Archive, "past">,
  runbook: string,
  hosts: readonly string[],
  restraints: Restraints | undefined,
): Promise<readonly PastFix[]> {
  const { fixes, within } = restraints?.stopAfter ?? { fixes: 0, within: 0 };
  const since = Date.now() - Math.max(PAST, within * 1000);
  return await record.past(runbook, hosts, since, fixes);
}

/** ms for which a no holds in the runs of a schedule. */
const NO_HOLDS = DAY / 2;

/** The schedule of a run, with what persons have said no to of late. Who has it run by hand wants to be asked. */
export async function withRefused(
  record: Pick<Archive, "refusedIn">,
  schedule: Scheduled,
  runbook: string,
): Promise<Scheduled> {
  if (schedule.byHand === true) return schedule;
  const refused = await record.refusedIn({ schedule: schedule.name, runbook }, Date.now() - NO_HOLDS);
  return refused.length === 0 ? schedule : { ...schedule, refused };
}

/** What a schedule restrains in a run now, with all that its runs have fixed. `from`: when the run began, in ms since the epoch. */
export async function restraintNow(
  record: Pick<Archive, "fixedBy">,
  { name, restraints }: Pick<Scheduled, "name"> & { readonly restraints: Restraints },
  { run, hosts, from }: { readonly run: string; readonly hosts: readonly string[]; readonly from: number },
): Promise<PlannedPolicy> {
  const now = Date.now();
  const fixed = await record.fixedBy(name, Math.min(from, now - 2 * DAY));
  return restraintOf(restraints, { name, run, hosts, now, fixed });
}

/** What a schedule says of a run of it that goes on: other runs may have used up the day, or fixed the same, since it began. Null: none says anything. */
export async function renewal(
  record: Pick<Archive, "fixedBy" | "past">,
  run: string,
  from: number,
  { schedule, runbook, hosts }: RunPlan,
): Promise<{ readonly policies: readonly PlannedPolicy[]; readonly past: PastFix[] } | null> {
  const restraints = schedule?.restraints;
  if (schedule === undefined || restraints === undefined) return null;
  const policy = await restraintNow(record, { name: schedule.name, restraints }, { run, hosts, from });
  // What this run did is told by its own entries.
  const past = (await pastFixes(record, runbook.name, hosts, restraints)).filter((fix) => fix.run !== run);
  return { policies: [policy], past };
}
