import { createHash } from "node:crypto";
import type { HostState, RunState, StepState } from "./state.ts";

/**
 * Names exactly what an approval is for: runbook (its digest covers every script), step, host, the findings' keys, inputs and facts.
 * Sizes and percents that move by themselves are not in it. 16 hex digits of a SHA-256.
 */
export function digestOf(state: RunState, host: HostState, step: StepState): string {
  const keys = (step.findings ?? []).map((finding) => finding.key).toSorted();
  const { runbook } = state.plan;
  const inputs = { ...state.plan.inputs, ...state.plan.hostInputs[host.host] };
  const subject = [
    runbook.name,
    runbook.digest,
    step.plan.id,
    host.host,
    keys,
    sorted(inputs),
    sorted(host.facts ?? {}),
  ];
  return createHash("sha256").update(JSON.stringify(subject)).digest("hex").slice(0, 16);
}

function sorted(values: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
