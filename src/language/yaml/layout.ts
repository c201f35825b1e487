/** A line of a YAML text as it looks, whether or not it can be read: offsets, and the column (from 0) of its first word. */
export type Line = { readonly start: number; readonly end: number; readonly text: string; readonly column: number };
/** `dash`: its column is that of a dash. */
export type Above = Line & { readonly dash: boolean };

/** The dashes of the items that a line begins. */
export const DASHES = /^ *(?:- +)+/;
/** A line with a key and its colon. */
export const KEY = /^\s*[^\s#].*?:(?:\s|$)/;
/** The head of a text over several lines. */
export const BLOCK = /(?:^\s*|:\s+|-\s+)(?:[&!]\S+\s+)*[|>][-+0-9]*\s*(?:#.*)?$/;
/** `run:|` and `run |`, which begin no text. */
export const GLUED = /^\s*(?:- +)*[\w-]+(?::| +)[|>][-+0-9]*\s*$/;
/** Columns from one stop of a tab to the next. */
const TAB = 8;

/** The line that an offset is on. */
export function lineAt(text: string, offset: number): Line {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const stop = text.indexOf("\n", offset);
  const end = stop < 0 ? text.length : stop;
  const line = text.slice(start, end);
  return { start, end, text: line, column: indentOf(line) };
}

/** Columns before the first word of a line. */
function indentOf(line: string): number {
  let column = 0;
  for (const char of line) {
    if (char === "\t") column += TAB - (column % TAB);
    else if (char === " ") column += 1;
    else break;
  }
  return column;
}

/** Whether tabs stand before it. */
export function isTabbed({ text }: Line): boolean {
  return /^ *\t/.test(text);
}

/** Whether a text over several lines begins on it, or is to begin. */
export function begins({ text }: Line): boolean {
  return BLOCK.test(text) || GLUED.test(text);
}

/** The next line that is not empty. */
export function nextLine(text: string, { end }: Line): Line | undefined {
  for (let at = end + 1; at < text.length;) {
    const line = lineAt(text, at);
    if (line.text.trim() !== "") return line;
    at = line.end + 1;
  }
  return undefined;
}

/** The lines above one that are indented less and less, from the nearest on. */
export function outline(text: string, from: Line): readonly Above[] {
  const found: Above[] = [];
  for (let line = from; line.start > 0;) {
    line = lineAt(text, line.start - 1);
    if (line.text.trim() === "" || line.text.trimStart().startsWith("#")) continue;
    const dashes = DASHES.exec(line.text)?.[0].length ?? 0;
    for (const column of dashes > 0 ? [dashes, line.column] : [line.column]) {
      if (column < (found.at(-1)?.column ?? Infinity))
        found.push({ ...line, column, dash: column !== dashes && dashes > 0 });
    }
    if (line.column === 0) break;
  }
  return found;
}
