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
  /** Machine → the names that it has in this run. */
  readonly machines: ReadonlyMap<string, readonly string[]>;
  readonly steps: ReadonlyMap<string, Fared>;
};

/** Counted once a state, for however many cards are drawn of it. */
export function fleetOf(state: RunState): Fleet {
  const known = fleets.get(state);
  if (known !== undefined) return known;
  const hosts = [...state.hosts.values()];
  const fleet: Fleet = {
    answered: hosts.filter((host) => unknown(host) || surveyed(host)).length,
    unknown: hosts.filter(unknown).length,
    fixing: hosts.filter((host) => host.steps.some(fixing)).map(({ host }) => host),
    machines: machinesOf(hosts),
    steps: new Map(state.plan.steps.map(({ id }) => [id, faredOf(hosts, id)])),
  };
  fleets.set(state, fleet);
  return fleet;
}

const fleets = new WeakMap<RunState, Fleet>();

function machinesOf(hosts: readonly HostState[]): ReadonlyMap<string, readonly string[]> {
  const machines = new Map<string, string[]>();
  for (const host of hosts) {
    const machine = machineOf(host);
    if (machine === null) continue;
    const names = machines.get(machine);
    if (names === undefined) machines.set(machine, [host.host]);
    else names.push(host.host);
  }
  return machines;
}

function faredOf(hosts: readonly HostState[], id: string): Fared {
  const fared: Fared = { had: [], fixed: [], failed: [], rolledBack: [], inDoubt: [], denied: [] };
  for (const { host, steps } of hosts) {
    const step = steps.find(({ plan }) => plan.id === id);
    if (step !== undefined) put(fared, host, step);
  }
  return fared;
}

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
