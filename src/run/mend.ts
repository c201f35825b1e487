import type { HostState, StepState } from "../engine/state.ts";
import type { Event } from "../model/event.ts";
import { NO_OUTPUT } from "../model/output.ts";
import type { Fix } from "../model/runbook.ts";
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
  yield { type: "fix-started", ...at, key };
  const ended = await send(host, step, definition.run, work, {
    ...subject,
    timeout: definition.timeout,
    late: definition.on_timeout,
    keep: true,
    since: step.fixes[0]?.startedAt ?? work.clock.now(),
  });
  switch (ended.kind) {
    case "exited":
      yield {
        type: "fix-finished",
        ...at,
        key,
        exit: ended.code,
        stdout: ended.stdout,
        stderr: ended.stderr,
        ms: ended.ms,
      };
      break;
    case "timed-out":
      yield ended.gone
        ? { type: "fix-finished", ...at, key, exit: null, stdout: ended.stdout, stderr: ended.stderr, ms: ended.ms }
        : { type: "fix-lost", ...at, key, reason: stillRunning(definition) };
      break;
    case "flooded":
    case "lost":
      yield { type: "fix-lost", ...at, key, reason: shortfall(ended, "the fix") };
      break;
    case "refused":
      yield { type: "fix-refused", ...at, key, reason: shortfall(ended, "the fix") };
      break;
  }
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
async function guard(
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
  yield { type: "rollback-started", ...at };
  const ended = await send(host, step, definition.run, work, {
    findings: step.target,
    timeout: definition.timeout,
    late: "kill",
    keep: true,
  });
  switch (ended.kind) {
    case "exited":
      yield {
        type: "rollback-finished",
        ...at,
        exit: ended.code,
        stdout: ended.stdout,
        stderr: ended.stderr,
        ms: ended.ms,
      };
      break;
    case "timed-out":
      yield ended.gone
        ? { type: "rollback-finished", ...at, exit: null, stdout: ended.stdout, stderr: NO_OUTPUT, ms: ended.ms }
        : { type: "rollback-lost", ...at, reason: shortfall(ended, "the rollback") };
      break;
    case "flooded":
    case "lost":
      yield { type: "rollback-lost", ...at, reason: shortfall(ended, "the rollback") };
      break;
    case "refused":
      yield { type: "rollback-refused", ...at, reason: shortfall(ended, "the rollback") };
      break;
  }
}
