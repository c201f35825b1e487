import type { Waiver } from "../model/approval.ts";
import type { Entry, Event, EventOf } from "../model/event.ts";
import type { Finding } from "../model/finding.ts";
import { accept } from "./accept.ts";
import { isSameMachine } from "./machine.ts";
import { adrift, armed, unfinished } from "./outcome.ts";
import { ended, looked, newRound, onStep, seenOf, setAdrift, sift, type Moment } from "./evolve-step.ts";
import { isFor } from "./waiver.ts";
import { begin, type HostState, type RunState, type StepState } from "./state.ts";

type HostEvent = Extract<Event, { host: string }>;

/** The next state. The first entry of a run must be `run-started`; an entry out of order is a bug and throws. */
export function evolve(state: RunState | null, entry: Entry): RunState {
  return advance(state, entry, (hosts) => new Map(hosts));
}

/** Gives a map of hosts that may be changed. */
type Own = (hosts: RunState["hosts"]) => Map<string, HostState>;

function advance(state: RunState | null, entry: Entry, own: Own): RunState {
  const { event } = entry;
  if (event.type === "run-started") return begin(entry, event);
  if (state === null) throw new Error(`a run begins with run-started, not with ${event.type}`);
  if (entry.seq !== state.seq + 1) throw new Error(`entry ${entry.seq} follows ${state.seq}`);
  const next = { ...state, at: entry.at, seq: entry.seq };
  if (!("host" in event)) return onRun(next, event);
  const grown = event.type === "waived" ? { ...next, waivers: [...next.waivers, ...waiversOf(event)] } : next;
  return withHost(grown, event, entry, own);
}

type RunEvent = Exclude<Event, HostEvent | { type: "run-started" }>;

function onRun(state: RunState, event: RunEvent): RunState {
  switch (event.type) {
    case "stop-requested":
      return stopped(state, event);
    case "paused":
      return { ...state, paused: { by: event.by } };
    case "continued":
      return { ...state, paused: null };
    case "frozen":
      return { ...state, frozen: { by: event.by, since: event.since, reason: event.reason } };
    case "unfrozen":
      return { ...state, frozen: null };
    case "run-resumed":
      return resumed(state, event);
    case "run-ended":
      return { ...state, ended: { exit: event.exit, outcome: event.outcome, at: state.at } };
  }
}

function stopped(state: RunState, { by, kill }: EventOf<"stop-requested">): RunState {
  return {
    ...state,
    stop: { by, kill: kill === true || state.stop?.kill === true },
    killedBy: kill === true ? by : state.killedBy,
  };
}

function waiversOf({ host, step, keys, until, by, reason }: EventOf<"waived">): Waiver[] {
  return keys.map((key) => ({ host, step, key, until, by, reason }));
}

/** Another process goes on: what was left open is open again, and what was stopped or paused is not; whether all is frozen is told anew. */
function resumed(state: RunState, event: EventOf<"run-resumed">): RunState {
  const { attended, writer, policies, accepted, waitLock = state.plan.waitLock, past = state.plan.past } = event;
  const hosts = [...state.hosts].map(([name, host]): [string, HostState] => {
    const left = host.steps.map(setAdrift).map((step) => (isOpen(step) ? reopened(step) : step));
    const steps = left.map((step) => ({ ...step, locked: null }));
    // What is begun or approved there is not given up for one login that failed.
    const again = unfinished(host) ? { unreachable: null, undetermined: null } : {};
    // Whoever had its lock may have changed it since the last look.
    const changedSeq = host.steps.some(({ locked }) => locked !== null) ? state.seq : host.changedSeq;
    return [name, { ...host, ...again, changedSeq, steps }];
  });
  const { writer: _, ...plan } = state.plan;
  const again = {
    ...state,
    plan: {
      ...plan,
      attended,
      waitLock,
      past,
      policies: policies ?? plan.policies,
      ...(writer === undefined ? {} : { writer }),
    },
    hosts: new Map(hosts),
    stop: null,
    paused: null,
    frozen: null,
    ended: null,
  };
  return accepted === undefined ? again : accept(again, accepted);
}

