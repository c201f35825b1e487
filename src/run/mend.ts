import { adrift, armed } from "../engine/outcome.ts";
import type { HostState, StepState } from "../engine/state.ts";
import type { Event } from "../model/event.ts";
import type { Fix } from "../model/runbook.ts";
import { findJob, patienceOf, runJob, type JobEnd } from "./job.ts";
import type { Extras } from "./scripts.ts";
import { askTimer, timerFor } from "./timer.ts";
import { endOfRollback, likeness, missing, printed, rollbackExtras } from "./undo.ts";
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
  const since = step.fixes[0]?.startedAt ?? work.clock.now();
  const timer = timerFor(host, step, since, work);
  if (timer === "none") {
    yield { type: "deferred", ...at, reason: "without jobs nothing on the host could undo it" };
    return;
  }
  const names = { ...(job === null ? {} : { job: job.name }), ...(timer === null ? {} : { timer: timer.name }) };
  yield { type: "fix-started", ...at, key, ...names };
  const extras = { ...subject, ...fixExtras(definition), since };
  if (job === null) {
    yield endOfFix({ ...at, key }, await send(host, step, definition.run, work, extras), definition);
    return;
  }
  const script = work.script(host, step, definition.run, extras);
  const ended = yield* runJob(host, step, script, { ...job, ...(timer === null ? {} : { timer }) }, work);
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

/** Asks the host what became of a fix, a rollback or a timer, which another process may have begun. Nothing is begun. */
export async function* reattach(host: HostState, step: StepState, work: Work): AsyncGenerator<Event> {
  const at = { host: host.host, step: step.plan.id };
  const definition = definitionOf(step, work);
  if (adrift(step) === "rollback") {
    if (definition.rollback === undefined || step.rollback?.job == null) throw new Error(`${at.step} has no rollback`);
    const started = { ...likeness(host, step, rollbackExtras(definition.rollback), work), name: step.rollback.job };
    yield endOfRollback(at, yield* findJob(host, step, started, null, work));
    return;
  }
  if (adrift(step) === null && armed(step)) {
    yield* askTimer(host, step, work);
    return;
  }
  const last = step.fixes.findLast((fix) => fix.adrift);
  if (definition.fix === undefined || last?.job == null) throw new Error(`${at.step} has no fix to look for`);
  const like = likeness(host, step, fixExtras(definition.fix), work);
  const timeout = like.timeout + (last.timer === null ? 0 : patienceOf(definition.rollback?.unless_reconnect ?? 0));
  const started = { ...like, timeout, name: last.job };
  yield endOfFix({ ...at, key: last.key }, yield* findJob(host, step, started, last.bootId, work), definition.fix);
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
