import type { HostState, StepState } from "../engine/state.ts";
import { END_TAKES, endJob, endWord, type EndWord } from "../script/job-end.ts";
import { fleetFor, type Work } from "./work.ts";

/** ms between two tries to reach the host, or to find a job there that is about to begin. */
const PAUSE = 500;

/** What is to end a job once that is ordered. */
export type EndOrder = {
  /** To be called once the job's end is known: settles with what the host said when it was told; null: it was not told. */
  settled(): Promise<EndWord | null>;
};

/** Has a job ended, beside whoever follows it, as soon as the run's fixes are to be ended. The job's own end is for its follower to tell. */
export function endOnOrder(host: HostState, step: StepState, job: string, work: Work): EndOrder {
  const known = new AbortController();
  const told = tellOnceOrdered(host, step, job, work, known.signal);
  return {
    settled: () => {
      known.abort();
      return told;
    },
  };
}

async function tellOnceOrdered(
  host: HostState,
  step: StepState,
  job: string,
  work: Work,
  known: AbortSignal,
): Promise<EndWord | null> {
  await either(work.killing, known);
  while (!known.aborted && !work.leaving.aborted) {
    const word = await tell(host, step, job, work);
    if (word !== null && word !== "none") return word;
    await work.clock.sleep(PAUSE, AbortSignal.any([known, work.leaving])).catch(() => undefined);
  }
  return null;
}

/** Tells the host once, at the job's own privilege; null: it could not be told. */
async function tell(host: HostState, step: StepState, job: string, work: Work): Promise<EndWord | null> {
  const { fleet, machineId } = fleetFor(host, step, work);
  const { become } = work.script(host, step, ":");
  const script = { text: endJob(job), shell: "sh", become, timeout: END_TAKES, late: "end" } as const;
  const ended = await fleet.beside(work.hostOf(host.host), machineId, script, work.leaving);
  return ended.kind === "exited" ? endWord(ended.stdout.head) : null;
}

function either(...signals: readonly AbortSignal[]): Promise<void> {
  const both = AbortSignal.any([...signals]);
  if (both.aborted) return Promise.resolve();
  return new Promise((resolve) => both.addEventListener("abort", () => resolve(), { once: true }));
}
