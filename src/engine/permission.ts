import { covers } from "../model/approval.ts";
import type { RunPlan, StepPlan } from "../model/event.ts";
import type { Permit, PlannedPolicy, PlannedRule, TimeWindow } from "../model/policy.ts";
import type { RunState } from "./state.ts";

/** What policies and command line together say of one step's fix on one host at one time. */
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
export type Matter = { readonly plan: RunPlan; readonly host: string; readonly step: StepPlan; readonly now: number };

const STRICTNESS: readonly Permit[] = ["auto", "ask", "deny"];

/** The strictest of all policies and of the command line. A policy whose rules all miss asks: silence is never a yes. */
export function permissionFor(matter: Matter): Permission {
  const { plan, step } = matter;
  const rules = plan.policies.map((policy): Ruling => ({ source: policy.source, rule: ruleOf(policy, matter) }));
  const held = rules.flatMap(({ rule }) => (rule === null ? [] : [rule]));
  const approvers = Math.max(1, ...held.map((rule) => rule.approvers));
  const notRequester = held.some((rule) => rule.notRequester);
  const signed = held.some((rule) => rule.signed || rule.approvers > 1);
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

/** What is for a person to do is never done by a command line. */
function byCommandLine({ plan, step }: Matter): Permit {
  return step.fix?.kind === "run" && covers(plan.approve, step.fix.risk) ? "auto" : "ask";
}

/** The first rule of a policy that matches; null for none. */
export function ruleOf(policy: PlannedPolicy, matter: Matter): PlannedRule | null {
  return policy.rules.find((rule) => matches(rule, matter)) ?? null;
}

function matches(rule: PlannedRule, { host, step, now }: Matter): boolean {
  if (step.fix === null) return false;
  return (
    among(rule.steps, step.id) &&
    among(rule.risks, step.fix.risk) &&
    among(rule.hosts, host) &&
    (rule.on === null || rule.on === step.on) &&
    (rule.when === null || rule.when.some((window) => within(window, now)))
  );
}

function among<T>(names: readonly T[] | null, name: T): boolean {
  return names === null || names.includes(name);
}

const DAY = 1440;

/** Whether a moment lies in a window, by the clocks of its zone. */
export function within(window: TimeWindow, now: number): boolean {
  const { day, minute } = localTime(now, window.zone);
  const { days, from, to } = window;
  if (from < to) return days.includes(day) && minute >= from && minute < to;
  const yesterday = day === 1 ? 7 : day - 1;
  return (days.includes(day) && minute >= from) || (days.includes(yesterday) && minute < to % DAY);
}

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

function localTime(now: number, zone: string): { readonly day: number; readonly minute: number } {
  const parts = new Map(
    clockOf(zone)
      .formatToParts(now)
      .map(({ type, value }) => [type, value]),
  );
  const minute = Number(parts.get("hour")) * 60 + Number(parts.get("minute"));
  return { day: WEEKDAYS.indexOf(parts.get("weekday") ?? "") + 1, minute };
}

/** Making one costs a hundred times what using it costs. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  const options = { timeZone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const made = new Intl.DateTimeFormat("en-US", options);
  clocks.set(timeZone, made);
  return made;
}

/** Why a host may not be fixed although nobody denies it: a rule's number of hosts is used up. Null: it may. */
export function overLimit(state: RunState, host: string, permission: Permission): string | null {
  for (const { source, rule } of permission.rules) {
    if (rule === null || rule.maxHosts === null) continue;
    const others = usedUnder(state, source, rule).filter((name) => name !== host);
    if (others.length >= rule.maxHosts) {
      return `policy: ${ruleWords(rule)} allows at most ${rule.maxHosts} ${rule.maxHosts === 1 ? "host" : "hosts"} in one run`;
    }
  }
  return null;
}

/** Hosts that have an approval, or a fix, of a step under the rule. Counted once a state, for however many hosts ask. */
const used = new WeakMap<RunState, Map<string, readonly string[]>>();

function usedUnder(state: RunState, source: string, rule: PlannedRule): readonly string[] {
  const known = used.get(state) ?? new Map<string, readonly string[]>();
  used.set(state, known);
  const id = `${source}\n${rule.where}`;
  const names =
    known.get(id) ??
    [...state.hosts.values()].flatMap(({ host, steps }) => {
      const taken = steps.some(
        (step) =>
          (step.fixes.length > 0 || step.rounds > 0 || step.approval !== null) && governs(rule, host, step.plan),
      );
      return taken ? [host] : [];
    });
  known.set(id, names);
  return names;
}

/** Whatever the hour: a fix counts under the rule that speaks of its host and step. */
function governs(rule: PlannedRule, host: string, step: StepPlan): boolean {
  return among(rule.hosts, host) && among(rule.steps, step.id) && step.fix !== null && among(rule.risks, step.fix.risk);
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
