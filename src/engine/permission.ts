import { covers } from "../model/approval.ts";
import type { RunPlan, StepPlan } from "../model/plan.ts";
import type { Permit, PlannedPolicy, PlannedRule } from "../model/policy.ts";
import type { RunState, StepState } from "./state.ts";
import { onDays, within } from "./window.ts";

/** What the runbook, policies and command line together say of one step's fix on one host at one time. */
export type Permission = {
  readonly approve: Permit;
  /** Different people who must say yes; 1 or more. */
  readonly approvers: number;
  readonly notRequester: boolean;
  readonly signed: boolean;
  /** Seconds that an approval lasts. */
  readonly expires: number;
  /** The rules that hold, one a policy; none: no policy is in force. */
  readonly rules: readonly Ruling[];
  /** Files that name who may sign. A signature must be good by every one of them. */
  readonly signers: readonly string[];
};

/** What one policy says. `rule` null: none of its rules matches, so it asks. */
export type Ruling = { readonly source: string; readonly rule: PlannedRule | null };

/** Where permission is asked for: the fix of a step on a host, at a time in ms since the epoch. */
export type Matter = {
  readonly plan: Pick<RunPlan, "policies" | "approve">;
  readonly host: string;
  readonly step: StepPlan;
  readonly now: number;
};

const STRICTNESS: readonly Permit[] = ["auto", "ask", "deny"];

/** The strictest of the runbook, all policies and the command line. A policy whose rules all miss asks: silence is never a yes. */
export function permissionFor(matter: Matter): Permission {
  const { plan, step } = matter;
  const rules = plan.policies.map((policy): Ruling => ({ source: policy.source, rule: ruleOf(policy, matter) }));
  const held = rules.flatMap(({ rule }) => (rule === null ? [] : [rule]));
  const own = step.fix?.approvals ?? 1;
  const approvers = Math.max(own, ...held.map((rule) => rule.approvers));
  const notRequester = held.some((rule) => rule.notRequester);
  const signed = approvers > 1 || held.some((rule) => rule.signed);
  const says = new Set([...rules.map(({ rule }) => rule?.approve ?? "ask"), byCommandLine(matter)]);
  const strictest = STRICTNESS.findLast((permit) => says.has(permit)) ?? "ask";
  return {
    approve: strictest === "auto" && (approvers > 1 || notRequester || signed) ? "ask" : strictest,
    approvers,
    notRequester,
    signed,
    expires: Math.min(step.expires, ...held.flatMap((rule) => rule.expires ?? [])),
    rules,
    signers: plan.policies.flatMap((policy) => policy.signers ?? []),
  };
}

/** How many seconds a yes given now would count, and what ends it before the approval expires; null: nothing does. */
export function countsFor(matter: Matter, { approve, expires }: Permission): { seconds: number; until: string | null } {
  const after = (seconds: number): Permission => permissionFor({ ...matter, now: matter.now + seconds * 1000 });
  if (approve === "deny" || after(expires).approve !== "deny") return { seconds: expires, until: null };
  let [open, shut] = [0, expires];
  while (shut - open > 1) {
    const middle = Math.floor((open + shut) / 2);
    if (after(middle).approve === "deny") shut = middle;
    else open = middle;
  }
  return { seconds: shut, until: denialWords(after(shut)) };
}

/** What is for a person to do is never done by a command line. */
function byCommandLine({ plan, step }: Matter): Permit {
  const { fix } = step;
  return fix !== null && fix.kind !== "manual" && covers(plan.approve, fix.risk) ? "auto" : "ask";
}

/** The first rule of a policy that matches; null for none. */
export function ruleOf(policy: PlannedPolicy, matter: Matter): PlannedRule | null {
  return policy.rules.find((rule) => matches(rule, matter)) ?? null;
}

function matches(rule: PlannedRule, { host, step, now }: Matter): boolean {
  return concerns(rule, host, step) && holdsAt(rule, now);
}

function holdsAt({ when, days, since }: PlannedRule, now: number): boolean {
  if (since !== undefined && now < since) return false;
  if (days !== undefined && !onDays(days, now)) return false;
  return when === null || when.some((window) => within(window, now));
}

