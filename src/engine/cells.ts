import type { Cell, Finding } from "../model/finding.ts";
import { parseBytes, parseDuration, parsePercent } from "../model/quantity.ts";
import type { ColumnType, Input } from "../model/runbook.ts";

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

/** An input's value in the form that scripts get (seconds, bytes, bare percents), or why it is none. */
export function parseInput(value: unknown, input: Input): { readonly text: string } | { readonly wrong: string } {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
    return { wrong: `expected ${input.type}, not ${value === null ? "nothing" : typeof value}` };
  }
  const text = String(value);
  if (input.type === "string") {
    const fits = input.pattern === undefined || new RegExp(`^(?:${input.pattern})$`, "u").test(text);
    return fits ? { text } : { wrong: `${JSON.stringify(text)} does not match ${input.pattern}` };
  }
  if (input.type === "choice") {
    return input.choices.includes(text) ? { text } : { wrong: `expected one of ${input.choices.join(", ")}` };
  }
  const parsed = parseCell(text, input.type);
  if ("wrong" in parsed) return parsed;
  if (parsed.cell === null) return wrong(text, input.type);
  if (input.type !== "boolean") {
    const number = Number(parsed.cell);
    if (input.min !== undefined && number < input.min) return { wrong: `${text} is below ${input.min}` };
    if (input.max !== undefined && number > input.max) return { wrong: `${text} is above ${input.max}` };
  }
  return { text: String(parsed.cell) };
}
