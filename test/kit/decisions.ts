import type { Decision, Signature } from "../../src/model/approval.ts";
import type { RunState } from "../../src/engine/state.ts";
import { asked, reached, saw, stepOf, type Told } from "./tale.ts";

/** The step of a tale that decisions are about. */
export const AT = { host: "host1", step: "step-1" };

/** Its card is out. */
export const SICK: readonly Told[] = [reached(), saw(["a"]), asked()];

/** Bob's yes to what is asked, but for these parts. */
export function yes(state: RunState, parts: Partial<Decision> = {}): Decision {
  return { ...AT, digest: stepOf(state).asked?.digest ?? "none", verdict: "approve", by: "bob", ...parts };
}

/** A decider with a signature, by a key of their own unless another is given. */
export function signedBy(principal: string, key = `SHA256:${principal}`): { by: string; signature: Signature } {
  return { by: principal, signature: { principal, key, text: "-----BEGIN SSH SIGNATURE-----" } };
}

/** The event of somebody's yes. */
export function approvedBy(by: string): Told {
  return (state) => ({ type: "approved", ...AT, digest: yes(state).digest, by });
}
