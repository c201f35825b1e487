import { committed, hostVerdict, stepVerdict, waiting } from "../engine/outcome.ts";
import type { HostState, RunState, StepState } from "../engine/state.ts";
import { todo } from "../engine/todo.ts";
import type { Outcome } from "../model/finding.ts";
import { clean } from "../view/clean.ts";
import { duration } from "../view/words.ts";
import { answerWanted } from "./permits.ts";

/** Where a host is on its way through the run: under way, or how it ended. */
export type Phase = Outcome | "to-come" | "at-work" | "approved" | "fixing" | "asking";

/** A host's phase, cheap enough for a thousand hosts a frame. */
export function phaseOf(state: RunState, host: HostState): Phase {
  if (isOver(state, host)) return hostVerdict(host).outcome;
  if (host.steps.some((step) => step.fixes.length > 0 && step.end === null)) return "fixing";
  if (host.steps.some(waiting)) return "asking";
  if (host.steps.some(committed)) return "approved";
  return host.startedAt === null ? "to-come" : "at-work";
}

/** Nothing more happens on the host in this run; after a stop, what a person was asked stays open for another one. */
export function isOver(state: RunState, host: HostState): boolean {
  if (host.unreachable !== null || host.undetermined !== null || host.notConcerned !== null) return true;
  const closed = state.stop !== null || state.ended !== null;
  return host.steps.every((step) => step.end !== null || (closed && waiting(step)));
}

/** The step that a host is at: the one that is fixed or waits, else the one that makes what the host is called. */
export function stepAt(host: HostState): StepState | null {
  const { steps } = host;
  const { outcome } = hostVerdict(host);
  return (
    steps.find((step) => step.fixes.length > 0 && step.end === null) ??
    steps.find(waiting) ??
    steps.find((step) => (step.findings?.length ?? 0) > 0 && stepVerdict(host, step).outcome === outcome) ??
    steps.find((step) => (step.findings?.length ?? 0) > 0) ??
    null
  );
}

/** What a host is doing, who or what it waits for, or how it ended, in a few words on one line. */
export function activityOf(state: RunState, host: HostState, now: number): string {
  if (isOver(state, host)) return ending(host);
  const running = runningOn(host, now);
  if (running !== null) return running;
  if (state.ended !== null) return ending(host);
  if (host.startedAt === null && state.stop === null) return "";
  return intended(state, host, now);
}

/** The reason, after the step that it is the reason of, where there are several. */
function ending(host: HostState): string {
  const { outcome, reason } = hostVerdict(host);
  const step = host.steps.find((one) => stepVerdict(host, one).outcome === outcome);
  const whole = host.unreachable !== null || host.undetermined !== null || host.notConcerned !== null;
  const named = !whole && host.steps.length > 1 && step !== undefined && outcome !== "clear";
  return clean([named ? step.plan.id : "", reason].filter((part) => part !== "").join(": "));
}

function runningOn(host: HostState, now: number): string | null {
  for (const step of host.steps) {
    if (step.end !== null) continue;
    if (step.rollback?.end === "running") return `rolling back ${clean(step.plan.id)}`;
    const fix = step.fixes.find((one) => one.end === "running");
    if (fix !== undefined)
      return `${fix.kernel === null ? "fixing" : "rebooting for"} ${clean(step.plan.id)} (${duration(Math.max(0, Math.round((now - fix.startedAt) / 1000)))})`;
  }
  return null;
}

/** What the engine would have done next is what is being done now. */
function intended(state: RunState, host: HostState, now: number): string {
  const next = todo(state, host.host, now);
  switch (next.kind) {
    case "connect":
      return "connecting";
    case "read-facts":
      return "reading facts";
    case "applies":
      return next.step === null ? "asking whether it is concerned" : `asking whether ${clean(next.step)} applies`;
    case "detect":
      return `looking: ${clean(next.step)}`;
    case "preview":
      return `previewing ${clean(next.step)}`;
    case "verify":
      return `verifying ${clean(next.step)}`;
    case "disarm":
      return `logging in again, to keep the fix of ${clean(next.step)}`;
    case "rollback":
      return `rolling back ${clean(next.step)}`;
    case "follow":
      return `following the fix of ${clean(next.step)}, whose time is up`;
    case "lock":
      return "asking for the host's lock";
    case "fix":
    case "reattach":
      return `is about to fix ${clean(next.step)}`;
    case "wait":
      return waits(state, host, next, now);
    case "ask":
    case "approve":
    case "void":
    case "admit":
    case "settle":
    case "done":
      return "";
  }
}

type Wait = Extract<ReturnType<typeof todo>, { kind: "wait" }>;

function waits(state: RunState, host: HostState, wait: Wait, now: number): string {
  const held = host.steps.find(waiting);
  if (held !== undefined) return `needs ${answerWanted(state, host.host, held, now)}: ${clean(held.plan.id)}`;
  const step = host.steps.find(committed);
  const what = step === undefined ? "" : `: ${clean(step.plan.id)}`;
  switch (wait.for) {
    case "person":
      return `needs your answer${what}`;
    case "batch":
      return `waits for its batch${what}`;
    case "peer":
      return "waits for the host that does it for all of its kind";
    case "group":
      return "waits for another host of its group";
    case "survey":
      return `waits until other hosts have answered${what}`;
    case "freeze":
      return `waits for \`runbook unfreeze\`${what}`;
    case "pause":
      return `waits, since the run is paused${what}`;
    case "time":
      if (step?.locked != null) return `${clean(step.locked.reason)}; asks again in ${inTime(wait, now)}`;
      return `looks again in ${inTime(wait, now)}`;
  }
}

function inTime({ until }: Extract<Wait, { for: "time" }>, now: number): string {
  return duration(Math.max(0, Math.ceil((until - now) / 1000)));
}
