import { createHash } from "node:crypto";
import type { HostState, RunState, StepState } from "./state.ts";

/**
 * Names exactly what an approval is for: runbook (its digest covers every script), step, host, the findings' keys, inputs and facts.
 * Sizes and percents that move by themselves are not in it. 32 hex digits of a SHA-256.
 */
export function digestOf(state: RunState, host: HostState, step: StepState): string {
  const known = digests.get(step);
  if (known !== undefined) return known;
  const digest = compute(state, host, step);
  digests.set(step, digest);
  return digest;
}

/** A step's state never changes, and it has findings only once its host's facts are known: so its digest is worked out once. */
const digests = new WeakMap<StepState, string>();

function compute(state: RunState, host: HostState, step: StepState): string {
  const subject = subjectOf(state, host, step);
  return createHash("sha256").update(JSON.stringify(subject)).digest("hex").slice(0, 32);
}

/** What the digest is of, as it is hashed: so that somebody else can make it again. */
export function subjectOf(state: RunState, host: HostState, step: StepState): readonly unknown[] {
  const keys = (step.findings ?? []).map((finding) => finding.key).toSorted();
  const { runbook } = state.plan;
  const inputs = { ...state.plan.inputs, ...state.plan.hostInputs[host.host] };
  return [runbook.name, runbook.digest, step.plan.id, host.host, keys, sorted(inputs), sorted(host.facts ?? {})];
}

function sorted(values: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