/** Whether a rule holds at whatever hour. */
export function always({ when, days, since }: PlannedRule): boolean {
  return when === null && days === undefined && since === undefined;
}

/** Whether a rule speaks of a step on a host, at whatever hour. */
export function concerns(rule: PlannedRule, host: string, step: Pick<StepPlan, "id" | "on" | "fix">): boolean {
  return (
    among(rule.steps, step.id) &&
    (rule.risks === null || (step.fix !== null && rule.risks.includes(step.fix.risk))) &&
    (rule.hosts === null || setOf(rule.hosts).has(host)) &&
    (rule.on === null || rule.on === step.on)
  );
}

function among<T>(names: readonly T[] | null, name: T): boolean {
  return names === null || names.includes(name);
}

/** A rule may name a thousand hosts, and is asked about each of them at every event. */
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

function setOf(names: readonly string[]): ReadonlySet<string> {
  const known = sets.get(names) ?? new Set(names);
  sets.set(names, known);
  return known;
}

/** Why a host may not be fixed although nobody denies it: the hosts before it have used up a rule's number. Null: it may. */
export function overLimit(state: RunState, host: string, permission: Permission): string | null {
  for (const { rule } of permission.rules) {
    if (rule === null || rule.maxHosts === null) continue;
    const taken = placesUnder(state, rule);
    if ((taken.get(host) ?? taken.size) >= rule.maxHosts) {
      const why = rule.reason === null ? "" : `: ${rule.reason}`;
      return `policy: ${ruleWords(rule)} allows at most ${rule.maxHosts} ${rule.maxHosts === 1 ? "host" : "hosts"} in one run${why}`;
    }
  }
  return null;
}

/** Host → how many were before it, of those that have an approval, or a fix, under the rule. */
type Places = ReadonlyMap<string, number>;

/** Counted once a state, for however many hosts ask. */
const places = new WeakMap<RunState, Map<PlannedRule, Places>>();

function placesUnder(state: RunState, rule: PlannedRule): Places {
  const known = places.get(state) ?? new Map<PlannedRule, Places>();
  places.set(state, known);
  const taken = known.get(rule) ?? countPlaces(state, rule);
  known.set(rule, taken);
  return taken;
}

/**
 * Many may be approved at one moment, so those who come too late must be told from those who came first: whoever has begun is before
 * whoever is only approved, and these stand in the order of their approvals.
 */
function countPlaces(state: RunState, rule: PlannedRule): Places {
  const rules = state.plan.policies.find((policy) => policy.rules.includes(rule))?.rules ?? [rule];
  const claims = [...state.hosts.values()].flatMap(({ host, steps }) => {
    const since = steps.filter((step) => governs(rules, rule, host, step.plan)).flatMap(claimOf);
    return since.length === 0 ? [] : [{ host, since: Math.min(...since) }];
  });
  const order = claims.toSorted((a, b) => a.since - b.since);
  return new Map(order.map(({ host }, before) => [host, before]));
}

/** Since when, by the numbers of entries, a step uses up its host's place; none where it never came to a fix. */
function claimOf(step: StepState): number[] {
  if (step.fixes.length > 0 || step.rounds > 0) return [0];
  const idle = step.end !== null && step.plan.fix?.kind !== "manual";
  return step.approval === null || idle ? [] : [step.approval.seq];
}

/** Whatever the hour: a fix counts under a rule that speaks of its host and step, unless one before it always speaks first. */
function governs(rules: readonly PlannedRule[], rule: PlannedRule, host: string, step: StepPlan): boolean {
  return rules.find((each) => concerns(each, host, step) && (always(each) || each === rule)) === rule;
}

/** Why a fix is denied, in the words of the rules that deny it. */
export function denialWords({ rules }: Permission): string {
  const denying = rules.flatMap(({ rule }) => (rule?.approve === "deny" ? [rule] : []));
  return denying
    .map((rule) => `policy: ${ruleWords(rule)} denies it${rule.reason === null ? "" : `: ${rule.reason}`}`)
    .join("; ");
}

/** A rule by its name and place. */
export function ruleWords(rule: PlannedRule): string {
  return `${rule.name} (${rule.where})`;
}
