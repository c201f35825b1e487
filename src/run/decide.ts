import { waiting } from "../engine/outcome.ts";
import type { RunState } from "../engine/state.ts";
import type { Decision } from "../model/approval.ts";
import type { Event } from "../model/event.ts";

/** The event of a decision; null when it does not answer what is asked now (another digest, or already answered). */
export function decisionEvent(state: RunState, decision: Decision): Event | null {
  const step = state.hosts.get(decision.host)?.steps.find((each) => each.plan.id === decision.step);
  if (step === undefined || !waiting(step) || step.asked?.digest !== decision.digest) return null;
  const at = { host: decision.host, step: decision.step, digest: decision.digest, by: decision.by };
  return decision.verdict === "approve"
    ? { type: "approved", ...at }
    : { type: "denied", ...at, reason: decision.reason ?? "" };
}
