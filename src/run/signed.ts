import PQueue from "p-queue";
import { permissionFor } from "../engine/permission.ts";
import type { RunState } from "../engine/state.ts";
import type { Decision } from "../model/approval.ts";
import type { Verifier } from "./ports.ts";

/** Each takes a few processes to check; more at once than this would not make it faster. */
const AT_ONCE = 4;

/** What is to be said against the signatures of decisions, in their order; null for nothing. `now` in ms since the epoch. */
export async function signatureDoubts(
  state: RunState,
  decisions: readonly Decision[],
  verifier: Verifier,
  now: number,
): Promise<readonly (string | null)[]> {
  const queue = new PQueue({ concurrency: AT_ONCE });
  return Promise.all(decisions.map((decision) => queue.add(() => signatureDoubt(state, decision, verifier, now))));
}

/**
 * Why a decision's signature does not count; null: it is good by every policy that names who may sign, or there is none. One that nothing
 * here can check is refused: it would be on record as if it proved something. `now` in ms since the epoch.
 */
async function signatureDoubt(
  state: RunState,
  decision: Decision,
  verifier: Verifier,
  now: number,
): Promise<string | null> {
  const step = state.plan.steps.find((each) => each.id === decision.step);
  // What is not in the run is refused for that.
  if (decision.signature === undefined || step === undefined) return null;
  const { signers } = permissionFor({ plan: state.plan, host: decision.host, step, now });
  if (signers.length === 0) {
    return "its signature cannot be checked: no policy of this run names an allowed_signers file; decide without one";
  }
  return (await verifier.verify(state.run, decision, signers))?.refused ?? null;
}
