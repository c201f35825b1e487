import type { HostState, StepState } from "../engine/state.ts";
import type { Event } from "../model/event.ts";
import { NO_OUTPUT, type Output } from "../model/output.ts";
import { NOTHING } from "../script/dialect.ts";
import { carryOut } from "./carry.ts";
import type { JobEnd } from "./job.ts";
import { refusalWords } from "./lock.ts";
import type { Script } from "./ports.ts";
import type { Extras } from "./scripts.ts";
import { definitionOf, shortfall, type Work } from "./work.ts";

/** Undoes what the step's fix did. Asked for only when the fix is known to have ended. */
export async function* rollback(host: HostState, step: StepState, work: Work): AsyncGenerator<Event> {
  const at = { host: host.host, step: step.plan.id };
  const definition = definitionOf(step, work).rollback;
  if (definition === undefined) throw new Error(`${step.plan.id} has no rollback`);
  const job = work.job(host.host, step, "undo");
  yield { type: "rollback-started", ...at, ...(job === null ? {} : { job: job.name }) };
  const extras = { findings: step.target, ...rollbackExtras(definition) };
  yield endOfRollback(at, yield* carryOut(host, step, definition.run, extras, job, work, "go-on"));
}

/** How the rollback of a step runs. */
export function rollbackExtras({ timeout }: { readonly timeout: number }): Pick<Extras, "timeout" | "late" | "keep"> {
  return { timeout, late: "kill", keep: true };
}

/** What the end of a rollback is recorded as. */
export function endOfRollback(at: { host: string; step: string }, ended: JobEnd): Event {
  switch (ended.kind) {
    case "exited":
      return { type: "rollback-finished", ...at, exit: ended.code, ...printed(ended) };
    case "timed-out":
      return ended.gone
        ? { type: "rollback-finished", ...at, exit: null, ...printed(ended), stderr: NO_OUTPUT }
        : { type: "rollback-lost", ...at, reason: shortfall(ended, "the rollback") };
    case "flooded":
    case "lost":
      return { type: "rollback-lost", ...at, reason: shortfall(ended, "the rollback") };
    case "missing":
      return { type: "rollback-lost", ...at, reason: missing(ended, "rollback") };
    case "refused":
      return { type: "rollback-refused", ...at, reason: shortfall(ended, "the rollback") };
    case "locked":
      return { type: "rollback-refused", ...at, reason: `it was not rolled back: ${refusalWords(ended.answer)}` };
  }
}

/** What an event keeps of how a script ended. */
export function printed({
  stdout,
  stderr,
  ms,
}: {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly ms: number;
}): {
  stdout: Output;
  stderr: Output;
  ms: number;
} {
  return { stdout, stderr, ms };
}

/** Why the host cannot tell what became of a job. */
export function missing({ why }: Extract<JobEnd, { kind: "missing" }>, what: "fix" | "rollback"): string {
  switch (why) {
    case "gone":
      return `the host has no trace of the ${what}: it never began there, or its traces were removed`;
    case "rebooted":
      return `the host was booted before it was known how the ${what} ended; how far it got is not known`;
    case "died":
      return `the process on the host that watched over the ${what} was killed; how it ended is not known`;
    case "unfired":
      return `the ${what} never began`;
  }
}

/** How a script of the step runs: its shell, its user and its time. */
export function likeness(host: HostState, step: StepState, extras: Extras, work: Work): Omit<Script, "text"> {
  const { shell, become, timeout, late } = work.script(host, step, NOTHING, extras);
  return { shell, become, timeout, late };
}
