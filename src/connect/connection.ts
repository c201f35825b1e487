import type { Fault } from "../model/fault.ts";
import { isFault } from "../model/fault.ts";
import type { Connection, Ended, Script } from "../run/ports.ts";
import { attempt, type RunOptions } from "./attempt.ts";
import { endSession, type Login, type Need, sessionPool } from "./pool.ts";

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

  async function runOne(script: Script, options: RunOptions): Promise<Ended> {
    if (options.signal?.aborted === true) return { kind: "refused", fault: INTERRUPTED };
    if (disposed || !login.alive()) return { kind: "refused", fault: CLOSED };
    const taken = await pool.take(script);
    if (isFault(taken)) return { kind: "refused", fault: taken };
    const { ended, reusable, cut, soiled } = await attempt(taken.session, script, options);
    if (reusable) pool.keep(script, taken.session, soiled);
    // What a script that writes left in the background lives on.
    else if (script.late !== "end") taken.session.pipe.abandon();
    else if (ended.kind === "exited") await endSession(taken.session);
    // The script before may have killed the shell that only now is seen to be gone. Reading twice does no harm; the new shell is tried once.
    if (taken.reused && cut && !disposed && login.alive()) return runOne(script, options);
    return ended;
  }

  return {
    identity: { machineId, bootId },
    get alive() {
      return !disposed && login.alive();
    },
    run(script, options = {}) {
      const result = last.then(() => runOne(script, options));
      last = result;
      return result;
    },
    async [Symbol.asyncDispose]() {
      if (disposed) return;
      disposed = true;
      pool.close();
      await login.close();
    },
  };
}
