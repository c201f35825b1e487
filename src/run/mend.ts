import { adrift } from "../engine/outcome.ts";
import type { HostState, StepState } from "../engine/state.ts";
import type { Event } from "../model/event.ts";
import { NO_OUTPUT, type Output } from "../model/output.ts";
import type { Fix } from "../model/runbook.ts";
import { findJob, runJob, type JobEnd } from "./job.ts";
import type { Script } from "./ports.ts";
import type { Extras } from "./scripts.ts";
import { definitionOf, firstLine, send, shortfall, type Work } from "./work.ts";

/** The last look (guard), then one fix: of one finding, or of the host when `key` is null. */
export async function* fix(host: HostState, step: StepState, key: string | null, work: Work): AsyncGenerator<Event> {
  const at = { host: host.host, step: step.plan.id };
  const definition = definitionOf(step, work).fix;
  if (definition?.run === undefined) throw new Error(`${step.plan.id} has no fix to run`);
  const subject = subjectOf(step, key);

  const objection = await guard(host, step, definition, subject, work);
  if (work.leaving.aborted) return;
  if (objection !== null) {
    yield { type: "deferred", ...at, reason: objection };
    return;
  }
  const job = work.job(host.host, step, step.fixes.length + 1);
  yield { type: "fix-started", ...at, key, ...(job === null ? {} : { job: job.name }) };
  const extras = { ...subject, ...fixExtras(definition), since: step.fixes[0]?.startedAt ?? work.clock.now() };
  if (job === null) {
    yield endOfFix({ ...at, key }, await send(host, step, definition.run, work, extras), definition);
    return;
  }
  const ended = yield* runJob(host, step, work.script(host, step, definition.run, extras), job, work);
  yield endOfFix({ ...at, key }, ended, definition);
}

function fixExtras(definition: Fix): Pick<Extras, "timeout" | "late" | "keep"> {
  return { timeout: definition.timeout, late: definition.on_timeout, keep: true };
}

function endOfFix(at: { host: string; step: string; key: string | null }, ended: JobEnd, definition: Fix): Event {
  switch (ended.kind) {
    case "exited":
      return { type: "fix-finished", ...at, exit: ended.code, ...printed(ended) };
    case "timed-out":
      return ended.gone
        ? { type: "fix-finished", ...at, exit: null, ...printed(ended) }
        : { type: "fix-lost", ...at, reason: stillRunning(definition) };
    case "flooded":
    case "lost":
      return { type: "fix-lost", ...at, reason: shortfall(ended, "the fix") };
    case "missing":
      return {
        type: "fix-lost",
        ...at,
        reason: missing(ended, "fix"),
        ...(ended.why === "rebooted" ? { over: true } : {}),
      };
    case "refused":
      return { type: "fix-refused", ...at, reason: shortfall(ended, "the fix") };
  }
}

function printed({ stdout, stderr, ms }: { readonly stdout: Output; readonly stderr: Output; readonly ms: number }): {
  stdout: Output;
  stderr: Output;
  ms: number;
} {
  return { stdout, stderr, ms };
}

/** Why the host cannot tell what became of a job. */
function missing({ why }: Extract<JobEnd, { kind: "missing" }>, what: "fix" | "rollback"): string {
  switch (why) {
    case "gone":
      return `the host has no trace of the ${what}: it never began there, or its traces were removed`;
    case "rebooted":
      return `the host was booted while the ${what} ran; how far it got is not known`;
    case "died":
      return `the process on the host that watched over the ${what} was killed; how it ended is not known`;
    case "unfired":
      return `the ${what} never began`;
  }
}

/** Asks the host what became of a fix or a rollback that another process began. Nothing is begun. */
export async function* reattach(host: HostState, step: StepState, work: Work): AsyncGenerator<Event> {
  const at = { host: host.host, step: step.plan.id };
  const definition = definitionOf(step, work);
  if (adrift(step) === "rollback") {
    if (definition.rollback === undefined || step.rollback?.job == null) throw new Error(`${at.step} has no rollback`);
    const started = { ...likeness(host, step, rollbackExtras(definition.rollback), work), name: step.rollback.job };
    yield endOfRollback(at, yield* findJob(host, step, started, null, work));
    return;
  }
  const last = step.fixes.findLast((fix) => fix.adrift);
  if (definition.fix === undefined || last?.job == null) throw new Error(`${at.step} has no fix to look for`);
  const started = { ...likeness(host, step, fixExtras(definition.fix), work), name: last.job };
  yield endOfFix({ ...at, key: last.key }, yield* findJob(host, step, started, last.bootId, work), definition.fix);
}

/** How a script of the step runs: its shell, its user and its time. */
function likeness(host: HostState, step: StepState, extras: Extras, work: Work): Omit<Script, "text"> {
  const { shell, become, timeout, late } = work.script(host, step, ":", extras);
  return { shell, become, timeout, late };
}

function stillRunning(definition: Fix): string {
  return definition.on_timeout === "leave"
    ? `the fix was still running after ${definition.timeout} s and was left alone`
    : `the fix took longer than ${definition.timeout} s and could not be ended`;
}

/** Per finding: its columns. Per host: all findings of the card. */
function subjectOf(step: StepState, key: string | null): Extras {
  if (key === null) return { findings: step.target };
  const finding = step.target.find((each) => each.key === key);
  if (finding === undefined) throw new Error(`${step.plan.id}: ${key} is not on the approved card`);
  return { finding };
}

/** Why the fix must not start now; null: it may. A guard that cannot be run is an objection too. */
export async function guard(
  host: HostState,
  step: StepState,
  definition: Fix,
  subject: Extras,
  work: Work,
): Promise<string | null> {
  if (definition.guard === undefined) return null;
  const ended = await send(host, step, definition.guard, work, subject);
  if (ended.kind !== "exited") return shortfall(ended, "the guard");
  if (ended.code === 0) return null;
  const reason = firstLine(ended.stdout);
  return reason === "" ? `the guard exited ${ended.code}${said(firstLine(ended.stderr))}` : reason;
}

function said(text: string): string {
  return text === "" ? "" : `: ${text}`;
}

/** Undoes what the step's fix did. Asked for only when the fix is known to have ended. */
export async function* rollback(host: HostState, step: StepState, work: Work): AsyncGenerator<Event> {
  const at = { host: host.host, step: step.plan.id };
  const definition = definitionOf(step, work).rollback;
  if (definition === undefined) throw new Error(`${step.plan.id} has no rollback`);
  const job = work.job(host.host, step, "undo");
  yield { type: "rollback-started", ...at, ...(job === null ? {} : { job: job.name }) };
  const extras = { findings: step.target, ...rollbackExtras(definition) };
  if (job === null) yield endOfRollback(at, await send(host, step, definition.run, work, extras));
  else {
    const ended = yield* runJob(host, step, work.script(host, step, definition.run, extras), job, work);
    yield endOfRollback(at, ended);
  }
}

function rollbackExtras({ timeout }: { readonly timeout: number }): Pick<Extras, "timeout" | "late" | "keep"> {
  return { timeout, late: "kill", keep: true };
}

function endOfRollback(at: { host: string; step: string }, ended: JobEnd): Event {
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
  }
}
