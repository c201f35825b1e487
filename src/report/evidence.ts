import { columnsOf, keyOf } from "../engine/judge.ts";
import type { Finding } from "../model/finding.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { cellWords } from "../view/words.ts";

/** Says findings of one step in words on one line; empty for none, or where no runbook says how they read. */
export type Evidence = (step: string, findings: readonly Finding[]) => string;

const HIDDEN = "•••";

/** Words for findings, key columns first and private ones hidden: `pid 4242, bytes 1.2 GiB; and 1 more`. */
export function evidenceOf(loaded: LoadedRunbook | undefined): Evidence {
  return (id, findings) => {
    const [first] = findings;
    const step = loaded?.runbook.steps.find((one) => one.id === id);
    if (first === undefined || step === undefined) return "";
    const keys = new Set(keyOf(step.detect));
    const columns = columnsOf(step.detect).toSorted(([a], [b]) => Number(keys.has(b)) - Number(keys.has(a)));
    const cells = columns.map(([name, column]) => {
      const words = column.private ? HIDDEN : cellWords(first.values[name] ?? null, column.type);
      return step.detect.findings === undefined ? words : `${name} ${words}`;
    });
    return `${cells.join(", ")}${findings.length > 1 ? `; and ${findings.length - 1} more` : ""}`;
  };
}
