import type { Cell, Finding } from "../model/finding.ts";
import { parseBytes, parseDuration, parsePercent } from "../model/quantity.ts";
import type { ColumnType } from "../model/runbook.ts";

/** A cell from its text, or why it is none. `-` is an empty cell of any type. */
export function parseCell(text: string, type: ColumnType): { readonly cell: Cell } | { readonly wrong: string } {
  if (text === "-") return { cell: null };
  if (type === "string") return { cell: text };
  if (type === "boolean") return text === "true" || text === "false" ? { cell: text === "true" } : wrong(text, type);
  const value = NUMBERS[type](text);
  return value === undefined || !Number.isFinite(value) ? wrong(text, type) : { cell: value };
}

const NUMBERS: Readonly<Record<Exclude<ColumnType, "string" | "boolean">, (text: string) => number | undefined>> = {
  integer: (text) => (/^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined),
  number: (text) => (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined),
  bytes: parseBytes,
  percent: parsePercent,
  duration: (text) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : parseDuration(text)),
};

function wrong(text: string, type: string): { readonly wrong: string } {
  const article = /^[aeiou]/.test(type) ? "an" : "a";
  return { wrong: `${JSON.stringify(text.slice(0, 80))} is not ${article} ${type}` };
}

/** A cell as a script sees it: plain numbers, `true`/`false`, and nothing for an empty cell. */
export function cellText(cell: Cell): string {
  return cell === null ? "" : String(cell);
}

/**
 * Findings as the lines of `$findings`: one a finding, columns separated by TAB, `-` for an empty cell.
 * TAB, newline and backslash inside a value are written as `\t`, `\n` and `\\`, which `printf %b` undoes.
 */
export function findingLines(findings: readonly Finding[]): string {
  return findings.map((finding) => Object.values(finding.values).map(escaped).join("\t")).join("\n");
}

function escaped(cell: Cell): string {
  const text = cellText(cell);
  if (text === "") return "-";
  return text.replaceAll("\\", "\\\\").replaceAll("\t", "\\t").replaceAll("\n", "\\n");
}
