import { machineOf } from "../engine/machine.ts";
import { fixing } from "../engine/outcome.ts";
import { surveyed, unknown } from "../engine/rollout.ts";
import type { HostState, RunState, StepState } from "../engine/state.ts";

/** A host on which a fix did not go well, or was denied, and why. */
export type Unlucky = { readonly host: string; readonly at: number; readonly reason: string };

/** How one step's fix fared in this run so far, by host. */
export type Fared = {
  /** Hosts on which it began. */
  readonly had: string[];
  readonly fixed: string[];
  readonly failed: Unlucky[];
  readonly rolledBack: Unlucky[];
  readonly inDoubt: Unlucky[];
  readonly denied: (Unlucky & { readonly by: string })[];
};

/** What a card says of the rest of the run. */
export type Fleet = {
  /** Hosts that were looked at, or of which it is known that they cannot be. */
  readonly answered: number;
  readonly unknown: number;
  /** Hosts on which a fix is at work now, whichever. */
  readonly fixing: readonly string[];
  /** Step → how its fix fared; of steps that were fixed or denied somewhere. */
  readonly steps: ReadonlyMap<string, Fared>;
  /** The names that a machine has in this run. */
  readonly namesOf: (machine: string) => readonly string[];
};

/** Counted once a state, for however many cards are drawn of it. */
export function fleetOf(state: RunState): Fleet {
  const known = fleets.get(state);
  if (known !== undefined) return known;
  const parts = [...state.hosts.values()].map(partOf);
  const steps = new Map<string, Fared>();
  for (const { host, fared } of parts) {
    for (const step of fared) {
      const of = steps.get(step.plan.id) ?? { had: [], fixed: [], failed: [], rolledBack: [], inDoubt: [], denied: [] };
      put(of, host, step);
      steps.set(step.plan.id, of);
    }
  }
  const fleet: Fleet = {
    answered: parts.filter(({ answered }) => answered).length,
    unknown: parts.filter((part) => part.unknown).length,
    fixing: names(parts.filter((part) => part.fixing)),
    steps,
    namesOf: (wanted) => names(parts.filter(({ machine }) => machine === wanted)),
  };
  fleets.set(state, fleet);
  return fleet;
}

const fleets = new WeakMap<RunState, Fleet>();

function names(parts: readonly Part[]): string[] {
  return parts.map(({ host }) => host);
}

/** What one host adds to it: worked out once for each change of the host, since a log draws a card after nearly every event of a run. */
type Part = {
  readonly host: string;
  readonly answered: boolean;
  readonly unknown: boolean;
  readonly fixing: boolean;
  readonly machine: string | null;
  readonly fared: readonly StepState[];
};

function partOf(host: HostState): Part {
  const known = counted.get(host);
  if (known !== undefined) return known;
  const part: Part = {
    host: host.host,
    answered: unknown(host) || surveyed(host),
    unknown: unknown(host),
    fixing: host.steps.some(fixing),
    machine: machineOf(host),
    fared: host.steps.filter(({ denial, fixes, rounds }) => denial !== null || fixes.length > 0 || rounds > 0),
  };
  counted.set(host, part);
  return part;
}

const counted = new WeakMap<HostState, Part>();

function put(fared: Fared, host: string, step: StepState): void {
  if (step.denial !== null) fared.denied.push({ ...step.denial, host, at: step.end?.at ?? step.seenAt });
  if (step.fixes.length === 0 && step.rounds === 0) return;
  fared.had.push(host);
  const bad = { host, at: step.end?.at ?? step.fixes.at(-1)?.startedAt ?? 0 };
  switch (step.end?.outcome) {
    case "failed":
      fared.failed.push({ ...bad, reason: step.end.reason });
      return;
    case "rolled-back":
      fared.rolledBack.push({ ...bad, reason: step.end.reason });
      return;
    case "in-doubt":
      fared.inDoubt.push({ ...bad, reason: step.end.reason });
      return;
    case "fixed":
      fared.fixed.push(host);
      return;
    case undefined: {
      const reason = failing(step);
      if (reason !== null) fared.failed.push({ ...bad, reason });
      else if (step.rounds > 0) fared.fixed.push(host);
      return;
    }
    case "waiting":
    case "found":
    case "unknown":
    case "clear":
    case "skipped":
      if (step.rounds > 0) fared.fixed.push(host);
  }
}

/** Why a step that has not ended will not end well; null: it may. */
function failing(step: StepState): string | null {
  const bad = step.fixes.find(({ end }) => end !== "running" && end !== "done");
  if (bad !== undefined) return bad.reason;
  return step.fixes.length > 0 && step.verdict?.ok === false ? step.verdict.reason : null;
}
