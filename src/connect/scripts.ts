import type { Fault } from "../model/fault.ts";
import { isFault } from "../model/fault.ts";
import type { Secret } from "../model/secret.ts";
import type { Connection, Ended, Script } from "../run/ports.ts";
import type { Purpose } from "../script/session.ts";
import { attempt, type RunOptions } from "./attempt.ts";
import type { OpenPipe } from "./pipe.ts";
import { openSession, type Session } from "./session.ts";
import { within } from "./within.ts";

/** A login that can start processes: what SSH and the local machine each bring to `connectionOver`. */
export type Login = {
  readonly open: OpenPipe;
  /** The login user's name: to become them takes no sudo. */
  readonly user: string;
  readonly becomePassword: Secret | undefined;
  alive(): boolean;
  /** Ends it; settles when it has ended, and never rejects. */
  close(): Promise<void>;
};

/** Seconds that a session lives at most without being renewed; longer scripts get a longer one. */
const LIFETIME = 900;
/** Tries for a channel after idle sessions were closed: the host frees their places a little later. */
const CHANNEL_TRIES = 20;
const CHANNEL_PAUSE = 100;
/** ms that a session which was told to end is waited for. */
const GOODBYE = 2000;

/** A connection over a login: opens the first session, reads the host's identity, and keeps sessions for scripts that only look. */
export async function connectionOver(login: Login): Promise<Connection | Fault> {
  const idle = new Map<string, Session>();
  const refused = new Map<string, Fault>();
  let disposed = false;
  let last: Promise<unknown> = Promise.resolve();

  const first = await obtain({ shell: "sh", become: null, timeout: 0, late: "end" });
  if (isFault(first)) {
    await login.close();
    return first;
  }
  idle.set(keyOf({ shell: "sh", become: null }), first);

  /** A waiting session that fits, or a new one. */
  async function obtain(script: Omit<Script, "text">): Promise<Session | Fault> {
    const key = keyOf(script);
    const purpose = purposeOf(script);
    const waiting = purpose === "look" ? idle.get(key) : undefined;
    if (waiting !== undefined) {
      idle.delete(key);
      if (waiting.until - performance.now() > (script.timeout + 30) * 1000) return waiting;
      await endSession(waiting);
    }
    const known = refused.get(key);
    if (known !== undefined) return known;
    const user = script.become === login.user ? null : script.become;
    const password = user === null ? undefined : login.becomePassword;
    const lifetime = Math.ceil(Math.max(LIFETIME, script.timeout * 2 + 60));
    const session = await openWithRoom({ shell: script.shell, user, password, purpose, lifetime });
    // A wrong password is not tried again on this host: some lock the account after a few.
    if (isFault(session) && session.kind === "privilege") refused.set(key, session);
    return session;
  }

  /** Opens a session; where the host grants no further channel, idle sessions make room. */
  async function openWithRoom(wanted: Parameters<typeof openSession>[1]): Promise<Session | Fault> {
    let session = await openSession(login.open, wanted);
    if (session === "full") await endIdle();
    for (let tries = 0; session === "full" && tries < CHANNEL_TRIES; tries++) {
      await new Promise((resolve) => setTimeout(resolve, CHANNEL_PAUSE));
      session = await openSession(login.open, wanted);
    }
    if (session !== "full") return session;
    return {
      kind: "session",
      message: "the host grants no further channel (MaxSessions), and those in use are not ours to close",
      hint: "A fix that was left running may still hold the only one.",
    };
  }

  async function endIdle(): Promise<void> {
    const waiting = [...idle.values()];
    idle.clear();
    await Promise.all(waiting.map(endSession));
  }

  async function runOne(script: Script, options: RunOptions): Promise<Ended> {
    if (options.signal?.aborted === true) return { kind: "refused", fault: INTERRUPTED };
    if (disposed || !login.alive()) return { kind: "refused", fault: CLOSED };
    const reused = script.late === "end" && idle.has(keyOf(script));
    const session = await obtain(script);
    if (isFault(session)) return { kind: "refused", fault: session };
    const { ended, reusable, cut } = await attempt(session, script, options);
    if (reusable) idle.set(keyOf(script), session);
    else if (ended.kind === "exited") await leave(session);
    // The script before may have killed the shell that only now is seen to be gone. Reading twice does no harm; the new shell is tried once.
    if (reused && cut && !disposed && login.alive()) return runOne(script, options);
    return ended;
  }

  return {
    identity: { machineId: first.machineId, bootId: first.bootId },
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
      for (const session of idle.values()) session.pipe.end();
      await login.close();
    },
  };
}

const INTERRUPTED: Fault = { kind: "session", message: "interrupted before it began" };
const CLOSED: Fault = { kind: "session", message: "the connection has ended", hint: "Nothing was sent; run again." };

function keyOf(script: Pick<Script, "shell" | "become">): string {
  return `${script.shell} ${script.become ?? ""}`;
}

function purposeOf(script: Pick<Script, "late">): Purpose {
  switch (script.late) {
    case "end":
      return "look";
    case "kill":
      return "write-killable";
    case "leave":
      return "write";
  }
}

/** Ends a session that only looks and everything in it. */
async function endSession(session: Session): Promise<void> {
  session.pipe.end();
  await within(GOODBYE, session.pipe.ended);
  session.pipe.abandon();
}

/** Lets go of a session after its script. What a script that writes left in the background lives on. */
async function leave(session: Session): Promise<void> {
  if (session.purpose === "look") await endSession(session);
  else session.pipe.abandon();
}
