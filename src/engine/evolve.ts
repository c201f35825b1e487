import type { Entry, Event } from "../model/event.ts";
import { isSameMachine } from "./machine.ts";
import { begin, type FixState, type HostState, type RunState, type StepState } from "./state.ts";
import { exitReason } from "./words.ts";

type HostEvent = Extract<Event, { host: string }>;
type StepEvent = Extract<Event, { host: string; step: string }>;
/** When an event was recorded, and its number: what comes before what is told by the number, since a millisecond is long. */
type Moment = Pick<Entry, "at" | "seq">;

/** The next state. The first entry of a run must be `run-started`; an entry out of order is a bug and throws. */
export function evolve(state: RunState | null, entry: Entry): RunState {
  const { event } = entry;
  if (event.type === "run-started") return begin(entry, event);
  if (state === null) throw new Error(`a run begins with run-started, not with ${event.type}`);
  if (entry.seq !== state.seq + 1) throw new Error(`entry ${entry.seq} follows ${state.seq}`);
  const next = { ...state, at: entry.at, seq: entry.seq };
  if (event.type === "stop-requested") return { ...next, stop: { by: event.by } };
  if (event.type === "run-ended") return { ...next, ended: { exit: event.exit, outcome: event.outcome, at: entry.at } };
  const changed = withHost(next, event, entry);
  return CHANGES_MACHINE.has(event.type) ? withTwins(changed, event.host) : changed;
}

/** What may leave a machine other than it was seen before. */
const CHANGES_MACHINE: ReadonlySet<Event["type"]> = new Set([
  "fix-started",
  "fix-finished",
  "fix-lost",
  "rollback-started",
  "rollback-finished",
  "rollback-lost",
]);

/** Two names may be one machine: what changes it changes it for both. */
function withTwins(state: RunState, name: string): RunState {
  const hosts = new Map(state.hosts);
  const changed = state.hosts.get(name);
  for (const [other, host] of state.hosts) {
    if (other === name || (changed !== undefined && isSameMachine(host, changed))) {
      hosts.set(other, { ...host, changedSeq: state.seq });
    }
  }
  return { ...state, hosts };
}

/** The state after many entries; null for none. */
export function fold(entries: Iterable<Entry>): RunState | null {
  let state: RunState | null = null;
  for (const entry of entries) state = evolve(state, entry);
  return state;
}

function withHost(state: RunState, event: HostEvent, when: Moment): RunState {
  const before = state.hosts.get(event.host);
  if (before === undefined) throw new Error(`${event.type}: no host ${event.host} in this run`);
  const hosts = new Map(state.hosts);
  const started = before.startedAt === null ? { ...before, startedAt: when.at } : before;
  hosts.set(event.host, onHost(started, event, when));
  return { ...state, hosts };
}

function onHost(host: HostState, event: HostEvent, when: Moment): HostState {
  switch (event.type) {
    case "reached":
      return reachedAgain(host, { machineId: event.machineId, bootId: event.bootId }, when);
    case "unreachable":
      return { ...host, unreachable: event.fault };
    case "facts-read":
      return { ...host, facts: event.facts };
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
        ? { ...host, undetermined: event.reason }
        : withStep(host, event.step, (step) => ended(step, "unknown", event.reason, when));
    case "fix-started":
    case "rollback-started":
    case "detected":
    case "previewed":
    case "asked":
    case "approved":
    case "denied":
    case "approval-voided":
    case "deferred":
    case "fix-finished":
    case "fix-lost":
    case "fix-refused":
    case "verified":
    case "verify-failed":
    case "rollback-finished":
    case "rollback-refused":
    case "rollback-lost":
    case "step-ended":
      return withStep(host, event.step, (step) => onStep(step, event, when));
  }
}

/** Another boot than at the login before: what was seen before it proves nothing. */
function reachedAgain(host: HostState, identity: NonNullable<HostState["identity"]>, when: Moment): HostState {
  const rebooted = host.identity !== null && host.identity.bootId !== identity.bootId;
  return { ...host, identity, changedSeq: rebooted ? when.seq : host.changedSeq };
}

