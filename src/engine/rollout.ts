import { resolveShare } from "../model/quantity.ts";
import { machineOf } from "./machine.ts";
import { committed, confirmed, fixable, fixing, waiting } from "./outcome.ts";
import type { HostState, RunState } from "./state.ts";

/** Whether a host's next fix may start: `go` (it has its place), `enter` a batch first, `wait`, or never in this run. */
export type Gate =
  | { readonly kind: "go" }
  | { readonly kind: "enter"; readonly batch: number }
  | { readonly kind: "wait"; readonly for: "survey" | "batch" | "pause" }
  | { readonly kind: "stop"; readonly reason: string };

/** Applies the rollout's rules to one host: stop requests, the budgets of failures and unknowns, then the batches. */
export function gate(state: RunState, host: HostState): Gate {
  const { maxFailures, maxUnknown } = state.plan.rollout;
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
  if (state.paused !== null) return { kind: "wait", for: "pause" };
  const twin = twinAtWork(host, counts.fixed);
  if (twin !== null) return twin;
  if (host.batch !== null) return { kind: "go" };
  // Even if every host that has not answered yet turns out unknown, the budget must hold: so a slow host delays only a fleet that cannot afford it.
  if (counts.unknown + counts.unsurveyed > limit) return { kind: "wait", for: "survey" };
  return counts.place;
}

type Counts = {
  failed: number;
  unknown: number;
  unsurveyed: number;
  place: Gate;
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
    place: place(state, hosts),
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

/**
 * Fixes fill batch after batch in the order of admission; a batch opens when every host of those before is settled.
 * A place that was given is kept: the share of a fleet may grow while hosts still answer, but no earlier batch is opened again.
 */
function place(state: RunState, hosts: readonly HostState[]): Gate {
  const last = Math.max(1, ...hosts.map((host) => host.batch ?? 1));
  const earlier = hosts.filter((host) => host.batch !== null && host.batch < last);
  if (!earlier.every(settled)) return { kind: "wait", for: "batch" };
  const members = hosts.filter((host) => host.batch === last);
  if (members.length < sizeOf(state, last, hosts.filter(affected).length)) return { kind: "enter", batch: last };
  return members.every(settled) ? { kind: "enter", batch: last + 1 } : { kind: "wait", for: "batch" };
}

/**
 * How many more hosts may be approved so that all of them begin at once: the places of the batch that is open, less those that are taken
 * or promised. 0 while nothing may begin.
 */
export function openPlaces(state: RunState): number {
  const hosts = [...state.hosts.values()];
  const counts = count(state);
  if (counts.place.kind !== "enter" || state.stop !== null || state.paused !== null) return 0;
  const { batch } = counts.place;
  const taken = hosts.filter((host) => host.batch === batch || (host.batch === null && host.steps.some(committed)));
  return Math.max(0, sizeOf(state, batch, hosts.filter(affected).length) - taken.length);
}

/** The last size holds for every batch that follows. */
function sizeOf(state: RunState, batch: number, affected: number): number {
  const { batches } = state.plan.rollout;
  const share = batches[Math.min(batch, batches.length) - 1] ?? "100%";
  return Math.max(1, resolveShare(share, affected));
}

/** A host is settled when nothing more will happen on it, or only a person holds it up: a fix that is approved is as good as begun. */
function settled(host: HostState): boolean {
  if (host.steps.some(committed)) return false;
  return host.steps.every((step) => step.end !== null) || host.steps.some(waiting);
}

const BAD_FIX = new Set(["failed", "timed-out", "lost", "refused"]);

/** A fix on it failed, was rolled back, or is in doubt; counted from the moment it is known, not from the step's end. */
export function failed(host: HostState): boolean {
  return host.steps.some((step) => {
    if (step.end !== null) return ["failed", "rolled-back", "in-doubt"].includes(step.end.outcome);
    return step.fixes.some((fix) => BAD_FIX.has(fix.end)) || (step.fixes.length > 0 && step.verdict?.ok === false);
  });
}

/** Nothing is known of it, or not of all of its steps. */
export function unknown(host: HostState): boolean {
  if (host.unreachable !== null || host.undetermined !== null) return true;
  return host.steps.some((step) => step.end?.outcome === "unknown");
}

/** Every step has had its first look, or will get none. */
export function surveyed(host: HostState): boolean {
  if (host.unreachable !== null || host.undetermined !== null || host.notConcerned !== null) return true;
  return host.steps.every((step) => step.end !== null || step.fixes.length > 0 || looked(step));
}

function looked(step: HostState["steps"][number]): boolean {
  return step.findings !== null && (step.findings.length === 0 || confirmed(step));
}

/** The host needs a fix, or has had one. */
function affected(host: HostState): boolean {
  return host.batch !== null || host.steps.some((step) => step.end === null && fixable(step) && confirmed(step));
}
