import { hostVerdict, waiting } from "../engine/outcome.ts";
import type { HostState, RunState } from "../engine/state.ts";
import { todo } from "../engine/todo.ts";
import type { Outcome } from "../model/finding.ts";
import { clean } from "../view/clean.ts";
import { duration } from "../view/words.ts";

/** Where a host is on its way through the run. `done` carries the outcome. */
export type Phase =
  | { readonly kind: "to-come" | "at-work" | "fixing" | "asking" }
  | { readonly kind: "done"; readonly outcome: Outcome };

/** A host's phase, cheap enough for a thousand hosts a frame. */
export function phaseOf(state: RunState, host: HostState): Phase {
  if (over(state, host)) return { kind: "done", outcome: hostVerdict(host).outcome };
  if (host.steps.some((step) => step.fixes.length > 0 && step.end === null)) return { kind: "fixing" };
  if (host.steps.some(waiting)) return { kind: "asking" };
  return { kind: host.startedAt === null ? "to-come" : "at-work" };
}

/** Nothing more happens on the host in this run; after a stop, what a person was asked stays open for another one. */
function over(state: RunState, host: HostState): boolean {
  if (host.unreachable !== null || host.undetermined !== null || host.notConcerned !== null) return true;
  const closed = state.stop !== null || state.ended !== null;
  return host.steps.every((step) => step.end !== null || (closed && waiting(step)));
}

/** What a host is doing, or how it ended, in a few words on one line. */
export function activityOf(state: RunState, host: HostState, now: number): string {
  if (over(state, host)) {
    return clean(hostVerdict(host).reason);
  }
  const running = runningOn(host, now);
  if (running !== null) return running;
  if (state.ended !== null) return clean(hostVerdict(host).reason);
  if (host.startedAt === null && state.stop === null) return "";
  return intended(state, host, now);
}

function runningOn(host: HostState, now: number): string | null {
  for (const step of host.steps) {
    if (step.end !== null) continue;
    if (step.rollback?.end === "running") return `rolling back ${clean(step.plan.id)}`;
    const fix = step.fixes.find((one) => one.end === "running");
    if (fix !== undefined)
      return `fixing ${clean(step.plan.id)} (${duration(Math.round((now - fix.startedAt) / 1000))})`;
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
    case "rollback":
      return `rolling back ${clean(next.step)}`;
    case "fix":
      return `is about to fix ${clean(next.step)}`;
    case "wait":
      return host.steps.some(waiting) ? "waits for you" : waits(next, now);
    case "ask":
    case "approve":
    case "void":
    case "admit":
    case "settle":
    case "done":
      return "";
  }
}

function waits(wait: Extract<ReturnType<typeof todo>, { kind: "wait" }>, now: number): string {
  switch (wait.for) {
    case "person":
      return "waits for you";
    case "batch":
      return "waits for its batch";
    case "survey":
      return "waits until more hosts have answered";
    case "pause":
      return "waits until the run goes on";
    case "time":
      return `looks again in ${duration(Math.max(0, Math.ceil((wait.until - now) / 1000)))}`;
  }
}