/** Left open by the process before, or taken over by another run, which may be done with it by now. */
function isOpen({ end, elsewhere, approval }: StepState): boolean {
  return end === null ? elsewhere !== null && approval === null : end.open;
}

/**
 * What is adrift is found first, and goes on from there. All else is looked at again from the start; the fixes that it had and what came of them
 * stay known. What a person approved and nothing was done with stays approved: it counts if the same is found, for as long as it holds.
 */
function reopened(step: StepState): StepState {
  if (adrift(step) !== null || armed(step)) return { ...step, end: null };
  const { asked, votes, approval, target } = step;
  const kept = approval?.auto === false && step.fixes.length === 0 ? { asked, votes, approval, target } : {};
  return { ...newRound(step), ...kept, findings: null, early: [], elsewhere: null, deferred: null, end: null };
}

/** What may leave a machine other than it was seen before. */
const CHANGES_MACHINE: ReadonlySet<Event["type"]> = new Set([
  "fix-started",
  "fix-finished",
  "fix-lost",
  "rebooted",
  "reboot-failed",
  "rollback-started",
  "rollback-finished",
  "rollback-lost",
  // Whoever has the lock is there to change it.
  "locked-out",
  "lock-taken",
]);

/** The state after many entries; null for none. */
export function fold(entries: Iterable<Entry>): RunState | null {
  return replay(entries, () => undefined);
}

/** Folds entries, and tells of each with the state after it; that state's map of hosts goes on changing, and is for that moment alone. */
export function replay(entries: Iterable<Entry>, tell: (entry: Entry, state: RunState) => void): RunState | null {
  let state: RunState | null = null;
  let last: Map<string, HostState> | null = null;
  // A copy for each entry would make the time grow with the square of the hosts.
  const own: Own = (hosts) => (last = hosts === last ? last : new Map(hosts));
  for (const entry of entries) {
    state = advance(state, entry, own);
    tell(entry, state);
  }
  return state;
}

function withHost(state: RunState, event: HostEvent, when: Moment, own: Own): RunState {
  const before = state.hosts.get(event.host);
  if (before === undefined) throw new Error(`${event.type}: no host ${event.host} in this run`);
  const hosts = own(state.hosts);
  const started = before.startedAt === null ? { ...before, startedAt: when.at } : before;
  const changed = onHost(started, event, { ...when, waivers: state.waivers });
  hosts.set(event.host, changed);
  if (changed.identity !== before.identity) noteBoot(hosts, before, changed, when.seq);
  if (CHANGES_MACHINE.has(event.type)) noteChange(hosts, changed, when.seq);
  return { ...state, hosts };
}

/** Two names may be one machine: what changes it changes it for both. */
function noteChange(hosts: Map<string, HostState>, changed: HostState, changedSeq: number): void {
  for (const [name, host] of hosts) {
    if (name === changed.host || isSameMachine(host, changed)) hosts.set(name, { ...host, changedSeq });
  }
}

/** Two names may be one machine: a boot that one of them has seen is one for both. */
function noteBoot(hosts: Map<string, HostState>, before: HostState, { identity }: HostState, changedSeq: number): void {
  if (identity === null || before.identity === null || identity.machineId !== before.identity.machineId) return;
  for (const [name, host] of hosts) {
    if (name !== before.host && isSameMachine(host, before)) hosts.set(name, booted(host, identity, changedSeq));
  }
}

/** A moment, and the waivers that hold in the run. */
type Ground = Moment & { readonly waivers: readonly Waiver[] };

