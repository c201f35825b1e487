import type { Fault } from "../model/fault.ts";
import { isFault } from "../model/fault.ts";
import type { Connection, Ended, Job, JobEnded, Script, Started } from "../run/ports.ts";
import { attachJob, type Detached, startJob } from "../script/job.ts";
import { maySpoil } from "../script/session.ts";
import { attempt, type Attempt, type RunOptions } from "./attempt.ts";
import { isLeft, stuckOf } from "./hung.ts";
import { ENDING, follow, NOTHING_READ } from "./job.ts";
import { endSession, type Login, type Need, sessionPool, type Taken } from "./pool.ts";
import type { Session } from "./session.ts";

const INTERRUPTED: Fault = { kind: "session", message: "interrupted before it began" };
const CLOSED: Fault = { kind: "session", message: "the connection has ended", hint: "Nothing was sent; run again." };

/** The session that every connection begins with, and that reads the host's identity. */
const FIRST: Need = { shell: "sh", become: null, late: "end" };

/** A connection over a login, once its first shell has answered. */
export async function connectionOver(login: Login): Promise<Connection | Fault> {
  const pool = sessionPool(login);
  const first = await pool.take(FIRST);
  if (isFault(first)) {
    await login.close();
    return first;
  }
  const { machineId, bootId } = first.session;
  pool.keep(FIRST, first.session, () => false);
  let disposed = false;
  let last: Promise<unknown> = Promise.resolve();

  async function runOne(script: Script, { sequel, ...own }: RunOptions): Promise<Ended> {
    if (own.signal?.aborted === true) return { kind: "refused", fault: INTERRUPTED };
    if (disposed || !login.alive()) return { kind: "refused", fault: CLOSED };
    const taken = await pool.take(script);
    if (isFault(taken)) return { kind: "refused", fault: taken };
    const along = sequel !== undefined && goTogether(script, sequel.script) ? sequel : undefined;
    const { next, ...attempted } = await attempt(taken.session, script, { ...own, sequel: along });
    if (next !== undefined && sequel !== undefined && attempted.ended.kind === "exited") {
      const rest = { ...own, listen: sequel.listen };
      return { ...attempted.ended, next: next.then((second) => closing(taken, sequel.script, second, rest)) };
    }
    return closing(taken, script, attempted, { ...own, sequel });
  }

  /** What becomes of the session that a script has run in, and of the script where its session was gone. */
  async function closing(taken: Taken, script: Script, attempted: Attempt, options: RunOptions): Promise<Ended> {
    const { ended, reusable, cut, soiled } = attempted;
    if (script.late === "end" && isLeft(ended)) return { ...ended, stuck: await stuckOf(taken.session, script, pool) };
    if (reusable) pool.keep(script, taken.session, soiled);
    // What a script that writes left in the background lives on.
    else if (script.late !== "end") taken.session.pipe.abandon();
    else if (ended.kind === "exited") await endSession(taken.session);
    // The script before may have killed the shell that only now is seen to be gone. Reading twice does no harm; the new shell is tried once.
    if (taken.reused && cut && !disposed && login.alive()) return runOne(script, options);
    return ended;
  }

  /** A session for a job, or why nothing must be sent now. */
  async function sessionFor(need: Need, signal: AbortSignal | undefined): Promise<Session | Fault> {
    const leaving = (): boolean => signal?.aborted === true;
    if (leaving()) return INTERRUPTED;
    if (disposed || !login.alive()) return CLOSED;
    const taken = await pool.take(need);
    if (isFault(taken)) return taken;
    if (!leaving()) return taken.session;
    taken.session.pipe.abandon();
    return INTERRUPTED;
  }

  async function runJob(job: Job, options: RunOptions): Promise<JobEnded> {
    const session = await sessionFor({ ...job, late: "leave" }, options.signal);
    if (isFault(session)) return { ended: { kind: "refused", fault: session }, read: NOTHING_READ };
    const patience = job.timer === undefined ? 0 : job.timer.after + ENDING;
    const started = { ...job, from: NOTHING_READ, timeout: job.timeout + patience };
    return follow(session, (mark) => startJob(session, detached(job), mark), started, options);
  }

  async function attach(job: Started, options: RunOptions): Promise<JobEnded> {
    const session = await sessionFor({ ...job, late: "end" }, options.signal);
    if (isFault(session)) return { ended: { kind: "refused", fault: session }, read: job.from };
    return follow(session, (mark) => attachJob(job.name, job.from, mark), job, options);
  }

  /** In a session that is not kept: another script may want one of the same kind meanwhile. */
  async function beside(script: Script, options: RunOptions): Promise<Ended> {
    const session = await sessionFor(script, options.signal);
    if (isFault(session)) return { kind: "refused", fault: session };
    const { ended } = await attempt(session, script, options);
    await endSession(session);
    return ended;
  }

  /** One after the other, whatever it is. */
  function queued<T>(one: () => Promise<T>): Promise<T> {
    const result = last.then(one);
    last = result;
    return result;
  }

  return {
    identity: { machineId, bootId },
    wire: login.wire,
    get alive() {
      return !disposed && login.alive();
    },
    run: (script, options = {}) => {
      const ended = queued(() => runOne(script, options));
      last = ended.then((one) => (one.kind === "exited" ? one.next : undefined));
      return ended;
    },
    beside: (script, options = {}) => beside(script, options),
    job: (job, options = {}) => queued(() => runJob(job, options)),
    attach: (job, options = {}) => queued(() => attach(job, options)),
    async [Symbol.asyncDispose]() {
      if (disposed) return;
      disposed = true;
      pool.close();
      await login.close();
    },
  };
}

/** Whether two scripts can be sent as one: in a session of one kind, both to look, and neither such that it costs its session. */
function goTogether(script: Script, sequel: Script): boolean {
  const [one, other] = [script, sequel].map(({ shell, become, late }) => `${shell} ${become} ${late}`);
  return one === other && script.late === "end" && !maySpoil(script.text) && !maySpoil(sequel.text);
}

/** A job whose time is up is ended by the host where it may be killed; its timer gives that the time it takes. */
function detached({ text: script, late, timeout, timer, ...job }: Job): Detached {
  const deadline = late === "kill" ? timeout : null;
  if (timer === undefined) return { ...job, script, deadline };
  const { text, timeout: most, ...rest } = timer;
  const over = timeout + (late === "kill" ? ENDING : 0);
  return { ...job, script, deadline, timer: { ...rest, script: text, deadline: most, late: over } };
}
