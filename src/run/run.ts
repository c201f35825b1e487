import { stillHolds } from "../engine/recheck.ts";
import { fixing } from "../engine/outcome.ts";
import type { HostState, RunState } from "../engine/state.ts";
import { todo, type Intent, type Todo } from "../engine/todo.ts";
import type { Event } from "../model/event.ts";
import { eventOf } from "./wishes.ts";
import { isIdle, release } from "./lock.ts";
import { perform } from "./perform.ts";
import type { Wish } from "./ports.ts";
import type { Recorder } from "./recorder.ts";
import { roster } from "./roster.ts";
import type { Place, Turns } from "./turns.ts";
import type { Work } from "./work.ts";

/** A run under way. */
export type LiveRun = {
  /** Settles when nothing more can be done without a person who is not there. Rejects when the journal fails or on a bug. */
  readonly done: Promise<RunState>;
  /** No new fix starts from now on; what runs is finished and verified, or (`kill`) ended and rolled back. */
  stop(by: string, kill?: boolean): void;
  /** What a person wants. Answers why it does not count; null: it does, and is being recorded. */
  wish(wish: Wish): string | null;
  /** Settles once all wishes that count so far are on record. Rejects when the journal fails. */
  recorded(): Promise<void>;
};

/**
 * Drives every host as far as it can go: ask the engine what to do, do it, record what came of it, ask again.
 * A host that waits has left the queue; whatever is recorded may wake it. `finish` is called once for each, when it is done or the run is over.
 */
export function drive(recorder: Recorder, work: Work, finish: (host: string) => Promise<void>, turns: Turns): LiveRun {
  const { plan } = recorder.state;
  const hosts = roster();
  const settled = Promise.withResolvers<RunState>();
  let swept = false;
  let broken = false;
  let detached = false;
  let over = false;
  let recording = Promise.resolve();

  /** Fixes and rollbacks under way. */
  const writing = new Set<Promise<void>>();

  /** Nothing new is begun; what runs on a host is followed to its end, so that it can be told where it cannot be recorded. */
  const fail = (error: unknown): void => {
    if (broken) return;
    broken = true;
    turns.clear();
    hosts.close();
    void afterAll(writing, () => settled.reject(error));
  };

  /** Takes the host up if there is something to do for it. */
  const pump = (host: string): void => {
    if (broken || !hosts.free(host)) return;
    const next = askEngine(recorder, work, host);
    if (next.kind === "done") {
      hosts.finish(host);
      finish(host).then(() => rest(host), fail);
    } else if (next.kind === "wait") {
      const wake = { ms: next.for === "time" ? next.until - work.clock.now() : 0, call: () => pump(host) };
      hosts.wait(host, next.for === "time" ? wake : undefined);
    } else {
      hosts.work(host);
      // Who only follows what was left running takes nobody's place.
      const stay = next.kind === "follow" ? carry(host, next) : turns.add(host, (place) => turn(host, place));
      stay.then(() => rest(host), fail);
    }
  };

  /** One stay in the queue: everything the host can do without waiting. */
  const turn = async (host: string, place: Place): Promise<void> => {
    for (;;) {
      const next = askEngine(recorder, work, host);
      const state = stateOf(recorder, host);
      if (work.locks.held.has(host) && isIdle(state, next)) await release(state, work);
      if (broken || next.kind === "done" || next.kind === "wait" || next.kind === "follow") return;
      if (next.kind !== "settle") await place.take();
      const intent = connectFirst(next, recorder.state, work) ?? next;
      const carried = carry(host, intent);
      if (WRITES.has(intent.kind)) writing.add(carried);
      const carriedOut = carried.finally(() => writing.delete(carried));
      await (intent.kind === "connect" ? place.waitFor(carriedOut) : carriedOut);
    }
  };

  const carry = async (host: string, intent: Intent): Promise<void> => {
    const after = recorder.state.seq;
    for await (const event of perform(intent, stateOf(recorder, host), work)) {
      // The state learns it though the journal does not.
      if (broken && ENDS_WRITING.has(event.type)) await recorder.record(event).catch(() => undefined);
      if (broken || !stillHolds(recorder.state, event, work.clock.now())) return;
      await recorder.record(event.type === "detected" ? { ...event, after: event.after ?? after } : event);
      sweepSoon();
    }
  };

  const rest = (host: string): void => {
    hosts.rest(host);
    pump(host);
    sweepSoon();
  };

  /** What is recorded for one host may wake others; one pass for all that is recorded in one turn of the loop. */
  const sweepSoon = (): void => {
    if (swept) return;
    swept = true;
    setImmediate(() => {
      swept = false;
      for (const host of hosts.waiting()) pump(host);
      endWhenQuiet();
    });
  };

  const endWhenQuiet = (): void => {
    const { state } = recorder;
    const left = work.leaving.aborted;
    if (over || !hosts.quiet(left ? "ignore" : "count")) return;
    const attended = plan.attended && !detached;
    if (hosts.waiting().length > 0 && attended && state.stop === null && !left) return;
    const waiting = hosts.waiting();
    hosts.close();
    over = true;
    Promise.all(waiting.map(finish)).then(() => settled.resolve(state), settled.reject);
  };

  const record = (event: Event): void => {
    if (broken || over) return;
    recording = recorder.record(event);
    recording.then(sweepSoon, fail);
  };

  for (const host of plan.hosts) pump(host);
  sweepSoon();
  work.leaving.addEventListener("abort", sweepSoon);
  return {
    done: settled.promise,
    stop: (by, kill = false) => {
      const { stop } = recorder.state;
      if (stop !== null && (stop.kill || !kill)) return;
      record({ type: "stop-requested", by, ...(kill ? { kill: true } : {}) });
    },
    wish: (wish) => {
      if (over || broken) return "the run has ended";
      if (wish.kind === "detach") {
        detached = true;
        sweepSoon();
        return null;
      }
      const ruled = eventOf(recorder.state, wish, work.clock.now());
      if ("refused" in ruled) return ruled.refused;
      record(ruled.event);
      return null;
    },
    recorded: () => recording,
  };
}

