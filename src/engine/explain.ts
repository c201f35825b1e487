import type { RunPlan, StepPlan } from "../model/plan.ts";
import type { PlannedPolicy, PlannedRule } from "../model/policy.ts";
import { always, concerns, permissionFor, type Permission, type Ruling } from "./permission.ts";

/** What policies and command line say of one step's fix on hosts for which they say the same. */
export type Answer = {
  readonly step: StepPlan;
  readonly hosts: readonly string[];
  readonly permission: Permission;
  /** What one of the policies says at other hours. */
  readonly otherwise: readonly Ruling[];
};

/** The answers for every step that has a fix, at a time in ms since the epoch; steps and hosts in the order of the plan. */
export function explain(plan: Pick<RunPlan, "policies" | "approve" | "hosts" | "steps">, now: number): Answer[] {
  return plan.steps.filter((step) => step.fix !== null).flatMap((step) => answersFor(plan, step, now));
}

type Plan = Pick<RunPlan, "policies" | "approve" | "hosts">;

function answersFor(plan: Plan, step: StepPlan, now: number): Answer[] {
  const groups = new Map<string, Answer & { readonly hosts: string[] }>();
  for (const host of plan.hosts) {
    const permission = permissionFor({ plan, host, step, now });
    const later = plan.policies.map((policy, at) => others(policy, host, step, permission.rules[at]?.rule ?? null));
    // The answer follows from the rules alone.
    const key = plan.policies
      .map(({ rules }, at) => [permission.rules[at], ...(later[at] ?? [])].map((ruling) => placeOf(rules, ruling)))
      .join(" ");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { step, hosts: [host], permission, otherwise: later.flat() });
    else group.hosts.push(host);
  }
  return [...groups.values()];
}

function placeOf(rules: readonly PlannedRule[], ruling: Ruling | undefined): number {
  return ruling === undefined || ruling.rule === null ? -1 : rules.indexOf(ruling.rule);
}

/** The rules of a policy that hold on a host at other hours than the one that holds now. */
function others(policy: PlannedPolicy, host: string, step: StepPlan, now: PlannedRule | null): Ruling[] {
  const speaking = policy.rules.filter((rule) => concerns(rule, host, step));
  const last = speaking.findIndex(always);
  const first = last === -1 ? speaking : speaking.slice(0, last + 1);
  const all: (PlannedRule | null)[] = last === -1 ? [...first, null] : first;
  return all.filter((rule) => rule !== now).map((rule) => ({ source: policy.source, rule }));
}
