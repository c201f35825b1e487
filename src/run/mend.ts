import { adrift, armed } from "../engine/outcome.ts";
import type { HostState, StepState } from "../engine/state.ts";
import type { Event, EventOf } from "../model/event.ts";
import type { Output } from "../model/output.ts";
import type { Fix } from "../model/runbook.ts";
import type { LockAnswer } from "../script/lock.ts";
import { carryOut } from "./carry.ts";
import { endOnOrder } from "./kill.ts";
import { findJob, patienceOf, type JobEnd } from "./job.ts";
import { lock, lockedOut, type OfLock, sendLocked, takenOver } from "./lock.ts";
import type { Ended } from "./ports.ts";
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

  const away = definitionOf(step, work).on === "controller";
  for (const before of [...(away ? [lockAlone] : []), guard]) {
    const events = await before(host, step, definition, subject, work);
    if (work.leaving.aborted) return;
    yield* events;
    if (events.some(({ type }) => type !== "lock-taken")) return;
  }
  if (work.leaving.aborted) return;
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
  const parts = job === null ? null : { ...job, ...(timer === null ? {} : { timer }) };
  const order = job === null ? null : endOnOrder(host, step, job.name, work);
  const ended = yield* carryOut(host, step, definition.run, extras, parts, work, "act");
  const left = (await order?.settled()) === "left";
  if (ended.kind === "locked") yield* lockedOut(at, ended.answer, work);
  else yield endOfFix({ ...at, key }, ended, left, definition, work);
}

/** Takes the lock by itself: what runs on the controller for a host locks the host all the same. */
export async function lockAlone(host: HostState, step: StepState, _: Fix, __: Extras, work: Work): Promise<OfLock[]> {
  const [event, ...more] = await lock(host, step, work, "act");
  if (event === undefined || (event.type === "lock-taken" && event.over === undefined)) return more;
  return [event, ...more];
}

function fixExtras(definition: Fix): Pick<Extras, "timeout" | "late" | "keep"> {
  return { timeout: definition.timeout, late: definition.on_timeout, keep: true };
}

type FixEnd = Exclude<JobEnd, { readonly kind: "locked" }>;

/** `left`: the fix was to be ended, and a process of it could not be. */
function endOfFix(
  at: { host: string; step: string; key: string | null },
  ended: FixEnd,
  left: boolean,
  definition: Fix,
  work: Work,
): Event {
  switch (ended.kind) {
    case "exited":
      if (left) return { type: "fix-lost", ...at, reason: leftWords(work) };
      if (ended.killed === true)
        return { type: "fix-finished", ...at, exit: null, by: work.killedBy(), ...printed(ended) };
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
  const order = endOnOrder(host, step, last.job, work);
  const ended = yield* findJob(host, step, started, last.bootId, work);
  const left = (await order.settled()) === "left";
  if (ended.kind === "locked") throw new Error("what is looked for is not kept out by a lock");
  // What follows is done under the lock again: it is ours still, or was stale, unless another has taken it; then a rollback is refused.
  if (ended.kind !== "lost" && !work.leaving.aborted) await lock(host, step, work, "go-on");
  yield endOfFix({ ...at, key: last.key }, ended, left, definition.fix, work);
}

function leftWords(work: Work): string {
  return `the fix was to be ended by ${work.killedBy()}, who stopped the run, and a process of it is still there`;
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

/** What keeps the fix from starting now; nothing: it may. A guard that cannot be run is an objection too. It runs under the host's lock. */
export async function guard(
  host: HostState,
  step: StepState,
  definition: Fix,
  subject: Extras,
  work: Work,
): Promise<(EventOf<"deferred"> | OfLock)[]> {
  if (definition.guard === undefined) return [];
  const at = { host: host.host, step: step.plan.id };
  const held: LockAnswer = { kind: "held", over: null };
  const { ended, lock } =
    definitionOf(step, work).on === "controller"
      ? { ended: await send(host, step, definition.guard, work, subject), lock: held }
      : await sendLocked(host, step, definition.guard, work, { ...subject, purpose: "act" });
  if (lock.kind !== "held") return lockedOut(at, lock, work);
  const reason = objection(ended);
  return [...takenOver(at, lock.over), ...(reason === null ? [] : [{ type: "deferred", ...at, reason } as const])];
}

/** Why a guard that ended so is against it; null: it is not. */
function objection(ended: Ended<Output>): string | null {
  if (ended.kind !== "exited") return shortfall(ended, "the guard");
  if (ended.code === 0) return null;
  const reason = firstLine(ended.stdout);
  return reason === "" ? `the guard exited ${ended.code}${said(firstLine(ended.stderr))}` : reason;
}

function said(text: string): string {
  return text === "" ? "" : `: ${text}`;
}
