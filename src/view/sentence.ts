import { faultReason } from "../engine/ailment.ts";
import type { RunState, StepState } from "../engine/state.ts";
import { exitReason, fixReason, frozenWords, kernelWords, moment, scheduleWords } from "../engine/words.ts";
import type { Decider } from "../model/approval.ts";
import type { Entry, Event, EventOf } from "../model/event.ts";
import { clean } from "./clean.ts";
import { counted, duration, shortDigest } from "./words.ts";
import { countedEvidence, evidenceOf } from "./evidence.ts";
import { usedWords } from "./compat.ts";

/** What happened, in one human sentence on one line: `xen1, release-deleted-log: found 1 finding: pid 4242 (0.2 s)`. `state` is that after it. */
export function sentenceOf({ event }: Entry, state: RunState): string {
  return clean(`${subjectOf(event)}: ${saidOf(event, stepOf(event, state))}`);
}

/** The step that an event is about, as it is after it; null for none. */
export function stepOf(event: Event, state: RunState): StepState | null {
  if (!("host" in event && "step" in event)) return null;
  return state.hosts.get(event.host)?.steps.find((step) => step.plan.id === event.step) ?? null;
}

function subjectOf(event: Event): string {
  if (!("host" in event)) return "run";
  return "step" in event && event.step !== null ? `${event.host}, ${event.step}` : event.host;
}

/** What happened, without where: `found 1 finding: pid 4242 (0.2 s)`. Not cleaned yet. `step` is the event's, after it; null for none. */
export function saidOf(event: Event, step: StepState | null): string {
  switch (event.type) {
    case "run-started":
      return begun(event);
    case "reached":
      return `logged in (${duration(event.ms / 1000)})${usedWords(event.old)}`;
    case "unreachable":
      return `could not be reached: ${faultReason(event.fault).replace(/^unreachable: /, "")}`;
    case "concerned":
      return `the ${event.step === null ? "runbook" : "step"} applies`;
    case "not-concerned":
      return `the ${event.step === null ? "runbook" : "step"} does not apply: ${event.reason}`;
    case "facts-read":
      return factsOf(event);
    case "undetermined":
      return `cannot be told: ${event.reason}`;
    case "detected":
      if (event.findings.length === 0) return `nothing found${took(event)}`;
      return `found ${step === null ? counted(event.findings.length, "finding") : countedEvidence(step.plan, event.findings)}${took(event)}`;
    case "previewed":
      return event.failed === null ? "the change was previewed" : `no preview: ${event.failed}`;
    case "asked":
      return `an approval is needed (card ${shortDigest(event.digest)})`;
    case "asked-elsewhere":
      return `run ${event.inRun} has asked for exactly this (card ${shortDigest(event.digest)})`;
    case "endorsed":
      return `approved by ${deciderWords(event)}, and needs somebody else too${because(event.reason ?? "")} (card ${shortDigest(event.digest)})`;
    case "approved":
      return `approved by ${deciderWords(event)}${because(event.reason ?? "")} (card ${shortDigest(event.digest)})`;
    case "denied":
      return `denied by ${deciderWords(event)}${because(event.reason)}`;
    case "waived":
      return `${counted(event.keys.length, "finding")} waived by ${event.by} until ${moment(event.until)}${because(event.reason)}`;
    case "host-skipped":
      return `skipped by ${event.by}${because(event.reason)}`;
    case "paused":
      return `paused by ${event.by}: no fix starts until it goes on`;
    case "continued":
      return `continued by ${event.by}`;
    case "frozen":
      return `${frozenWords(event)}; no fix starts anywhere`;
    case "unfrozen":
      return `unfrozen by ${event.by}`;
    case "run-resumed":
      return `resumed ${resumedWords(event)}`;
    case "approval-voided":
      return `the approval no longer counts: ${event.reason}`;
    case "locked-out":
      return `not begun: ${event.reason}`;
    case "lock-taken":
      return `the host's lock is taken${overWords(event)}`;
    case "deferred":
      return `deferred by the guard: ${event.reason}`;
    case "admitted":
      return `its fixes may start, in batch ${event.batch}`;
    case "stop-requested":
      return `stopped by ${event.by}: no new fix starts${event.kill === true ? ", and those that run are ended" : ""}`;
    case "run-ended":
      return `ended: ${event.outcome}, exit code ${event.exit}`;
    case "step-ended":
      return `${event.outcome}${event.reason === "" ? "" : `: ${event.reason}`}`;
    case "fix-started":
    case "fix-finished":
    case "fix-lost":
    case "fix-refused":
    case "rebooted":
    case "reboot-failed":
    case "disarmed":
    case "timer-lost":
    case "verified":
    case "verify-failed":
    case "rollback-started":
    case "rollback-finished":
    case "rollback-lost":
    case "rollback-refused":
      return remedy(event, step);
  }
}

