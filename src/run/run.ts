import PQueue from "p-queue";
import { gate } from "../engine/rollout.ts";
import type { RunState } from "../engine/state.ts";
import { todo, type Intent, type Todo } from "../engine/todo.ts";
import type { Decision } from "../model/approval.ts";
import type { Event } from "../model/event.ts";
import { decisionEvent } from "./decide.ts";
import { perform } from "./perform.ts";
import type { Recorder } from "./recorder.ts";
import type { Work } from "./work.ts";

/** A run under way. */
export type LiveRun = {
  /** Settles when nothing more can be done without a person who is not there. Rejects when the journal fails or on a bug. */
  readonly done: Promise<RunState>;
  /** No new fix starts from now on; what runs is finished and verified. */
  stop(by: string): void;
  /** A person's answer; one that does not fit what is asked now is dropped. */
  decide(decision: Decision): void;
};

/**
 * Drives every host as far as it can go: ask the engine what to do, do it, record what came of it, ask again.
 * A host that waits has left the queue; whatever is recorded may wake it.
 */
export function drive(recorder: Recorder, work: Work, finish: (host: string) => Promise<void>): LiveRun {
  const { plan } = recorder.state;
  const queue = new PQueue({ concurrency: plan.parallel });
  const active = new Set<string>();
  const timers = new Map<string, NodeJS.Timeout>();
  const idle = new Set<string>();
  const finished = new Set<string>();
  const settled = Promise.withResolvers<RunState>();
  let swept = false;
  let broken = false;

  const fail = (error: unknown): void => {
    broken = true;
    queue.clear();
    settled.reject(error);
  };

  /** What the engine says; once the user leaves, only what needs no host. */
  const now = (host: string): Todo => {
    const next = todo(recorder.state, host, work.clock.now());
    const harmless = next.kind === "settle" || next.kind === "wait" || next.kind === "done";
    return work.leaving.aborted && !harmless ? { kind: "wait", for: "person" } : next;
  };

  /** Takes the host up if there is something to do for it. */
  const pump = (host: string): void => {
    if (broken || active.has(host) || finished.has(host)) return;
    clearTimeout(timers.get(host));
    timers.delete(host);
    const next = now(host);
    if (next.kind === "done") {
      finished.add(host);
      idle.delete(host);
      active.add(host);
      finish(host).then(() => rest(host), fail);
    } else if (next.kind === "wait") {
      idle.add(host);
      if (next.for === "time")
        timers.set(
          host,
          setTimeout(() => pump(host), Math.max(0, next.until - work.clock.now())),
        );
    } else {
      idle.delete(host);
      active.add(host);
      queue.add(() => turn(host)).then(() => rest(host), fail);
    }
  };

  /** One stay in the queue: everything the host can do without waiting. */
  const turn = async (host: string): Promise<void> => {
    for (;;) {
      const next = now(host);
      if (broken || next.kind === "done" || next.kind === "wait") return;
      await carryOut(next);
    }
  };

  const carryOut = async (intent: Intent): Promise<void> => {
    const host = recorder.state.hosts.get(intent.host);
    if (host === undefined) throw new Error(`no host ${intent.host}`);
    for await (const event of perform(intent, host, work)) {
      if (!stillHolds(recorder.state, event)) return;
      await recorder.record(event);
      sweepSoon();
    }
  };

  const rest = (host: string): void => {
    active.delete(host);
    pump(host);
    sweepSoon();
  };

  /** What is recorded for one host may wake others; one pass for all that is recorded in one turn of the loop. */
  const sweepSoon = (): void => {
    if (swept) return;
    swept = true;
    setImmediate(() => {
      swept = false;
      for (const host of idle) pump(host);
      endWhenIdle();
    });
  };

  const endWhenIdle = (): void => {
    const state = recorder.state;
    const left = work.leaving.aborted;
    if (active.size > 0 || (timers.size > 0 && !left)) return;
    const asked = idle.size > 0 && plan.attended && state.stop === null && !left;
    if (!asked) settled.resolve(state);
  };

  const record = (event: Parameters<Recorder["record"]>[0]): void => {
    recorder.record(event).then(sweepSoon, fail);
  };

  for (const host of plan.hosts) pump(host);
  sweepSoon();
  work.leaving.addEventListener("abort", sweepSoon);
  return {
    done: settled.promise,
    stop: (by) => {
      if (recorder.state.stop === null) record({ type: "stop-requested", by });
    },
    decide: (decision) => {
      const event = decisionEvent(recorder.state, decision);
      if (event !== null) record(event);
    },
  };
}

/**
 * Between the engine's word and its record other hosts go on: the last place of a batch may be taken by now, or a failure elsewhere has used
 * up the budget while the guard ran. Not going on ends the intent before anything is sent, and the engine is asked again.
 */
function stillHolds(state: RunState, event: Event): boolean {
  if (event.type !== "admitted" && event.type !== "fix-started") return true;
  const host = state.hosts.get(event.host);
  if (host === undefined) return false;
  const passage = gate(state, host);
  return event.type === "admitted" ? passage.kind === "enter" && passage.batch === event.batch : passage.kind === "go";
}
