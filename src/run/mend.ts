import type { HostState, StepState } from "../engine/state.ts";
import type { Event, EventOf } from "../model/event.ts";
import type { Output } from "../model/output.ts";
import type { Fix } from "../model/fix.ts";
import type { LockAnswer } from "../script/lock.ts";
import { carryOut } from "./carry.ts";
import { endOnOrder } from "./kill.ts";
import type { JobEnd } from "./job.ts";
import { lock, lockedOut, type OfLock, sendLocked, takenOver } from "./lock.ts";
import type { Ended } from "./ports.ts";
import type { Extras } from "./scripts.ts";
import { timerFor } from "./timer.ts";
import { missing, printed } from "./undo.ts";
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
  else
    yield endOfFix({ ...at, key }, ended, { left, until: patienceFor(definition, job, timer, work) }, definition, work);
}

/** Takes the lock by itself: what runs on the controller for a host locks the host all the same. */
export async function lockAlone(host: HostState, step: StepState, _: Fix, __: Extras, work: Work): Promise<OfLock[]> {
  const [event, ...more] = await lock(host, step, work, "act");
  if (event === undefined || (event.type === "lock-taken" && event.over === undefined)) return more;
  return [event, ...more];
}

/** How a fix runs. */
export function fixExtras(definition: Fix): Pick<Extras, "timeout" | "late" | "keep"> {
  return { timeout: definition.timeout, late: definition.on_timeout, keep: true };
}

type FixEnd = Exclude<JobEnd, { readonly kind: "locked" }>;

/** Seconds for which a fix is followed that was left running when its time was up: as long again, but no longer than this. */
const MOST = 600;

/** Until when (ms since the epoch) a fix is followed that is left running now; null: only what is to be left so is, and can be found, and has no timer that ends it. */
export function patienceFor(
  { timeout, on_timeout }: Fix,
  job: unknown,
  timer: unknown,
  { clock }: Work,
): number | null {
  if (on_timeout !== "leave" || job === null || timer !== null) return null;
  return clock.now() + Math.min(timeout, MOST) * 1000;
}

/** What the end of a fix is recorded as. `left`: it was to be ended, and a process of it could not be. `until`: how long it is followed where it was left running. */
export function endOfFix(
  at: { host: string; step: string; key: string | null },
  ended: FixEnd,
  { left, until }: { readonly left: boolean; readonly until: number | null },
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
        : { type: "fix-lost", ...at, reason: stillRunning(definition), ...(until === null ? {} : { until }) };
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
