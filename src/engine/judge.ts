import { type Cell, type Finding } from "../model/finding.ts";
import { outputText, type Output } from "../model/output.ts";
import { isMeasure, type Column, type Step } from "../model/runbook.ts";
import { parseCell } from "./cells.ts";
import { exitReason, lastLine } from "./words.ts";

/** More findings than this on one host are not a list of problems any more. */
const MOST_FINDINGS = 1000;

/** What a detect script said: its findings (none: healthy), or why it cannot be told. */
export type Judgement = { readonly findings: readonly Finding[] } | { readonly unknown: string };

/** The part of a step that says how its detect's output reads. */
export type Reading = Pick<Step["detect"], "findings" | "format" | "key">;

/** Judges one detect: healthy only when it exited 0, printed no finding and said nothing on stderr. */
export function judge(reading: Reading, exit: number, stdout: Output, stderr: Output): Judgement {
  if (exit !== 0) return { unknown: exitReason("detect", exit, stderr, 0) };
  const complaint = lastLine(outputText(stderr)).slice(0, 300);
  if (stdout.omitted > 0) return { unknown: "detect printed more than can be kept" };
  const columns = columnsOf(reading);
  const rows = ROWS[reading.format](stdout.head, columns);
  if ("unknown" in rows) return rows;
  if (rows.length > MOST_FINDINGS)
    return { unknown: `detect printed ${rows.length} findings; at most ${MOST_FINDINGS} count` };
  if (rows.length === 0 && outputText(stderr) !== "") {
    return { unknown: `detect found nothing but said: ${complaint === "" ? "(white space, on stderr)" : complaint}` };
  }
  return keyed(rows, keyOf(reading));
}

/** The columns in order; a step without `findings` has one, `message`. */
export function columnsOf(reading: Reading): readonly (readonly [string, Column])[] {
  return Object.entries(reading.findings ?? { message: { type: "string", private: false } });
}

/** The columns that identify a finding: as declared, else all that do not move by themselves. */
export function keyOf(reading: Reading): readonly string[] {
  if (reading.key !== undefined) return reading.key;
  const columns = columnsOf(reading);
  const still = columns.filter(([, column]) => !isMeasure(column.type));
  return (still.length > 0 ? still : columns).map(([name]) => name);
}

type Row = Readonly<Record<string, Cell>>;
type Rows = readonly Row[] | { readonly unknown: string };
function counted(columns: number): string {
  return columns === 1 ? "1 column" : `${columns} columns`;
}

type Columns = ReturnType<typeof columnsOf>;

const ROWS: Readonly<Record<Reading["format"], (text: string, columns: Columns) => Rows>> = {
  tab: (text, columns) => records(text === "" ? [] : text.replace(/\n$/, "").split("\n"), columns, fieldsOfLine),
  nul: (text, columns) => records(text === "" ? [] : text.replace(/\0\n?$/, "").split("\0"), columns, fieldsOfRecord),
  json: jsonRows,
};

/** A single text column takes the whole line, TABs included. */
function fieldsOfLine(line: string, columns: Columns): string[] {
  return columns.length === 1 ? [line] : line.split("\t");
}

/** Likewise: the TAB at its end is none of the value. */
function fieldsOfRecord(record: string, columns: Columns): string[] {
  const whole = record.replace(/\t$/, "");
  return columns.length === 1 ? [whole] : whole.split("\t");
}

function records(lines: string[], columns: Columns, split: (line: string, columns: Columns) => string[]): Rows {
  const rows: Row[] = [];
  for (const [index, line] of lines.entries()) {
    const fields = split(line, columns);
    if (line === "" || fields.length !== columns.length) {
      return {
        unknown: `line ${index + 1} has ${counted(line === "" ? 0 : fields.length)}, not ${columns.length}: ${quoted(line)}`,
      };
    }
    const row = rowOf(columns, (_, at) => fields[at] ?? "", index);
    if ("unknown" in row) return row;
    rows.push(row.row);
  }
  return rows;
}

function jsonRows(text: string, columns: Columns): Rows {
  const values = parseJson(text);
  if (values === undefined) return { unknown: `detect printed no valid JSON: ${quoted(text)}` };
  const rows: Row[] = [];
  for (const [index, value] of values.entries()) {
    if (typeof value !== "object" || value === null) return { unknown: `finding ${index + 1} is not a JSON object` };
    const extra = Object.keys(value).find((name) => !columns.some(([column]) => column === name));
    if (extra !== undefined)
      return { unknown: `finding ${index + 1} has a column ${quoted(extra)} that is not declared` };
    const cells = new Map(Object.entries(value));
    const row = rowOf(columns, (name) => cells.get(name), index);
    if ("unknown" in row) return row;
    rows.push(row.row);
  }
  return rows;
}

/** One JSON text (an object, or an array of them), or one on every line. */
function parseJson(text: string): unknown[] | undefined {
  if (text.trim() === "") return [];
  try {
    const whole: unknown = JSON.parse(text);
    return Array.isArray(whole) ? whole : [whole];
  } catch {
    try {
      return text
        .trim()
        .split("\n")
        .flatMap((line): unknown[] => [JSON.parse(line)].flat());
    } catch {
      return undefined;
    }
  }
}

function rowOf(
  columns: Columns,
  field: (name: string, at: number) => unknown,
  index: number,
): { row: Row } | { unknown: string } {
  const row: Record<string, Cell> = {};
  for (const [at, [name, column]] of columns.entries()) {
    const value = field(name, at);
    if (value === undefined) return { unknown: `finding ${index + 1} lacks the column ${name}` };
    if (value !== null && typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
      return { unknown: `finding ${index + 1}: ${name} is not a plain value` };
    }
    if (typeof value === "string" && value.includes("\0")) {
      return { unknown: `finding ${index + 1}: ${name} holds a NUL byte, which no shell can take` };
    }
    const parsed = value === null ? { cell: null } : parseCell(String(value), column.type);
    if ("wrong" in parsed) return { unknown: `finding ${index + 1}: ${name}: ${parsed.wrong}` };
    row[name] = parsed.cell;
  }
  return { row };
}

/** Two findings with one key could not be told apart by approval and verification, so only exact repeats are let through (once). */
function keyed(rows: readonly Row[], key: readonly string[]): Judgement {
  const findings = new Map<string, Finding>();
  for (const values of rows) {
    const finding = { values, key: keyText(key, values) };
    const same = findings.get(finding.key);
    if (same !== undefined && JSON.stringify(same.values) !== JSON.stringify(values)) {
      return { unknown: `two findings have the same key (${key.join(", ")}): ${quoted(finding.key)}` };
    }
    findings.set(finding.key, finding);
  }
  return { findings: [...findings.values()] };
}

/** What identifies a finding, as text: the values of its key columns as JSON. */
export function keyText(key: readonly string[], values: Finding["values"]): string {
  return JSON.stringify(key.map((name) => values[name] ?? null));
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
