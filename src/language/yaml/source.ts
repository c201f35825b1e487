import type { Fault } from "../../model/fault.ts";
import { widthOfCharacter } from "../../model/width.ts";

/** A stretch of one line of a file: line and column count from 1, all three in UTF-16 code units. */
export type Place = { readonly line: number; readonly column: number; readonly length: number };

/** A file's text with the means to point into it. */
export type Source = {
  readonly file: string;
  readonly text: string;
  /** The place of the characters from `start` to `end` (offsets), cut at the end of the first line. */
  place(start: number, end: number): Place;
  /** The text of a line (counted from 1) without its line break, empty beyond the end. */
  line(number: number): string;
  /** An `invalid-file` fault that points at the place. */
  fault(place: Place, message: string, hint?: string): Fault;
};

/** Lines wider than this are cut around the place, so that the caret stays visible. */
const WIDTH = 110;
const CUT = "\u2026";
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** Makes a `Source` of a file's text; of a hidden one no fault shows lines. */
export function sourceOf(text: string, file: string, hidden = false): Source {
  const breaks = Array.from(text.matchAll(/\r\n|\r|\n/g), (match) => [match.index, match[0].length] as const);
  const starts = [0, ...breaks.map(([at, length]) => at + length)];
  const ends = [...breaks.map(([at]) => at), text.length];
  const line = (number: number): string => text.slice(starts[number - 1] ?? text.length, ends[number - 1]);
  const place = (start: number, end: number): Place => {
    const number = lineAt(starts, start);
    const column = start - (starts[number - 1] ?? 0) + 1;
    return { line: number, column, length: Math.max(1, Math.min(end, ends[number - 1] ?? end) - start) };
  };
  return {
    file,
    text,
    line,
    place,
    fault: (at, message, hint) => ({
      kind: "invalid-file",
      message,
      ...(hint === undefined ? {} : { hint }),
      where: `${file}:${at.line}:${at.column}`,
      ...(hidden ? {} : { excerpt: excerpt(line(at.line), at) }),
    }),
  };
}

/** Puts faults in the order of their places in the file, each once; those without a place come first. */
export function inFileOrder(faults: readonly Fault[]): Fault[] {
  const once = new Map(faults.map((fault) => [`${fault.where}\0${fault.message}`, fault]));
  return Array.from(once.values())
    .map((fault) => ({ fault, at: lineAndColumn(fault.where ?? "") }))
    .toSorted((a, b) => a.at[0] - b.at[0] || a.at[1] - b.at[1])
    .map(({ fault }) => fault);
}

/** Line and column (from 1) of a fault's place; zeros where it has none. */
export function lineAndColumn(where: string): readonly [number, number] {
  const match = /:(\d+):(\d+)$/.exec(where);
  return match === null ? [0, 0] : [Number(match[1]), Number(match[2])];
}

/** The number (from 1) of the line that holds an offset. */
function lineAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}

function excerpt(text: string, place: Place): string {
  const shift = place.column + place.length > WIDTH ? Math.max(0, place.column - Math.floor(WIDTH / 2)) : 0;
  const rest = text.length > shift + WIDTH ? CUT : "";
  const before = shift > 0 ? CUT : "";
  const part = text.slice(shift, shift + WIDTH).replaceAll(UNPRINTABLE, (char) => (char === "\t" ? " " : "\u00B7"));
  const shown = `${before}${part}${rest}`;
  const from = place.column - 1 - shift + before.length;
  const marks = "^".repeat(Math.max(1, width(shown.slice(from, from + place.length))));
  const number = String(place.line);
  return `${number} | ${shown}\n${" ".repeat(number.length)} | ${" ".repeat(width(shown.slice(0, from)))}${marks}`;
}

/** Whether an excerpt is a part of its line only. */
export function isCut(excerpt: string): boolean {
  const line = (excerpt.split("\n", 1)[0] ?? "").replace(/^\d+ \| /, "");
  return line.startsWith(CUT) || line.endsWith(CUT);
}

/** Columns on a terminal. */
function width(text: string): number {
  let columns = 0;
  for (const character of text) columns += widthOfCharacter(character);
  return columns;
}