async function afterAll(under: ReadonlySet<Promise<void>>, then: () => void): Promise<void> {
  await Promise.allSettled(under);
  then();
}

const WRITES: ReadonlySet<Intent["kind"]> = new Set(["fix", "rollback"]);

const ENDS_WRITING: ReadonlySet<Event["type"]> = new Set([
  "fix-finished",
  "fix-lost",
  "fix-refused",
  "rebooted",
  "reboot-failed",
  "rollback-finished",
  "rollback-lost",
  "rollback-refused",
]);

/** What the engine says; once the user leaves, only what needs no host. */
function askEngine(recorder: Recorder, work: Work, host: string): Todo {
  const next = todo(recorder.state, host, work.clock.now());
  const harmless = next.kind === "settle" || next.kind === "wait" || next.kind === "done";
  return work.leaving.aborted && !harmless ? { kind: "wait", for: "person" } : next;
}

/**
 * A login that was lost while nothing ran is made again before anything else, as an event of its own: the host may have been booted
 * since, and then what was seen before proves nothing. While a fix is under way, its verification deals with a host that comes and goes.
 */
function connectFirst(next: Intent, state: RunState, work: Work): Intent | null {
  if (!NEEDS_HOST.has(next.kind)) return null;
  const host = state.hosts.get(next.host);
  if (host === undefined || host.identity === null || host.steps.some(fixing) || work.fleet.has(next.host)) return null;
  return { kind: "connect", host: next.host };
}

const NEEDS_HOST: ReadonlySet<Intent["kind"]> = new Set(["applies", "read-facts", "detect", "preview", "lock", "fix"]);

function stateOf(recorder: Recorder, name: string): HostState {
  const host = recorder.state.hosts.get(name);
  if (host === undefined) throw new Error(`no host ${name} in this run`);
  return host;
}
