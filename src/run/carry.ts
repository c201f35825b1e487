import type { HostState, StepState } from "../engine/state.ts";
import type { Event } from "../model/event.ts";
import { runJob, type JobEnd } from "./job.ts";
import { claimFor, noteHeld, sendLocked, takenOver } from "./lock.ts";
import type { Job } from "./ports.ts";
import type { Extras } from "./scripts.ts";
import { definitionOf, send, type Work } from "./work.ts";

/** Runs what writes: as a job where there are jobs, and under the lock of the host, which is asked for in the same exec. */
export async function* carryOut(
  host: HostState,
  step: StepState,
  body: string,
  extras: Extras,
  job: Pick<Job, "name" | "secret" | "timer"> | null,
  work: Work,
  purpose: "act" | "go-on",
): AsyncGenerator<Event, JobEnd> {
  const here = definitionOf(step, work).on !== "controller";
  if (job !== null) {
    const lock = here ? { lock: claimFor(host, step, work, purpose) } : {};
    const ended = yield* runJob(host, step, work.script(host, step, body, extras), { ...job, ...lock }, work);
    if (here && (ended.kind === "exited" || ended.kind === "timed-out")) noteHeld(host.host, work);
    return ended;
  }
  if (!here) return send(host, step, body, work, extras);
  const { ended, lock } = await sendLocked(host, step, body, work, { ...extras, purpose });
  if (lock.kind !== "held") return { kind: "locked", answer: lock };
  yield* takenOver({ host: host.host, step: step.plan.id }, lock.over);
  return ended;
}
