import type { StepPlan } from "../model/plan.ts";
import type { Finding } from "../model/finding.ts";
import { cellWords, counted } from "./words.ts";

/** What stands in place of a private cell. */
export const HIDDEN = "•••";

/** The columns of a step's findings, in the runbook's order. */
type Columns = { readonly columns: readonly StepPlan["columns"][number][] };

/** The first finding in words on one line, key columns first and private ones hidden: `pid 4242, size 1.2 GiB; and 1 more`. */
export function evidenceOf(step: Columns, findings: readonly Pick<Finding, "values">[]): string {
  const [first] = findings;
  if (first === undefined) return "";
  const columns = step.columns.toSorted((a, b) => Number(b.key) - Number(a.key));
  const cells = columns.map(({ name, type, private: hidden }) => {
    const words = hidden ? HIDDEN : cellWords(first.values[name] ?? null, type);
    return columns.length === 1 ? words : `${name} ${words}`;
  });
  return `${cells.join(", ")}${findings.length > 1 ? `; and ${findings.length - 1} more` : ""}`;
}

/** The same with its number in front: `2 findings: pid 4242, …`. */
export function countedEvidence(step: StepPlan, findings: readonly Finding[]): string {
  const words = evidenceOf(step, findings);
  return `${counted(findings.length, "finding")}${words === "" ? "" : `: ${words}`}`;
}
