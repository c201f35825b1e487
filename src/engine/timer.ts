import type { Outcome } from "../model/finding.ts";
import { inDoubt } from "./doubt.ts";
import type { FixState, HostState, RunState, StepState } from "./state.ts";
import type { Todo } from "./todo.ts";

/** Whether the step's fix is to be undone by its host, which keeps no jobs in this run. */
export function unarmable({ plan }: RunState, step: StepState): boolean {
  return step.plan.fix?.unlessReconnect !== undefined && plan.settings?.jobs === false;
}

/** What is to be done about the timer of a fix, before anything else follows from that fix; null: nothing any more, or there was none. */
export function timerTodo(host: HostState, step: StepState, last: FixState): Todo | null {
  const at = { host: host.host, step: step.plan.id };
  switch (last.timer?.end) {
    case undefined:
    case "disarmed":
      return null;
    case "armed":
      return untilToldOf(last, at);
    case "fired":
      return afterHost(host, step, last, at);
    case "lost":
      return inDoubt(at, last.job !== null, withReason(last, last.timer?.reason ?? ""));
    case "over":
      return afterBoot(step, last, at);
  }
}

type At = { readonly host: string; readonly step: string };

/** Only what is known to have ended is kept: else its host takes it back, and is asked about that. */
function untilToldOf(last: FixState, at: At): Todo | null {
  switch (last.end) {
    case "done":
    case "failed":
    case "timed-out":
      return { kind: "disarm", ...at };
    case "lost":
    case "over":
      return { kind: "reattach", ...at };
    case "running":
    case "refused":
      return null;
  }
}

/** The host has undone it, or tried to: that is looked at once, and never done again by us. */
function afterHost(host: HostState, step: StepState, last: FixState, at: At): Todo {
  const within = `${step.plan.fix?.unlessReconnect ?? "?"} s`;
  const why = withReason(last, `nobody logged in again within ${within}, and the host rolled it back by itself`);
  const { rollback } = step;
  if (rollback === null || rollback.end === "running" || rollback.end === "lost") {
    return inDoubt(at, last.job !== null, `${why}; the end of the rollback is not known`);
  }
  if (step.seenSeq < host.changedSeq && step.deferred === null) return { kind: "detect", ...at };
  const settle = (outcome: Outcome, reason: string): Todo => ({ kind: "settle", ...at, outcome, reason });
  const now = step.deferred ?? (step.findings?.length === 0 ? "nothing is found any more" : "it is found as before");
  return rollback.end === "done"
    ? settle("rolled-back", `${why}; ${now}`)
    : settle("failed", `${why}; ${rollback.reason}; ${now}`);
}

/** It may have been undone before the boot: so that is not done again, and a proof counts like any other. */
function afterBoot(step: StepState, last: FixState, at: At): Todo {
  const reason = withReason(last, last.timer?.reason ?? "");
  if (last.end === "lost") return inDoubt(at, last.job !== null, reason);
  // One that failed is not proved, here as elsewhere.
  if (last.end === "failed" || last.end === "timed-out") return { kind: "settle", ...at, outcome: "failed", reason };
  if (step.verdict !== null)
    return { kind: "settle", ...at, outcome: "failed", reason: `${reason}; ${step.verdict.reason}` };
  if (step.plan.fix?.verify === true) return { kind: "verify", ...at };
  return { kind: "settle", ...at, outcome: "in-doubt", reason };
}

/** What the fix came to, where that is to be told, and what became of it. */
function withReason({ end, reason }: FixState, then: string): string {
  return end === "done" || reason === "" || reason === then ? then : `${reason}; ${then}`;
}
