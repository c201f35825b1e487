import type { HostState, RunState, StepState } from "../engine/state.ts";
import type { Cell, Finding } from "../model/finding.ts";
import type { StepPlan } from "../model/plan.ts";
import { outputText } from "../model/output.ts";
import { isMeasure, type LoadedRunbook } from "../model/runbook.ts";
import { valuesOf } from "./card-values.ts";

/** Whether a column may differ between cards of one kind: a size or a percentage that does not tell which finding it is. */
export function moves(column: StepPlan["columns"][number]): boolean {
  return !column.key && isMeasure(column.type);
}

/**
 * Two cards are of one kind when this is the same text: one step, the same script with the same values, the same preview, and the same
 * findings, but for sizes and percentages that move by themselves and for cells and values that are the host's own name. Such cards may be
 * shown, and decided on, as one (`groupCardOf`).
 */
export function cardKind(state: RunState, host: HostState, step: StepState, loaded: LoadedRunbook): string {
  const known = kinds.get(step);
  if (known !== undefined) return known;
  const kind = compute(state, host, step, loaded);
  kinds.set(step, kind);
  return kind;
}

/** A step's state never changes, and it has findings only once its host's facts are known. */
const kinds = new WeakMap<StepState, string>();

function compute(state: RunState, host: HostState, step: StepState, loaded: LoadedRunbook): string {
  const written = loaded.runbook.steps.find(({ id }) => id === step.plan.id);
  const values = written === undefined ? [] : valuesOf(state, host, loaded, written);
  const preview = step.preview === null ? null : [outputText(step.preview.output), step.preview.failed];
  const findings = (step.findings ?? []).map((finding) => hostless(step.plan, finding, host.host));
  return JSON.stringify([
    step.plan.id,
    findings.toSorted(),
    values.map(({ name, text }) => [name, text === host.host ? HOST : text]),
    preview,
  ]);
}

/** A finding as it would be on any host, without what moves: the same text for what is the same on two hosts. */
export function hostless(plan: StepPlan, finding: Finding, host: string): string {
  const still = plan.columns.filter((column) => !moves(column)).map(({ name }) => finding.values[name] ?? null);
  return JSON.stringify(still.map((cell): Cell | typeof HOST => (cell === host ? HOST : cell)));
}

/** No text that a host prints is the same as this. */
const HOST = ["host"];
