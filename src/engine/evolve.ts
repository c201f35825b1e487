import type { Entry, Event } from "../model/event.ts";
import { outputText, type Output } from "../model/output.ts";
import { begin, type FixState, type HostState, type RunState, type StepState } from "./state.ts";

type HostEvent = Extract<Event, { host: string }>;
type StepEvent = Extract<Event, { host: string; step: string }>;

/** The next state. The first entry of a run must be `run-started`; an entry out of order is a bug and throws. */
export function evolve(state: RunState | null, entry: Entry): RunState {
  const { event } = entry;
  if (event.type === "run-started") return begin(entry, event);
  if (state === null) throw new Error(`a run begins with run-started, not with ${event.type}`);
  if (entry.seq !== state.seq + 1) throw new Error(`entry ${entry.seq} follows ${state.seq}`);
  const next = { ...state, at: entry.at, seq: entry.seq };
  if (event.type === "stop-requested") return { ...next, stop: { by: event.by } };
  if (event.type === "run-ended") return { ...next, ended: { exit: event.exit, outcome: event.outcome, at: entry.at } };
  return withHost(next, event, entry.at);
}

/** The state after many entries; null for none. */
export function fold(entries: Iterable<Entry>): RunState | null {
  let state: RunState | null = null;
  for (const entry of entries) state = evolve(state, entry);
  return state;
}

function withHost(state: RunState, event: HostEvent, at: number): RunState {
  const before = state.hosts.get(event.host);
  if (before === undefined) throw new Error(`${event.type}: no host ${event.host} in this run`);
  const hosts = new Map(state.hosts);
  const started = before.startedAt === null ? { ...before, startedAt: at } : before;
  hosts.set(event.host, onHost(started, event, at));
  return { ...state, hosts };
}

function onHost(host: HostState, event: HostEvent, at: number): HostState {
  switch (event.type) {
    case "reached":
      return reachedAgain(host, { machineId: event.machineId, bootId: event.bootId }, at);
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
        : withStep(host, event.step, (step) => ended({ ...step, concerned: false }, "skipped", event.reason, at));
    case "undetermined":
      return event.step === null
        ? { ...host, undetermined: event.reason }
        : withStep(host, event.step, (step) => ended(step, "unknown", event.reason, at));
    case "fix-started":
    case "rollback-started":
      return { ...withStep(host, event.step, (step) => onStep(step, event, at)), changedAt: at };
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
      return withStep(host, event.step, (step) => onStep(step, event, at));
  }
}

/** Another boot than at the login before: what was seen before it proves nothing. */
function reachedAgain(host: HostState, identity: NonNullable<HostState["identity"]>, at: number): HostState {
  const rebooted = host.identity !== null && host.identity.bootId !== identity.bootId;
  return { ...host, identity, changedAt: rebooted ? at : host.changedAt };
}

function withStep(host: HostState, id: string, change: (step: StepState) => StepState): HostState {
  return { ...host, steps: host.steps.map((step) => (step.plan.id === id ? change(step) : step)) };
}

type StepOnly = Exclude<StepEvent, { type: "concerned" | "not-concerned" | "undetermined" }>;

function onStep(step: StepState, event: StepOnly, at: number): StepState {
  switch (event.type) {
    case "detected":
      return looked(step, event.findings, at);
    case "previewed":
      return { ...step, preview: { output: event.output, failed: event.failed } };
    case "asked":
      return { ...step, asked: { digest: event.digest, at } };
    case "approved":
      return { ...step, approval: { digest: event.digest, by: event.by, at }, target: step.findings ?? [] };
    case "denied":
      return { ...step, denial: { by: event.by, reason: event.reason } };
    case "approval-voided":
      return { ...step, approval: null, asked: null, preview: null, voids: step.voids + 1 };
    case "deferred":
      return { ...step, deferred: event.reason };
    case "fix-started":
      return { ...step, fixes: [...step.fixes, { key: event.key, startedAt: at, end: "running", reason: "" }] };
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
      return ended(step, event.outcome, event.reason, at);
  }
}

/**
 * A look counts toward confirmation only for what every look in a row saw. What a later look adds, or puts in the place of all that
 * was there, begins a new count. After a verified fix, what is found is a new round.
 */
function looked(step: StepState, findings: StepState["findings"] & object, at: number): StepState {
  const base = step.verdict?.ok === true ? newRound(step) : step;
  const confirming = base.looks > 0 && base.looks < base.plan.confirm.times;
  const before = new Set((base.findings ?? []).map((finding) => finding.key));
  const stayed = findings.filter((finding) => before.has(finding.key));
  const replaced = confirming && stayed.length === 0 && findings.length > 0;
  const kept = confirming && !replaced ? stayed : findings;
  const nothingNew = kept.length === stayed.length;
  const looks = kept.length === 0 ? 0 : nothingNew ? base.looks + 1 : 1;
  const preview = nothingNew && kept.length === before.size ? base.preview : null;
  return { ...base, findings: kept, preview, looks, restarts: base.restarts + (replaced ? 1 : 0), seenAt: at };
}

function newRound(step: StepState): StepState {
  return { ...step, preview: null, asked: null, approval: null, target: [], fixes: [], verdict: null, looks: 0 };
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
  at: number,
): StepState {
  return { ...step, end: { outcome, reason, at } };
}

/** "the fix exited 3: last line of stderr", in one line. */
export function exitReason(what: string, exit: number | null, stderr: Output, ms: number): string {
  const last = outputText(stderr).trimEnd().split("\n").at(-1)?.trim() ?? "";
  const how = exit === null ? `was ended after ${Math.round(ms / 1000)} s` : `exited ${exit}`;
  return `${what} ${how}${last === "" ? "" : `: ${last}`}`;
}
