import { digestOf } from "../engine/digest.ts";
import { columnsOf, keyOf } from "../engine/judge.ts";
import { gate } from "../engine/rollout.ts";
import type { HostState, RunState, StepState } from "../engine/state.ts";
import { outputText } from "../model/output.ts";
import type { LoadedRunbook, Severity, Step } from "../model/runbook.ts";
import { clean } from "./clean.ts";
import { fixOf, linesOf, type CardFix } from "./card-fix.ts";
import { valuesOf, type CardValue } from "./card-values.ts";
import type { Table } from "./table.ts";
import { rolloutWords } from "./step-words.ts";
import { cellWords } from "./words.ts";

/** Everything a person must see to decide on one fix on one host. Every text is cleaned; those that may hold newlines are arrays of lines. */
export type Card = {
  readonly host: string;
  readonly runbook: string;
  readonly step: string;
  readonly title: string;
  readonly severity: Severity;
  /** All findings, key columns first. */
  readonly evidence: Table;
  /** When the evidence was seen, ms since the epoch. */
  readonly seenAt: number;
  /** Null: the step only reports. */
  readonly fix: CardFix | null;
  /** What the scripts get beside the finding's own columns. */
  readonly values: readonly CardValue[];
  readonly preview: { readonly lines: readonly string[]; readonly failed: string | null } | null;
  /** How the fix spreads over the fleet, and this host's place in it. */
  readonly rollout: string;
  /** Names exactly what is on the card. */
  readonly digest: string;
};

/** The longest cell that is shown whole. */
const LONGEST_CELL = 4000;

/** The card of a step on a host, from what is known now. The runbook must be the one that the run was planned with. */
export function cardOf(subject: {
  readonly state: RunState;
  readonly host: string;
  readonly step: string;
  readonly loaded: LoadedRunbook;
}): Card {
  const { state, loaded } = subject;
  const host = state.hosts.get(subject.host);
  const seen = host?.steps.find((one) => one.plan.id === subject.step);
  const step = loaded.runbook.steps.find((one) => one.id === subject.step);
  if (host === undefined || seen === undefined || step === undefined) {
    throw new Error(`no card: ${subject.step} on ${subject.host} is not part of this run`);
  }
  return {
    host: clean(host.host),
    runbook: clean(state.plan.runbook.name),
    step: clean(step.id),
    title: clean(seen.plan.title),
    severity: seen.plan.severity,
    evidence: evidenceTable(step, seen),
    seenAt: seen.seenAt,
    fix: fixOf(loaded, step, seen.plan),
    values: valuesOf(state, host, loaded, step),
    preview: previewOf(seen),
    rollout: rolloutOf(state, host),
    digest: seen.asked?.digest ?? digestOf(state, host, seen),
  };
}

/** Columns that identify a finding stand first. */
function evidenceTable(step: Step, seen: StepState): Table {
  const keys = keyOf(step.detect);
  const all = columnsOf(step.detect);
  const columns = [...all.filter(([name]) => keys.includes(name)), ...all.filter(([name]) => !keys.includes(name))];
  return {
    columns: columns.map(([name, { type }]) => ({
      name,
      side: type === "string" || type === "boolean" ? "left" : "right",
    })),
    rows: (seen.findings ?? []).map((finding) =>
      columns.map(([name, { type }]) => clean(cellWords(finding.values[name] ?? null, type), { max: LONGEST_CELL })),
    ),
  };
}

function previewOf(seen: StepState): Card["preview"] {
  if (seen.preview === null || seen.plan.fix?.preview !== true) return null;
  const { output, failed } = seen.preview;
  return { lines: linesOf(outputText(output)), failed: failed === null ? null : clean(failed) };
}

/** A dry run admits nobody, so there a place would mean nothing. */
function rolloutOf(state: RunState, host: HostState): string {
  const rule = rolloutWords(state.plan.rollout);
  return state.plan.dryRun ? rule : `${placeWords(state, host)}; ${rule}`;
}

function placeWords(state: RunState, host: HostState): string {
  if (host.batch !== null) return `this host is in batch ${host.batch}`;
  const now = gate(state, host);
  switch (now.kind) {
    case "go":
      return "this host may begin";
    case "enter":
      return `if approved now, this host begins in batch ${now.batch}`;
    case "wait":
      return now.for === "batch"
        ? "if approved now, this host begins when the batch before it has ended"
        : "if approved now, this host begins when more hosts have answered";
    case "stop":
      return `this host does not begin: ${clean(now.reason)}`;
  }
}
