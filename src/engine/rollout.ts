import { resolveShare, type Share } from "../model/measure.ts";
import { machineOf } from "./machine.ts";
import { turnOf } from "./once.ts";
import { committed, confirmed, fixable, fixing, followed, waiting } from "./outcome.ts";
import type { HostState, RunState } from "./state.ts";

/**
 * Whether a host's next fix may start: `go` (it has its place), `enter` a batch first (not before `from`, ms since the epoch), `wait`, or
 * never in this run.
 */
export type Gate =
  | { readonly kind: "go" }
  | { readonly kind: "enter"; readonly batch: number; readonly from: number }
  | { readonly kind: "wait"; readonly for: "survey" | "batch" | "pause" | "group" | "freeze" }
  | { readonly kind: "stop"; readonly reason: string };

/** Applies the rollout's rules to one host: stop requests, the budgets of failures and unknowns, then the batches. */
export function gate(state: RunState, host: HostState): Gate {
  const { maxFailures, maxUnknown, maxAffected } = state.plan.rollout;
  if (state.stop !== null) return { kind: "stop", reason: `stopped by ${state.stop.by}` };

  const counts = count(state);
  if (counts.failed >= maxFailures) {
    return {
      kind: "stop",
      reason: `no new fix after ${counts.failed} failed ${counts.failed === 1 ? "host" : "hosts"}`,
    };
  }
  const limit = resolveShare(maxUnknown, state.hosts.size);
  if (counts.unknown > limit) {
    return {
      kind: "stop",
      reason: `${counts.unknown} of ${state.hosts.size} hosts are unknown; at most ${limit} may be`,
    };
  }
  const most = maxAffected === null ? Infinity : resolveShare(maxAffected, state.hosts.size);
  if (counts.fixed.size === 0 && counts.sick > most) {
    return { kind: "stop", reason: `${counts.sick} hosts need a fix; with more than ${most}, none starts` };
  }
  if (state.frozen !== null) return { kind: "wait", for: "freeze" };
  if (state.paused !== null) return { kind: "wait", for: "pause" };
  const twin = twinAtWork(host, counts.fixed);
  if (twin !== null) return twin;
  if (groupIsFull(state, host, counts.busy)) return { kind: "wait", for: "group" };
  if (host.batch !== null) return { kind: "go" };
  // Even if every host that has not answered yet turns out unknown, the budget must hold: so a slow host delays only a fleet that cannot afford it.
  if (counts.unknown + counts.unsurveyed > limit) return { kind: "wait", for: "survey" };
  if (counts.fixed.size === 0 && counts.sick + counts.unsurveyed > most) return { kind: "wait", for: "survey" };
  return counts.place;
}

type Counts = {
  failed: number;
  unknown: number;
  unsurveyed: number;
  /** Hosts that need a fix, whether they get one in this run or not. */
  sick: number;
  place: Gate;
  /** Names of the hosts that are being fixed. */
  busy: ReadonlySet<string>;
  /** Hosts on which a fix has begun, by machine: each waiting host looks for its own. */
  fixed: ReadonlyMap<string | null, readonly HostState[]>;
};

/** Counts belong to one state and states never change, so every waiting host can share them. */
const counted = new WeakMap<RunState, Counts>();

function count(state: RunState): Counts {
  const known = counted.get(state);
  if (known !== undefined) return known;
  const hosts = [...state.hosts.values()];
  const counts: Counts = {
    failed: hosts.filter(failed).length,
    unknown: hosts.filter(unknown).length,
    unsurveyed: hosts.filter((host) => !unknown(host) && !surveyed(host)).length,
    sick: hosts.filter(sick).length,
    place: place(state, hosts),
    busy: new Set(hosts.flatMap(({ host, steps }) => (steps.some(fixing) ? [host] : []))),
    fixed: Map.groupBy(
      hosts.filter((host) => host.steps.some((step) => step.fixes.length > 0)),
      machineOf,
    ),
  };
  counted.set(state, counts);
  return counts;
}

/** Two fixes at once on one machine could each undo or repeat the other: the second name waits, or gets none where the first is in doubt. */
function twinAtWork(host: HostState, fixed: Counts["fixed"]): Gate | null {
  const machine = machineOf(host);
  const twins = machine === null ? [] : (fixed.get(machine) ?? []).filter((other) => other.host !== host.host);
  const doubtful = twins.find((twin) => twin.steps.some((step) => step.end?.outcome === "in-doubt"));
  if (doubtful !== undefined) {
    return { kind: "stop", reason: `it is the same machine as ${doubtful.host}, where a fix is in doubt` };
  }
  return twins.some((twin) => twin.steps.some(fixing)) ? { kind: "wait", for: "batch" } : null;
}

/** Whether as many other hosts of one of its groups are being fixed as may be. */
function groupIsFull({ plan }: RunState, { host }: HostState, busy: ReadonlySet<string>): boolean {
  if (busy.has(host)) return false;
  return Object.entries(plan.rollout.groups).some(([group, most]) => {
    const members = plan.groups[group] ?? [];
    return members.includes(host) && members.filter((member) => busy.has(member)).length >= most;
  });
}

