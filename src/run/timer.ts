import type { FixState, HostState, StepState } from "../engine/state.ts";
import type { Event } from "../model/event.ts";
import { isFault } from "../model/fault.ts";
import { disarmTimer, timerWord, type TimerWord } from "../script/job-timer.ts";
import { findJob, patienceOf, type JobEnd } from "./job.ts";
import type { UndoTimer } from "./ports.ts";
import { endOfRollback, likeness, missing, rollbackExtras } from "./undo.ts";
import { definitionOf, fleetFor, shortfall, type Work } from "./work.ts";
import { reached } from "./reached.ts";

/** ms between two tries to log in, doubling. */
const PAUSE = { first: 250, most: 3_000 };

/** What is to undo a fix on its host; null: the runbook wants nothing of the kind; `none`: the run keeps no jobs there, so nothing can. */
export function timerFor(host: HostState, step: StepState, since: number, work: Work): UndoTimer | null | "none" {
  const { rollback } = definitionOf(step, work);
  if (rollback?.unless_reconnect === undefined) return null;
  const job = work.job(host.host, step, "timer");
  if (job === null) return "none";
  const { text, timeout } = work.script(host, step, rollback.run, {
    findings: step.target,
    ...rollbackExtras(rollback),
    since,
  });
  return { name: job.name, text, timeout, after: rollback.unless_reconnect };
}

/**
 * Logs in anew, and tells the host not to undo the fix, which has ended. Who is first has the word: where the host has begun, it is followed to its
 * end. Tried for as long as the host takes to undo it, and a while longer.
 */
export async function* disarm(host: HostState, step: StepState, work: Work): AsyncGenerator<Event> {
  const at = { host: host.host, step: step.plan.id };
  const { last, after, timeout } = timerOf(step, work);
  const until = work.clock.now() + (timeout + patienceOf(after)) * 1000;
  // The connection that the fix ran over proves nothing.
  await work.fleet.leave(host.host);
  for (let pause = 0; ; pause = Math.min(PAUSE.most, 2 * pause || PAUSE.first)) {
    if (pause > 0) await work.clock.sleep(pause, work.leaving).catch(() => undefined);
    if (work.leaving.aborted) return;
    const answer = yield* tell(host, step, last, work);
    if (!("away" in answer)) {
      yield* afterWord(answer, host, step, last, work);
      return;
    }
    if (work.clock.now() > until) {
      yield { type: "timer-lost", ...at, reason: `nobody could log in since: ${answer.away}` };
      return;
    }
  }
}

/** What the host said at a new login, and whether it has been booted since the fix began; or why nobody could ask it. */
type Answer = { readonly word: TimerWord; readonly booted: boolean } | { readonly away: string };

async function* tell(host: HostState, step: StepState, last: Armed, work: Work): AsyncGenerator<Event, Answer> {
  const { fleet, machineId } = fleetFor(host, step, work);
  const began = work.clock.now();
  const connection = await fleet.connect(work.hostOf(host.host), machineId, work.leaving);
  if (isFault(connection)) return { away: work.maskFault(connection).message };
  const { identity } = connection;
  yield reached(host.host, connection, work.clock.now() - began);
  const script = { ...work.script(host, step, ":"), text: disarmTimer(last.timer.name) };
  const ended = await connection.run(script, { signal: work.leaving });
  const word = ended.kind === "exited" ? timerWord(ended.stdout.head) : null;
  if (word !== null && word !== "live")
    return { word, booted: last.bootId !== null && identity.bootId !== last.bootId };
  // The next try is a new login again.
  await fleet.leave(host.host);
  return { away: ended.kind === "refused" ? work.maskFault(ended.fault).message : "its timer could not be disarmed" };
}

async function* afterWord(
  { word, booted }: Exclude<Answer, { away: string }>,
  host: HostState,
  step: StepState,
  last: Armed,
  work: Work,
): AsyncGenerator<Event> {
  const at = { host: host.host, step: step.plan.id };
  switch (word) {
    case "disarmed":
      yield { type: "disarmed", ...at };
      return;
    case "fired":
      yield { type: "rollback-started", ...at, job: last.timer.name, by: "host" };
      yield endOfRollback(at, yield* follow(host, step, last, work));
      return;
    case "gone":
      yield lost(at, booted ? "rebooted" : "gone");
      return;
    case "armed":
    case "live":
    case "lapsed":
      yield lost(at, "unfired");
  }
}

/** Asks a timer that nobody may disarm what it did, once it has; the fix has no known end. */
export async function* askTimer(host: HostState, step: StepState, work: Work): AsyncGenerator<Event> {
  const at = { host: host.host, step: step.plan.id };
  const { last } = timerOf(step, work);
  const ended = yield* follow(host, step, last, work);
  if (ended.kind === "exited" || (ended.kind === "timed-out" && ended.gone)) {
    yield { type: "rollback-started", ...at, job: last.timer.name, by: "host" };
    yield endOfRollback(at, ended);
    return;
  }
  if (ended.kind === "missing") yield lost(at, ended.why);
  else if (ended.kind !== "locked" && !work.leaving.aborted)
    yield { type: "timer-lost", ...at, reason: shortfall(ended, "the timer on its host") };
}

async function* follow(host: HostState, step: StepState, last: Armed, work: Work): AsyncGenerator<Event, JobEnd> {
  const { rollback, after } = timerOf(step, work);
  const like = likeness(host, step, rollbackExtras(rollback), work);
  const timeout = like.timeout + patienceOf(after);
  return yield* findJob(host, step, { ...like, timeout, name: last.timer.name }, last.bootId, work);
}

function lost(at: { host: string; step: string }, why: Extract<JobEnd, { kind: "missing" }>["why"]): Event {
  const reason =
    why === "rebooted"
      ? "the host was booted before it was known whether it had undone it"
      : missing({ kind: "missing", why }, "rollback");
  return { type: "timer-lost", ...at, reason, ...(why === "rebooted" ? { over: true } : {}) };
}

type Armed = FixState & { readonly timer: NonNullable<FixState["timer"]> };

function timerOf(step: StepState, work: Work) {
  const { rollback } = definitionOf(step, work);
  const last = step.fixes.at(-1);
  if (rollback?.unless_reconnect === undefined || last === undefined || last.timer === null) {
    throw new Error(`${step.plan.id} has no timer`);
  }
  return {
    rollback,
    timeout: rollback.timeout,
    after: rollback.unless_reconnect,
    last: { ...last, timer: last.timer },
  };
}