function withStep(host: HostState, id: string, change: (step: StepState) => StepState): HostState {
  return { ...host, steps: host.steps.map((step) => (step.plan.id === id ? change(step) : step)) };
}

type StepOnly = Exclude<StepEvent, { type: "concerned" | "not-concerned" | "undetermined" }>;

function onStep(step: StepState, event: StepOnly, when: Moment): StepState {
  switch (event.type) {
    case "detected":
      return looked(step, event.findings, when);
    case "previewed":
      return { ...step, preview: { output: event.output, failed: event.failed } };
    case "asked":
      return { ...step, asked: { digest: event.digest, at: when.at } };
    case "approved":
      return { ...step, approval: { digest: event.digest, by: event.by, seq: when.seq }, target: step.findings ?? [] };
    case "denied":
      return { ...step, denial: { by: event.by, reason: event.reason } };
    case "approval-voided":
      return { ...step, approval: null, asked: null, preview: null, voids: step.voids + 1 };
    case "deferred":
      return { ...step, deferred: event.reason };
    case "fix-started":
      return { ...step, fixes: [...step.fixes, begun(event.key, when)] };
    case "fix-finished":
      return fixEnded(step, event.key, event.exit === 0 ? "done" : event.exit === null ? "timed-out" : "failed", {
        reason: exitReason("the fix", event.exit, event.stderr, event.ms),
      });
    case "fix-lost":
      return fixEnded(step, event.key, "lost", event);
    case "fix-refused":
      return fixEnded(step, event.key, "refused", event);
    case "verified":
      return { ...step, verdict: { ok: true, reason: "" }, rounds: step.rounds + 1 };
    case "verify-failed":
      return { ...step, verdict: { ok: false, reason: event.reason } };
    case "rollback-started":
      return { ...step, rollback: { end: "running", reason: "" } };
    case "rollback-finished": {
      const reason = exitReason("the rollback", event.exit, event.stderr, event.ms);
      return { ...step, rollback: { end: event.exit === 0 ? "done" : "failed", reason } };
    }
    case "rollback-refused":
      return { ...step, rollback: { end: "failed", reason: event.reason } };
    case "rollback-lost":
      return { ...step, rollback: { end: "lost", reason: event.reason } };
    case "step-ended":
      return ended(step, event.outcome, event.reason, when);
  }
}

/**
 * A look counts toward confirmation only for what every look in a row saw. What a later look adds, or puts in the place of all that
 * was there, begins a new count. After a verified fix, what is found is a new round.
 */
function looked(step: StepState, findings: StepState["findings"] & object, when: Moment): StepState {
  const base = step.verdict?.ok === true ? newRound(step) : step;
  const confirming = base.looks > 0 && base.looks < base.plan.confirm.times;
  const before = new Set((base.findings ?? []).map((finding) => finding.key));
  const stayed = findings.filter((finding) => before.has(finding.key));
  const replaced = confirming && stayed.length === 0 && findings.length > 0;
  const kept = confirming && !replaced ? stayed : findings;
  const nothingNew = kept.length === stayed.length;
  const looks = kept.length === 0 ? 0 : nothingNew ? base.looks + 1 : 1;
  const preview = nothingNew && kept.length === before.size ? base.preview : null;
  return {
    ...base,
    findings: kept,
    preview,
    looks,
    restarts: base.restarts + (replaced ? 1 : 0),
    seenAt: when.at,
    seenSeq: when.seq,
  };
}

function newRound(step: StepState): StepState {
  return { ...step, preview: null, asked: null, approval: null, target: [], fixes: [], verdict: null, looks: 0 };
}

function begun(key: string | null, when: Moment): FixState {
  return { key, startedAt: when.at, startedSeq: when.seq, end: "running", reason: "" };
}

function fixEnded(step: StepState, key: string | null, end: FixState["end"], event: { reason: string }): StepState {
  const fixes = step.fixes.map((fix) =>
    fix.key === key && fix.end === "running" ? { ...fix, end, reason: event.reason } : fix,
  );
  return { ...step, fixes };
}

function ended(
  step: StepState,
  outcome: NonNullable<StepState["end"]>["outcome"],
  reason: string,
  when: Moment,
): StepState {
  return { ...step, end: { outcome, reason, at: when.at } };
}
