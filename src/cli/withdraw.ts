import { fold } from "../engine/evolve.ts";
import type { HostState, RunState, StepState } from "../engine/state.ts";
import { waiting } from "../engine/outcome.ts";
import type { SqliteRecord } from "../journal/sqlite.ts";
import { thisWriter } from "../journal/writer.ts";
import type { Decision } from "../model/approval.ts";
import { decideAside } from "../run/aside.ts";
import type { OpenRequest } from "../run/ports.ts";
import { systemClock } from "../run/clock.ts";
import { withdrawalOf } from "../schedule/withdrawal.ts";
import { sshVerifier } from "../sign/verifier.ts";

/**
 * Takes back what earlier runs of a schedule ask though it is gone, or asked anew, as a run of it has seen: so nobody is asked about nothing, and nothing is
 * asked twice. It counts as a no of the schedule, which says why.
 */
export async function withdrawOld(record: SqliteRecord, run: string, self: string): Promise<void> {
  const now = fold(await record.read(run));
  if (now?.plan.schedule === undefined) return;
  const { schedule, runbook } = now.plan;
  const open = await record.openOf(schedule.name);
  await withdraw(record, open, self, (then, earlier, place) => {
    const later = then.run === run || then.plan.runbook.name !== runbook.name ? undefined : stepAt(now, place);
    return later === undefined ? null : withdrawalOf(earlier, later, run);
  });
}

/** Takes back what runs of a schedule ask that are past their deadline: no yes would count, and nobody else would ask. */
export async function withdrawLapsed(record: SqliteRecord, schedule: string, self: string): Promise<void> {
  const open = await record.openOf(schedule);
  await withdraw(record, open, self, ({ plan }, earlier) => {
    const until = plan.schedule?.restraints?.until ?? null;
    return until !== null && until <= Date.now() && waiting(earlier) ? "the deadline of its run is over" : null;
  });
}

/** `why` tells for what is asked in a run why it is not any more; null: it is. */
async function withdraw(
  record: SqliteRecord,
  open: readonly OpenRequest[],
  self: string,
  why: (then: RunState, step: StepState, place: Place) => string | null,
): Promise<void> {
  for (const [run, places] of Map.groupBy(open, (one) => one.run)) {
    const then = fold(await record.read(run));
    const decisions = then === null ? [] : places.flatMap((place) => decisionOn(then, place, why));
    if (decisions.length === 0) continue;
    await decideAside({
      run,
      decisions,
      desk: record.desk,
      archive: record,
      journal: record,
      verifier: sshVerifier,
      clock: systemClock,
      self: { writer: thisWriter(), by: self },
    });
  }
}

function decisionOn(
  then: RunState,
  { host, step }: Place,
  why: (then: RunState, step: StepState, place: Place) => string | null,
): Decision[] {
  const earlier = stepAt(then, { host, step });
  if (earlier === undefined || earlier.asked === null) return [];
  const reason = why(then, earlier, { host, step });
  if (reason === null) return [];
  const by = `schedule ${then.plan.schedule?.name ?? ""}`;
  return [{ host, step, digest: earlier.asked.digest, verdict: "deny", by, reason }];
}

type Place = { readonly host: string; readonly step: string };

/** Undefined where nothing was told of the whole host. */
function stepAt({ hosts }: RunState, { host, step }: Place): StepState | undefined {
  const own: HostState | undefined = hosts.get(host);
  if (own === undefined || own.unreachable !== null || own.undetermined !== null) return undefined;
  return own.steps.find(({ plan }) => plan.id === step);
}
