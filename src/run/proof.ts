import { evolve } from "../engine/evolve.ts";
import { permissionFor } from "../engine/permission.ts";
import type { HostState, RunState, StepState, Vote } from "../engine/state.ts";
import { deciderOf, type Decision } from "../model/approval.ts";
import type { Entry, Event } from "../model/event.ts";
import type { LetterParts } from "./letters.ts";
import { signatureDoubts } from "./signed.ts";

/**
 * Checks the signatures on record once more, of every yes whose fix has not begun: whoever may write the record could have put it there, and
 * keys are revoked. One that is not good any more, by the policies of `state`, takes the approval with it, which is recorded with the
 * reason. For whoever has the lease, before anything else counts.
 */
export async function voidUnproven(parts: Omit<LetterParts, "desk">, state: RunState): Promise<RunState> {
  const { run, journal, verifier, clock } = parts;
  const signed = [...state.hosts.values()].flatMap((host) =>
    host.steps.flatMap((step) => signedVotes(state, host, step, clock.now())),
  );
  const doubts = await signatureDoubts(state, signed, verifier, clock.now());
  const voided = new Map<string, Event>();
  for (const [at, { host, step, signature }] of signed.entries()) {
    const doubt = doubts[at] ?? null;
    if (doubt === null) continue;
    const reason = `the signature of ${signature?.principal ?? "nobody"} on it is not good: ${doubt}`;
    voided.set(JSON.stringify([host, step]), { type: "approval-voided", host, step, reason });
  }
  let now = state;
  for (const event of voided.values()) {
    const entry: Entry = { run, seq: now.seq + 1, at: clock.now(), event };
    await journal.append([entry]);
    now = evolve(now, entry);
  }
  return now;
}

/** The yeses to what is asked or approved that claim a signature; what is not signed at all counts for nothing where a policy wants it. */
function signedVotes(state: RunState, { host }: HostState, step: StepState, now: number): Decision[] {
  if (step.end !== null || step.fixes.length > 0) return [];
  const { signed, signers } = permissionFor({ plan: state.plan, host, step: step.plan, now });
  // Nobody wants a proof, and nothing could check one.
  if (!signed && signers.length === 0) return [];
  const votes = step.votes.filter(({ signature }) => signature !== undefined);
  return votes.map((vote) => decisionOf(host, step.plan.id, vote));
}

function decisionOf(host: string, step: string, vote: Vote): Decision {
  const { digest, reason } = vote;
  return {
    host,
    step,
    digest,
    verdict: "approve",
    ...deciderOf(vote),
    ...(reason === undefined ? {} : { reason }),
  };
}
