import { faultReason } from "../engine/ailment.ts";
import type { HostState, StepState } from "../engine/state.ts";
import type { Event } from "../model/event.ts";
import { isFault } from "../model/fault.ts";
import type { Output, Printed } from "../model/output.ts";
import { decode, encode } from "../script/bytes.ts";
import { takenOver } from "./lock.ts";
import { maskLines, maskOutput } from "./masking.ts";
import type { BytesRead, Ended, Job, JobEnded, Listener, Script, Started } from "./ports.ts";
import { fleetFor, type Work } from "./work.ts";
import { reached } from "./reached.ts";

/** How a job ended as far as it can be told. `refused` only where nothing of it was begun. */
export type JobEnd = Ended<Output> | Extract<JobEnded["ended"], { kind: "missing" | "locked" }>;

/** ms between two tries to find the host again, doubling; and how long at least they go on. */
const PAUSE = { first: 250, most: 10_000, least: 20_000 };

/** Seconds to follow a job longer for its timer, which waits before it ends what is left of it and undoes it. */
export function patienceOf(after: number): number {
  return after + GRACE;
}

const GRACE = 30;

/** Starts a job, and follows it over lost connections to its end. A new login is told as an event. */
export async function* runJob(
  host: HostState,
  step: StepState,
  script: Script,
  job: Pick<Job, "name" | "secret" | "timer" | "lock">,
  work: Work,
): AsyncGenerator<Event, JobEnd> {
  const timeout = script.timeout + (job.timer === undefined ? 0 : patienceOf(job.timer.after));
  const until = work.clock.now() + timeout * 1000;
  const { fleet, machineId } = fleetFor(host, step, work);
  const start = (): Promise<JobEnded> =>
    fleet.job(
      work.hostOf(host.host),
      machineId,
      { ...script, ...job },
      { signal: work.leaving, listen: listener(host, step, work) },
    );
  const known = fleet.has(host.host);
  let first = await start();
  // Nothing of it was sent, since the connection was lost before: that is no failure of the fix.
  if (
    known &&
    first.ended.kind === "refused" &&
    !fleet.has(host.host) &&
    (yield* backInTheSameBoot(host, step, work))
  ) {
    first = await start();
  }
  yield* takenOver({ host: host.host, step: step.plan.id }, first.over);
  const started = { ...script, timeout, name: job.name };
  return yield* followOn(first, host, step, { started, until, bootId: host.identity?.bootId ?? null }, work);
}

/** Logs in again; whether what was seen before still counts there. */
async function* backInTheSameBoot(host: HostState, step: StepState, work: Work): AsyncGenerator<Event, boolean> {
  const { fleet, machineId } = fleetFor(host, step, work);
  const began = work.clock.now();
  const connection = await fleet.connect(work.hostOf(host.host), machineId, work.leaving);
  if (isFault(connection) || work.leaving.aborted) return false;
  if (fleet === work.fleet) {
    yield { type: "reached", host: host.host, ...connection.identity, ms: work.clock.now() - began };
  }
  return connection.identity.bootId === host.identity?.bootId;
}

/** Looks for a job that another process began, and follows it to its end. Never begins one. */
export async function* findJob(
  host: HostState,
  step: StepState,
  started: Omit<Started, "from">,
  bootId: string | null,
  work: Work,
): AsyncGenerator<Event, JobEnd> {
  const nothing: Printed = { head: "", tail: "", omitted: 0 };
  const away: Ended = { kind: "lost", reason: "the host could not be asked", stdout: nothing, stderr: nothing, ms: 0 };
  const until = work.clock.now() + started.timeout * 1000;
  const first: JobEnded = { ended: away, read: { stdout: 0, stderr: 0 } };
  return yield* followOn(first, host, step, { started, until, bootId }, work);
}

type Trail = {
  readonly started: Omit<Started, "from">;
  /** When it is late, in ms since the epoch. */
  readonly until: number;
  readonly bootId: string | null;
};

async function* followOn(
  first: JobEnded,
  host: HostState,
  step: StepState,
  trail: Trail,
  work: Work,
): AsyncGenerator<Event, JobEnd> {
  let known = first;
  const giveUp = Math.max(trail.until, work.clock.now() + PAUSE.least);
  for (let pause = 0; known.ended.kind === "lost"; pause = Math.min(PAUSE.most, 2 * pause || PAUSE.first)) {
    if (work.leaving.aborted || work.clock.now() + pause > giveUp) break;
    if (pause > 0) await work.clock.sleep(pause, work.leaving).catch(() => undefined);
    const next = yield* attach(known.read, host, step, trail, work);
    known = joined(known, next);
  }
  const { ended } = known;
  if (ended.kind === "missing" || ended.kind === "locked") return ended;
  if (ended.kind === "refused") return { ...ended, fault: work.maskFault(ended.fault) };
  return { ...ended, stdout: maskOutput(ended.stdout, work.secrets), stderr: maskOutput(ended.stderr, work.secrets) };
}

/** One try to find the host and its job again. */
async function* attach(
  from: BytesRead,
  host: HostState,
  step: StepState,
  { started, until, bootId }: Trail,
  work: Work,
): AsyncGenerator<Event, JobEnded> {
  const { fleet, machineId } = fleetFor(host, step, work);
  const began = work.clock.now();
  const known = fleet.has(host.host);
  const connection = await fleet.connect(work.hostOf(host.host), machineId, work.leaving);
  if (isFault(connection)) return unreached(faultReason(connection), from);
  if (!known && fleet === work.fleet) {
    yield reached(host.host, connection, work.clock.now() - began);
  }
  const left = Math.max(1, (until - work.clock.now()) / 1000);
  const options = { signal: work.leaving, listen: listener(host, step, work) };
  const { ended, read } = await connection.attach({ ...started, timeout: left, from }, options);
  // That we could not look says nothing about the job.
  if (ended.kind === "refused") return unreached(faultReason(ended.fault), from);
  const now = connection.identity.bootId;
  const rebooted = bootId !== null && now !== null && now !== bootId;
  return ended.kind === "missing" && rebooted ? { ended: { kind: "missing", why: "rebooted" }, read } : { ended, read };
}

function unreached(reason: string, read: BytesRead): JobEnded {
  const nothing: Printed = { head: "", tail: "", omitted: 0 };
  return { ended: { kind: "lost", reason, stdout: nothing, stderr: nothing, ms: 0 }, read };
}

function listener(host: HostState, step: StepState, work: Work): Listener {
  return maskLines(work.secrets, (stream, text) => work.output(host.host, step.plan.id, stream, text));
}

/** What was read before and after a connection was lost, as one. What was read before is the beginning, and no more. */
function joined(before: JobEnded, after: JobEnded): JobEnded {
  if (!("stdout" in before.ended) || !("stdout" in after.ended)) return after;
  const { stdout, stderr, ms } = before.ended;
  const both = { stdout: pasted(stdout, after.ended.stdout), stderr: pasted(stderr, after.ended.stderr) };
  return { read: after.read, ended: { ...after.ended, ...both, ms: ms + after.ended.ms } };
}

/** By bytes, since a character may have come in two pieces. */
function pasted(first: Printed, rest: Printed): Printed {
  return { ...rest, head: decode(Buffer.concat([encode(first.head), encode(rest.head)])) };
}
