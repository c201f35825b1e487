import { adrift, armed } from "../engine/outcome.ts";
import type { FixState, HostState, StepState } from "../engine/state.ts";
import type { Event } from "../model/event.ts";
import { findJob, patienceOf } from "./job.ts";
import { endOnOrder } from "./kill.ts";
import { lock } from "./lock.ts";
import { endOfFix, fixExtras, patienceFor } from "./mend.ts";
import type { Started } from "./ports.ts";
import { askTimer } from "./timer.ts";
import { endOfRollback, likeness, rollbackExtras } from "./undo.ts";
import { definitionOf, type Work } from "./work.ts";

/** Asks the host what became of a fix, a rollback or a timer, which another process may have begun. Nothing is begun. */
export async function* reattach(host: HostState, step: StepState, work: Work): AsyncGenerator<Event> {
  const at = { host: host.host, step: step.plan.id };
  const { fix, rollback } = definitionOf(step, work);
  if (adrift(step) === "rollback") {
    if (rollback === undefined || step.rollback?.job == null) throw new Error(`${at.step} has no rollback`);
    const started = { ...likeness(host, step, rollbackExtras(rollback), work), name: step.rollback.job };
    yield endOfRollback(at, yield* findJob(host, step, started, null, work));
    return;
  }
  if (adrift(step) === null && armed(step)) {
    yield* askTimer(host, step, work);
    return;
  }
  const last = step.fixes.findLast((each) => each.adrift);
  if (fix === undefined || last === undefined) throw new Error(`${at.step} has no fix to look for`);
  const timeout = fix.timeout + (last.timer === null ? 0 : patienceOf(rollback?.unless_reconnect ?? 0));
  yield* find(host, step, last, { timeout, until: () => patienceFor(fix, last.job, last.timer, work) }, work);
}

/** Seconds that a fix is followed further beside others, before it is looked whether these go on; and that the clock may be early. */
const AGAIN = 10;
const MOMENT = 0.1;

/**
 * Follows a fix that was left running when its time was up, for as long as that is to be done, and then for a while each time. An order to stop ends
 * it, unless that is to end the fix as well. Nothing is begun.
 */
export async function* follow(host: HostState, step: StepState, work: Work): AsyncGenerator<Event> {
  const last = step.fixes.findLast((each) => each.followed !== null);
  if (last === undefined || last.followed === null) throw new Error(`${step.plan.id} has no fix to follow`);
  const { until } = last.followed;
  const left = (until - work.clock.now()) / 1000;
  const timeout = left > 0 ? left + MOMENT : AGAIN;
  const stopped = new AbortController();
  const onStop = (): void => (work.killing.aborted ? undefined : stopped.abort());
  work.stopping.addEventListener("abort", onStop, { once: true });
  const leaving = AbortSignal.any([work.leaving, stopped.signal]);
  // What it has printed so far was shown before.
  const parts = { ...work, leaving, output: () => undefined };
  for await (const event of find(host, step, last, { timeout, until: () => until }, parts)) {
    // That it still runs is nothing new.
    if (event.type !== "fix-lost" || event.until === undefined) yield event;
  }
  work.stopping.removeEventListener("abort", onStop);
}

/** What a fix came to that has begun already; `timeout`: seconds to wait for that. */
async function* find(
  host: HostState,
  step: StepState,
  { key, job, bootId }: FixState,
  { timeout, until }: Pick<Started, "timeout"> & { readonly until: () => number | null },
  work: Work,
): AsyncGenerator<Event> {
  const { fix } = definitionOf(step, work);
  if (fix === undefined || job === null) throw new Error(`${step.plan.id} has no fix to look for`);
  const started = { ...likeness(host, step, fixExtras(fix), work), timeout, name: job };
  const order = endOnOrder(host, step, job, work);
  const ended = yield* findJob(host, step, started, bootId, work);
  const left = (await order.settled()) === "left";
  if (ended.kind === "locked") throw new Error("what is looked for is not kept out by a lock");
  // What follows is done under the lock again: it is ours still, or was stale, unless another has taken it; then a rollback is refused.
  if (ended.kind !== "lost" && !work.leaving.aborted) await lock(host, step, work, "go-on");
  yield endOfFix({ host: host.host, step: step.plan.id, key }, ended, { left, until: until() }, fix, work);
}
