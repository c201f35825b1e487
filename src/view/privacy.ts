import type { Entry } from "../model/event.ts";
import type { RunPlan, StepPlan } from "../model/plan.ts";
import type { Cell, Finding } from "../model/finding.ts";
import type { Output } from "../model/output.ts";
import { mask, Secret } from "../model/secret.ts";
import { clean } from "./clean.ts";
import { HIDDEN } from "./evidence.ts";

/** Shorter values than this are hidden in their column alone: elsewhere they would black out half of every text. */
const TELLING = 3;

/** Hides what is private on one host. */
export type Privacy = {
  text<T extends string | null>(text: T): T | string;
  output(output: Output): Output;
};

/** Hides nothing: for what is on no host. */
export const OPEN: Privacy = { text: (text) => text, output: (output) => output };

/**
 * What hides, on each host, the values that any look at it read into a private column: in every text of the host, since scripts print what
 * they work on.
 */
export function privacyOf(entries: readonly Entry[], plan: RunPlan): (host: string) => Privacy {
  const secrets = new Map<string, Map<string, Secret>>();
  const plans = entries.flatMap(({ event }) =>
    event.type === "run-resumed" ? (event.accepted?.plan.steps ?? []) : [],
  );
  // Private by any runbook that the run was made with is private for good.
  const columns = Map.groupBy([...plan.steps, ...plans], (step) => step.id);
  for (const { event } of entries) {
    if (event.type !== "detected") continue;
    const hidden = [...new Set((columns.get(event.step) ?? []).flatMap(privateColumns))];
    if (hidden.length === 0) continue;
    const own = secrets.get(event.host) ?? new Map<string, Secret>();
    secrets.set(event.host, own);
    for (const text of event.findings.flatMap((finding) => textsOf(finding, hidden))) own.set(text, new Secret(text));
  }
  const made = new Map([...secrets].map(([host, own]) => [host, hiding([...own.values()])]));
  return (host) => made.get(host) ?? OPEN;
}

/** A finding's values as a report may show them; `steps`: its step as it was, and as it is by now. */
export function shownValues(steps: readonly StepPlan[], { values }: Finding): Record<string, Cell> {
  const hidden = new Set(steps.flatMap(privateColumns));
  return Object.fromEntries(
    Object.entries(values).map(([name, cell]) => [name, hidden.has(name) && cell !== null ? HIDDEN : cell]),
  );
}

function privateColumns(step: StepPlan): string[] {
  return step.columns.filter((column) => column.private).map(({ name }) => name);
}

/** Also as it reads once it is cleaned, since some texts are by then. */
function textsOf({ values }: Finding, hidden: readonly string[]): string[] {
  const texts = hidden.flatMap((name) => {
    const cell = values[name] ?? null;
    return cell === null || typeof cell === "boolean" ? [] : [String(cell), clean(String(cell))];
  });
  return texts.filter((text) => text.trim().length >= TELLING);
}

function hiding(secrets: readonly Secret[]): Privacy {
  const text = <T extends string | null>(shown: T): T | string => (shown === null ? shown : mask(shown, secrets));
  return {
    text,
    output: ({ head, tail, omitted }) => ({ head: mask(head, secrets), tail: mask(tail, secrets), omitted }),
  };
}
