import { outputText } from "../model/output.ts";
import type { Cell, Finding } from "../model/finding.ts";
import type { StepPlan } from "../model/plan.ts";
import { moves, hostless } from "./card-kind.ts";
import type { Member, Subject } from "./card-subject.ts";
import { clean } from "./clean.ts";
import { linesOf } from "./card-fix.ts";
import type { Table } from "./table.ts";
import { cellWords } from "./words.ts";

/** The longest cell that is shown whole. */
const LONGEST_CELL = 4000;

type Column = StepPlan["columns"][number];

/** What was found, columns that identify a finding first. On several hosts: what they have in common, and from where to where sizes go. */
export function evidenceTable(subject: Subject): Table {
  const { plan, first } = subject;
  const columns = keysFirst(plan);
  const others = subject.members.slice(1).map((member) => ({ member, findings: byText(plan, member) }));
  return {
    columns: columns.map(({ name, type }) => ({
      name: clean(name),
      side: type === "string" || type === "boolean" ? "left" : "right",
    })),
    rows: (first.step.findings ?? []).map((finding) => {
      const text = hostless(plan, finding, first.host.host);
      const alike = others.flatMap(({ findings }) => findings.get(text) ?? []);
      return columns.map((column) => {
        const words = alike.length === 0 ? oneCell(finding, column) : sharedCell(finding, alike, column);
        return clean(words, { max: LONGEST_CELL });
      });
    }),
  };
}

function keysFirst({ columns }: StepPlan): readonly Column[] {
  return [...columns.filter(({ key }) => key), ...columns.filter(({ key }) => !key)];
}

function byText(plan: StepPlan, { host, step }: Member): ReadonlyMap<string, Finding> {
  return new Map((step.findings ?? []).map((finding) => [hostless(plan, finding, host.host), finding]));
}

function oneCell(finding: Finding, { name, type }: Column): string {
  return cellWords(finding.values[name] ?? null, type);
}

function sharedCell(finding: Finding, alike: readonly Finding[], column: Column): string {
  const all = [finding, ...alike].map(({ values }) => values[column.name] ?? null);
  if (moves(column)) return rangeWords(all, column);
  const words = oneCell(finding, column);
  return all.every((cell) => cell === all[0]) ? words : "(the host)";
}

function rangeWords(cells: readonly Cell[], { type }: Column): string {
  const numbers = cells.filter((cell) => typeof cell === "number").toSorted((a, b) => a - b);
  const [least, most] = [numbers[0] ?? null, numbers.at(-1) ?? null];
  const [from, to] = [cellWords(least, type), cellWords(most, type)];
  return from === to ? from : `${from} to ${to}`;
}

/** The columns that tell a finding from others, in words on one line: `pid 4242, started Nov 3`. */
export function findingWords(plan: StepPlan, finding: Finding): string {
  const keys = plan.columns.filter(({ key }) => key);
  const words = keys.map((column) => (keys.length === 1 ? "" : `${column.name} `) + oneCell(finding, column));
  return clean(words.join(", "), { max: LONGEST_CELL });
}

/** What a fix would change, as its preview says. */
export type CardPreview = { readonly lines: readonly string[]; readonly failed: string | null };

/** The preview's lines; null where the runbook has none, or it did not run. The same for all hosts of one kind. */
export function previewOf({ step }: Member): CardPreview | null {
  if (step.preview === null || step.plan.fix?.preview !== true) return null;
  const { output, failed } = step.preview;
  return { lines: linesOf(outputText(output)), failed: failed === null ? null : clean(failed) };
}
