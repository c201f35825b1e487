import { fold } from "../engine/evolve.ts";
import type { HostState, RunState, StepState } from "../engine/state.ts";
import type { SqliteRecord } from "../journal/sqlite.ts";
import { thisWriter } from "../journal/writer.ts";
import type { Decision } from "../model/approval.ts";
import { decideAside } from "../run/aside.ts";
import { systemClock } from "../run/clock.ts";
import { withdrawalOf } from "../schedule/withdrawal.ts";
import { sshVerifier } from "../sign/verifier.ts";

/**
 * Takes back what earlier runs of a schedule ask though it is gone, or asked anew, as a run of it has seen: so nobody is asked about nothing, and nothing is
 * asked twice. It counts as a no of the schedule, which says why.
 */
export async function withdrawOld(record: SqliteRecord, run: string, by: string): Promise<void> {
  const now = fold(await record.read(run));
  const schedule = now?.plan.schedule?.name;
  if (now === null || schedule === undefined) return;
  const open = await record.openOf(schedule, now.plan.runbook.name);
  const earlier = Map.groupBy(
    open.filter((one) => one.run !== run),
    (one) => one.run,
  );
  for (const [other, asked] of earlier) {
    const then = fold(await record.read(other));
    const decisions = asked.flatMap(({ host, step }) => (then === null ? [] : decisionOn(then, now, { host, step })));
    if (decisions.length === 0) continue;
    await decideAside({
      run: other,
      decisions,
      desk: record.desk,
      archive: record,
      journal: record,
      verifier: sshVerifier,
      clock: systemClock,
      self: { writer: thisWriter(), by },
    });
  }
}

type Place = { readonly host: string; readonly step: string };

function decisionOn(then: RunState, now: RunState, place: Place): Decision[] {
  const [earlier, later] = [stepAt(then, place), stepAt(now, place)];
  if (earlier === undefined || later === undefined || earlier.asked === null) return [];
  const reason = withdrawalOf(earlier, later, now.run);
  if (reason === null) return [];
  const by = `schedule ${now.plan.schedule?.name ?? ""}`;
  return [{ ...place, digest: earlier.asked.digest, verdict: "deny", by, reason }];
}

/** Undefined where nothing was told of the whole host. */
function stepAt({ hosts }: RunState, { host, step }: Place): StepState | undefined {
  const own: HostState | undefined = hosts.get(host);
  if (own === undefined || own.unreachable !== null || own.undetermined !== null) return undefined;
  return own.steps.find(({ plan }) => plan.id === step);
}