function onHost(host: HostState, event: HostEvent, when: Ground): HostState {
  switch (event.type) {
    case "reached":
      return { ...ofMachine(reachedAgain(host, event, when)), old: event.old ?? [] };
    case "unreachable":
      return { ...host, unreachable: event.fault };
    case "facts-read":
      return { ...host, facts: event.facts, factsStale: false };
    case "admitted":
      return { ...host, batch: event.batch };
    case "concerned":
      return event.step === null
        ? { ...host, concerned: true }
        : withStep(host, event.step, (step) => ({ ...step, concerned: true }));
    case "not-concerned":
      return event.step === null
        ? { ...host, concerned: false, notConcerned: event.reason }
        : withStep(host, event.step, (step) => ended({ ...step, concerned: false }, "skipped", event.reason, when));
    case "undetermined":
      return event.step === null
        ? { ...host, undetermined: { reason: event.reason, ailment: event.ailment ?? null } }
        : withStep(host, event.step, (step) =>
            ended(step, "unknown", event.reason, when, { ailment: event.ailment ?? null }),
          );
    case "host-skipped":
      return { ...host, skipped: { by: event.by, reason: event.reason } };
    case "detected":
      // What changed the machine while it was looked at came after what was seen.
      return withStep(host, event.step, (step) =>
        looked(step, event, aside(host, event.step, event.findings, when), { ...when, seq: event.after ?? when.seq }),
      );
    case "rebooted":
      return rebooted(host, event, when);
    case "waived":
      return withStep(host, event.step, (step) => sift(step, aside(host, event.step, seenOf(step), when)));
    case "asked-elsewhere":
    case "endorsed":
    case "fix-started":
    case "rollback-started":
    case "previewed":
    case "asked":
    case "approved":
    case "denied":
    case "approval-voided":
    case "deferred":
    case "locked-out":
    case "lock-taken":
    case "fix-finished":
    case "fix-lost":
    case "fix-refused":
    case "reboot-failed":
    case "verified":
    case "verify-failed":
    case "disarmed":
    case "timer-lost":
    case "rollback-finished":
    case "rollback-refused":
    case "rollback-lost":
    case "step-ended":
      return withStep(host, event.step, (step) =>
        onStep(step, event, { ...when, bootId: host.identity?.bootId ?? null }),
      );
  }
}

type Identity = NonNullable<HostState["identity"]>;

/** Another boot than at the login before is told from the same one. */
function reachedAgain(host: HostState, { machineId, bootId }: Identity, when: Moment): HostState {
  const identity = { machineId, bootId };
  if (host.identity === null) return { ...host, identity };
  return host.identity.bootId === identity.bootId ? { ...host, identity } : booted(host, identity, when.seq);
}

/** What was seen on another machine that had the host's name then says nothing of this one. */
function ofMachine(host: HostState): HostState {
  const machine = host.identity?.machineId ?? null;
  const steps = host.steps.map((step) =>
    step.earlier.some((look) => look.machine !== machine)
      ? {
          ...step,
          earlier: step.earlier.slice(
            0,
            step.earlier.findIndex((look) => look.machine !== machine),
          ),
        }
      : step,
  );
  return { ...host, steps };
}

/** A host with another boot: what was seen before it proves nothing. */
function booted(host: HostState, identity: Identity, changedSeq: number): HostState {
  const known = host.facts !== null && Object.keys(host.facts).length > 0;
  return { ...host, identity, changedSeq, factsStale: known };
}

/** A reboot is told after the login that proves it; each tells of the boot. */
function rebooted(host: HostState, event: EventOf<"rebooted">, when: Ground): HostState {
  const identity = { machineId: host.identity?.machineId ?? null, bootId: event.bootId };
  return withStep(reachedAgain(host, identity, when), event.step, (step) => onStep(step, event, when));
}

function withStep(host: HostState, id: string, change: (step: StepState) => StepState): HostState {
  return { ...host, steps: host.steps.map((step) => (step.plan.id === id ? change(step) : step)) };
}

/** The keys of a step's findings on a host that are waived at a moment. */
function aside(
  host: HostState,
  step: string,
  findings: readonly Finding[],
  { at, waivers }: Ground,
): ReadonlySet<string> {
  const held = waivers.filter((waiver) => waiver.host === host.host && waiver.step === step && waiver.until > at);
  return new Set(findings.filter((finding) => held.some((waiver) => isFor(waiver, finding))).map(({ key }) => key));
}
