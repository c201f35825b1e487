import { resolveShare, type Share } from "../model/measure.ts";
import type { PlannedPolicy, PlannedRule } from "../model/policy.ts";
import type { Schedule } from "../model/schedule.ts";
import type { Restraints, Scheduled } from "../model/scheduled.ts";
import { counted } from "../view/words.ts";
import { localTime } from "./clock.ts";
import { blackoutWords, windowWords } from "./hours.ts";

/** A fire as it begins: the moment it is known by, why it is not more than it is, when it was begun, on how many hosts. */
export type Beginning = {
  readonly fire: number;
  readonly why: readonly string[];
  readonly byHand?: true;
  readonly begun: number;
  readonly hosts: number;
};

/** What a schedule says of the run of one fire, for its plan. */
export function scheduledFor(
  schedule: Schedule,
  { fire, why, byHand, begun, hosts }: Beginning,
): Scheduled & { readonly restraints: Restraints } {
  const { name, where, timezone: zone, windows, blackouts, deadline, maxHostsPerDay, stopAfter } = schedule;
  return {
    name,
    fire,
    ...(byHand === undefined ? {} : { byHand }),
    why: [...why],
    restraints: {
      where,
      zone,
      windows: windows.map((hours) => ({ ...hours, zone })),
      blackouts: [...blackouts],
      until: deadline === null ? null : begun + deadline * 1000,
      maxHosts: resolveShare(maxHostsPerDay, hosts),
      stopAfter,
    },
  };
}

/** A host that runs of a schedule have fixed, and when (ms since the epoch). */
export type FixedHost = { readonly host: string; readonly run: string; readonly at: number };

/** A run under a schedule, at a moment in ms since the epoch; `fixed` is what all runs of the schedule fixed of late. */
export type Restrained = {
  readonly name: string;
  readonly run: string;
  readonly hosts: readonly string[];
  readonly now: number;
  readonly fixed: readonly FixedHost[];
};

/**
 * What a schedule restrains in a run, as one more policy: days and hours without fixes, the deadline, and what is left of the hosts of
 * this day. How much is fixed without asking is for the plan's own level.
 */
export function restraintOf(restraints: Restraints, subject: Restrained): PlannedPolicy {
  const { zone, windows, blackouts, until } = restraints;
  const rule = ruleOf(restraints, subject);
  const hours = { when: windows.length === 0 ? null : [...windows] };
  const denials = [
    ...blackouts.map((blackout) => ({
      ...rule,
      approve: "deny" as const,
      days: { from: blackout.from, to: blackout.to, zone },
      reason: `blackout ${blackoutWords(blackout)}`,
    })),
    ...(until === null ? [] : [{ ...rule, approve: "deny" as const, since: until, reason: "its deadline is over" }]),
  ];
  const outside = { ...rule, approve: "deny" as const, reason: `outside its hours ${windowWords(windows)}` };
  return {
    source: sourceOf(subject),
    signers: null,
    rules: [
      ...denials,
      ...ofToday(restraints, subject).map((each) => ({ ...each, ...hours })),
      ...(windows.length === 0 ? [] : [outside]),
    ],
  };
}

/** How the policy that a schedule makes is called among the others. */
export function sourceOf({ name }: Pick<Scheduled, "name">): string {
  return `schedule ${name}`;
}

/** Hosts that others of its runs have fixed today may be fixed again; of the rest as many as are left of the day's number. */
function ofToday(restraints: Restraints, subject: Restrained): PlannedRule[] {
  const { zone, maxHosts } = restraints;
  const { run, hosts, now, fixed } = subject;
  const { date } = localTime(now, zone);
  const today = fixed.filter(({ at }) => localTime(at, zone).date === date);
  const others = new Set(today.filter((one) => one.run !== run).map(({ host }) => host));
  const own = new Set(today.filter((one) => one.run === run).map(({ host }) => host));
  // What this run fixed on another day keeps its place in it, and takes none of today.
  const before = new Set(fixed.filter((one) => one.run === run && !own.has(one.host)).map(({ host }) => host));
  const left = Math.max(0, maxHosts - others.size) + before.size;
  const told = others.size === 0 ? "" : `, and ${hostWords(others.size)} fixed today`;
  const rest = {
    ...ruleOf(restraints, subject),
    // Those that may be fixed again take no place of the others.
    hosts: others.size === 0 ? null : hosts.filter((host) => !others.has(host)),
    reason: `max_hosts_per_day is ${maxHosts}${told}`,
  };
  return [
    ...(others.size === 0 ? [] : [{ ...ruleOf(restraints, subject), hosts: [...others] }]),
    left > 0 ? { ...rest, maxHosts: left } : { ...rest, approve: "deny" },
  ];
}

/** `10 hosts`, `5% of the hosts`. */
export function shareWords(share: Share): string {
  return typeof share === "number" ? counted(share, "host") : `${share} of the hosts`;
}

function hostWords(number: number): string {
  return `${counted(number, "host")} ${number === 1 ? "was" : "were"}`;
}

/** A rule that lets every fix through. */
function ruleOf({ where }: Restraints, { name }: Restrained): PlannedRule {
  return {
    name: `schedule ${name}`,
    where,
    steps: null,
    risks: null,
    on: null,
    hosts: null,
    when: null,
    approve: "auto",
    approvers: 1,
    notRequester: false,
    signed: false,
    expires: null,
    maxHosts: null,
    reason: null,
  };
}