/**
 * Fixes fill batch after batch in the order of admission; a batch opens when every host of those before is settled.
 * A place that was given is kept, and no earlier batch is opened again. A part of the hosts that need a fix can be told only once every
 * host has been looked at or given up.
 */
function place(state: RunState, hosts: readonly HostState[]): Gate {
  const last = Math.max(1, ...hosts.map((host) => host.batch ?? 1));
  const earlier = hosts.filter((host) => host.batch !== null && host.batch < last);
  if (!earlier.every((host) => settled(state, host))) return { kind: "wait", for: "batch" };
  const members = hosts.filter((host) => host.batch === last);
  const answered = hosts.every((host) => unknown(host) || surveyed(host));
  const open = (batch: number): Gate => {
    const share = shareOf(state, batch);
    if (!answered && typeof share === "string" && share !== "100%") return { kind: "wait", for: "survey" };
    return { kind: "enter", batch, from: soaked(state, hosts, batch) };
  };
  const here = open(last);
  if (here.kind === "wait" || members.length < sizeOf(state, last, hosts.filter(affected).length)) return here;
  return members.every((host) => settled(state, host)) ? open(last + 1) : { kind: "wait", for: "batch" };
}

/** When a batch may open: once those before it have ended, and been watched for as long as the runbook says. In ms since the epoch. */
function soaked(state: RunState, hosts: readonly HostState[], batch: number): number {
  const { soak } = state.plan.rollout;
  const ends = hosts
    .filter((host) => host.batch !== null && host.batch < batch)
    .flatMap((host) => host.steps.flatMap((step) => step.end?.at ?? step.fixes.at(-1)?.followed?.since ?? []));
  return soak === 0 || ends.length === 0 ? 0 : Math.max(...ends) + soak * 1000;
}

/**
 * How many more hosts may be approved so that all of them begin at once: the places of the batch that is open, less those that are taken
 * or promised. 0 while nothing may begin.
 */
export function openPlaces(state: RunState): number {
  const hosts = [...state.hosts.values()];
  const counts = count(state);
  if (counts.place.kind !== "enter" || state.stop !== null || state.paused !== null || state.frozen !== null) return 0;
  const { batch } = counts.place;
  const taken = hosts.filter((host) => host.batch === batch || (host.batch === null && host.steps.some(committed)));
  return Math.max(0, sizeOf(state, batch, hosts.filter(affected).length) - taken.length);
}

function sizeOf(state: RunState, batch: number, affected: number): number {
  return Math.max(1, resolveShare(shareOf(state, batch), affected));
}

/** The last size holds for every batch that follows. */
function shareOf(state: RunState, batch: number): Share {
  const { batches } = state.plan.rollout;
  return batches[Math.min(batch, batches.length) - 1] ?? "100%";
}

/**
 * A host is settled when nothing more will happen on it, or only a person holds it up, or another node of its cluster, or a fix whose time is up: a fix
 * that is approved is as good as begun.
 */
function settled(state: RunState, host: HostState): boolean {
  if (givenUp(host)) return true;
  if (host.steps.some((step) => committed(step) && !followed(step))) return false;
  if (host.steps.some(followed)) return true;
  if (host.steps.every((step) => step.end !== null) || host.steps.some(waiting)) return true;
  return host.steps.some((step) => confirmed(step) && turnOf(state, host, step).kind === "wait");
}

const BAD_FIX = new Set(["failed", "timed-out", "lost", "refused"]);
const BAD_TIMER: ReadonlySet<string | undefined> = new Set(["fired", "lost"]);

/** A fix on it failed, was rolled back, or is in doubt; counted from the moment it is known, not from the step's end. */
export function failed(host: HostState): boolean {
  return host.steps.some((step) => {
    if (step.end !== null) return ["failed", "rolled-back", "in-doubt"].includes(step.end.outcome);
    return (
      step.fixes.some((fix) => BAD_FIX.has(fix.end) || BAD_TIMER.has(fix.timer?.end)) ||
      (step.fixes.length > 0 && step.verdict?.ok === false)
    );
  });
}

/** Nothing is known of it, or not of all of its steps. */
export function unknown(host: HostState): boolean {
  if (host.unreachable !== null || host.undetermined !== null) return true;
  return host.steps.some((step) => step.end?.outcome === "unknown");
}

/** Every step has had its first look, or will get none. */
export function surveyed(host: HostState): boolean {
  if (givenUp(host)) return true;
  return host.steps.every((step) => step.end !== null || step.fixes.length > 0 || looked(step));
}

/** Nothing more happens on it in this run, whatever its steps say. It may have been admitted before: after a reboot its facts are read again. */
function givenUp(host: HostState): boolean {
  return host.unreachable !== null || host.undetermined !== null || host.notConcerned !== null;
}

function looked(step: HostState["steps"][number]): boolean {
  return step.findings !== null && (step.findings.length === 0 || confirmed(step));
}

/** Something was found on it that has a fix, and is still there as far as is known. */
function sick(host: HostState): boolean {
  return host.steps.some((step) => fixable(step) && confirmed(step));
}

/** The host needs a fix and may get it, or has had one. */
function affected(host: HostState): boolean {
  return host.batch !== null || host.steps.some((step) => step.end === null && fixable(step) && confirmed(step));
}