/** Who goes on with a run, where, and what they accepted: `by ada on desk, accepting changes: the runbook: step sweep`. */
export function resumedWords({ by, machine, accepted }: EventOf<"run-resumed">): string {
  const who = `by ${by}${machine === undefined ? "" : ` on ${machine}`}`;
  return accepted === undefined ? who : `${who}, accepting changes of ${accepted.changes.join("; of ")}`;
}

/** Who decided, from which machine, and by which key. */
function deciderWords({ by, machine, signature }: Decider): string {
  const where = machine === undefined ? by : `${by} on ${machine}`;
  return signature === undefined ? where : `${where}, signed by ${signature.principal} (${signature.key})`;
}

/** What a controller has left that is gone. */
function overWords({ over }: EventOf<"lock-taken">): string {
  return over === undefined
    ? ""
    : `; the one that ${over.by} left since ${moment(over.since)} (run ${over.run}) was stale`;
}

function because(reason: string): string {
  return reason === "" ? "" : `: ${reason}`;
}

type Remedy = EventOf<
  | "fix-started"
  | "fix-finished"
  | "fix-lost"
  | "fix-refused"
  | "rebooted"
  | "reboot-failed"
  | "disarmed"
  | "timer-lost"
  | "verified"
  | "verify-failed"
  | "rollback-started"
  | "rollback-finished"
  | "rollback-lost"
  | "rollback-refused"
>;

function remedy(event: Remedy, step: StepState | null): string {
  switch (event.type) {
    case "fix-started":
      return event.kernel === undefined
        ? `the fix started${forWhat(step, event.key)}${event.timer === undefined ? "" : ", with a timer on its host that undoes it"}`
        : `told to reboot (kernel ${event.kernel})`;
    case "fix-finished":
      return `${fixReason(event)}${event.exit === null ? "" : took(event)}`;
    case "fix-lost":
      return `how the fix ended is not known: ${event.reason}${event.until === undefined ? "" : "; it is followed"}`;
    case "fix-refused":
      return `nothing was begun: ${event.reason}`;
    case "rebooted":
      return `rebooted, and back as itself with another boot id: ${kernelWords(event)}${took(event)}`;
    case "reboot-failed":
      return `the reboot did not come to its end: ${event.reason}`;
    case "disarmed":
      return "a new login worked: the host does not undo it any more";
    case "timer-lost":
      return `whether the host has undone it is not known: ${event.reason}`;
    case "verified":
      return `verified after ${counted(event.looks, "look")}${took(event)}`;
    case "verify-failed":
      return `not verified after ${counted(event.looks, "look")}: ${event.reason}${took(event)}`;
    case "rollback-started":
      return event.by === "host"
        ? "the host rolls it back by itself, since nobody logged in again"
        : "the rollback started";
    case "rollback-finished":
      return `${exitReason("the rollback", event.exit, event.stderr, event.ms)}${event.exit === null ? "" : took(event)}`;
    case "rollback-lost":
      return `how the rollback ended is not known: ${event.reason}`;
    case "rollback-refused":
      return `nothing was begun: ${event.reason}`;
  }
}

function begun({ plan }: EventOf<"run-started">): string {
  const { name, path, digest } = plan.runbook;
  const what = `${plan.dryRun ? "dry run" : "run"} of ${name} (${path}, ${shortDigest(digest)})`;
  return `${what} on ${counted(plan.hosts.length, "host")} of ${plan.inventory}, by ${plan.by}${plan.schedule === undefined ? "" : ` (${scheduleWords(plan.schedule)})`}`;
}

function factsOf({ facts }: EventOf<"facts-read">): string {
  const pairs = Object.entries(facts).map(([name, value]) => `${name}=${value}`);
  return `facts: ${pairs.length === 0 ? "none" : pairs.join(", ")}`;
}

/** A fix per finding names its finding as people read it. */
function forWhat(step: StepState | null, key: string | null): string {
  const finding = key === null ? undefined : step?.target.find((one) => one.key === key);
  return step === null || finding === undefined ? "" : ` for ${evidenceOf(step.plan, [finding])}`;
}

function took({ ms }: { ms: number }): string {
  return ` (${duration(ms / 1000)})`;
}
