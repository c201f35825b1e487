import { permissionFor } from "../engine/permission.ts";
import type { RunState } from "../engine/state.ts";
import type { Decision } from "../model/approval.ts";
import type { Verifier } from "./ports.ts";

/**
 * Why a decision's signature does not count; null: it is good by every policy that names who may sign, or there is none. One that nothing
 * here can check is refused: it would be on record as if it proved something. `now` in ms since the epoch.
 */
export async function signatureDoubt(
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
