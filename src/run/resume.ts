import { fold } from "../engine/evolve.ts";
import { unfinished } from "../engine/outcome.ts";
import type { RunState } from "../engine/state.ts";
import { todo } from "../engine/todo.ts";
import { moment } from "../engine/words.ts";
import { FaultError, type Fault } from "../model/fault.ts";
import type { Archive, Clock, Desk, Holder, Lease } from "./ports.ts";

/** Why a run cannot go on; null: it has no end, or waits, or left something open. `now` in ms since the epoch. */
export function resumeRefusal(state: RunState, now: number): Fault | null {
  const open = [...state.hosts.values()].some(
    (host) => unfinished(host) || todo(state, host.host, now).kind !== "done",
  );
  if (open || state.ended === null) return null;
  const hint = `\`runbook history show ${state.run}\` tells what it did; \`runbook run\` begins another`;
  return { kind: "usage", message: `nothing is left to do in run ${state.run}`, hint };
}

/** Reads a run that has to go on, under its lease. Throws a usage fault when there is nothing to go on with. */
export async function readAgain(run: string, archive: Pick<Archive, "read">, now: number): Promise<RunState> {
  const state = fold(await archive.read(run));
  if (state === null) throw new FaultError({ kind: "usage", message: `no run ${run} is on record` });
  const refusal = resumeRefusal(state, now);
  if (refusal !== null) throw new FaultError(refusal);
  return state;
}

/** Whoever decides on a run from outside has its lease for a moment, in ms: not a reason to refuse. */
const MOMENT = 1_000;
const PAUSE = 50;

/** Takes the lease of a run. Throws a usage fault that says who has it. */
export async function takeLease(
  run: string,
  self: Omit<Holder, "since">,
  { desk, clock }: { readonly desk: Desk; readonly clock: Clock },
): Promise<Lease> {
  const until = clock.now() + MOMENT;
  for (;;) {
    const lease = await desk.lease(run, self);
    if ("run" in lease) return lease;
    if (clock.now() >= until) throw new FaultError(heldFault(run, lease));
    await clock.sleep(PAUSE);
  }
}

/** Says who alive has a run. */
function heldFault(run: string, { by, writer, since }: Holder): Fault {
  const where = writer === undefined ? "" : ` (process ${writer.pid} on ${writer.host})`;
  return {
    kind: "usage",
    message: `run ${run} is at work already: ${by}${where} has it since ${moment(since)}`,
    hint: `\`runbook approve ${run}\` decides in it; it can go on from here once that process has ended`,
  };
}
