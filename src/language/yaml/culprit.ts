import { parseEvents, type YAMLException } from "js-yaml";
import { begins, GLUED, KEY, lineAt, outline, type Line } from "./layout.ts";

/** Mistakes that spoil their own line and what is indented under it, and nothing else. */
const LOCAL =
  /^(tab characters must not|bad indentation of a (mapping|sequence) entry|can not read a block mapping entry|a whitespace character is expected|unknown escape sequence|expected hexadecimal|bad explicit indentation width|repeat of (a chomping|an indentation)|name of an (alias|anchor) node|unknown \w+ tag|expected the node content|expected ':' after a mapping key)/;
const UNCLOSED = /^(unexpected end|deficient indentation|missed comma)/;
/** Characters that are read to find where something was opened. */
const MOST_READ = 10_000_000;

/** Where a mistake is, which is not always where it is met. */
export type Culprit = {
  /** The offset at which it is told. */
  readonly at: number;
  /** Whether it is a key without a colon and a blank. */
  readonly key: boolean;
  /** Whether it spoils its own line and what is under it, and nothing else. */
  readonly local: boolean;
  /** Where the line begins on which something was opened that is never closed, or in the wrong place; undefined where that cannot be told, or is none of this. */
  readonly opener: number | undefined;
};

/** Finds out what js-yaml stumbled over. */
export function culpritOf(text: string, { reason, mark }: YAMLException): Culprit {
  const met = mark?.position ?? 0;
  const line = lineAt(text, met);
  const before = text.slice(line.start, met);
  // Behind a quote that was opened on an earlier line, that line is the one to mend.
  const local = LOCAL.test(reason) && (!/["']\s*$/.test(before) || isClosed(before));
  const opener = !local && (UNCLOSED.test(reason) || LOCAL.test(reason)) ? openerBefore(text, line) : undefined;
  const key = keyWithout(text, reason, met);
  return { at: key ?? met, key: key !== undefined, local, opener };
}

/** Where a key begins that lacks its colon or the blank behind it. */
function keyWithout(text: string, reason: string, met: number): number | undefined {
  const line = lineAt(text, met);
  if (/expected ':' after/.test(reason)) return line.start + (/^\s*(?:- +)*/.exec(line.text)?.[0].length ?? 0);
  if (!/multiline key|bad indentation of/.test(reason)) return undefined;
  // It is met at the next key's colon, and belongs to the lines before.
  const colon = /multiline key/.test(reason) || (text.charAt(met) === ":" && !/:\s/.test(text.slice(line.start, met)));
  return keyBefore(text, met, colon);
}

/** The last line, not behind another, before which all is sound and that may open something. */
export function openerBefore(text: string, from: Line): number | undefined {
  let room = MOST_READ;
  for (let line = from; room > 0; line = lineAt(text, line.start - 1)) {
    room -= line.start;
    if (line.start === 0 || (/["'[{]/.test(line.text) && isSound(text.slice(0, line.start)))) return line.start;
  }
  return undefined;
}

/** Whether a text is YAML, as far as it goes. */
export function isSound(text: string): boolean {
  try {
    parseEvents(text, {});
    return true;
  } catch {
    return false;
  }
}

/** Where a key without a colon and a blank begins, if one runs on up to an offset; `colon`: whether it is ended there. */
function keyBefore(text: string, at: number, colon: boolean): number | undefined {
  const glued = outline(text, lineAt(text, at)).findLast(begins);
  if (glued !== undefined && GLUED.test(glued.text)) return glued.start + glued.text.search(/\S/);
  if (!colon) return commented(text, at);
  let found: Line | undefined;
  for (let line = lineAt(text, at); line.start > 0;) {
    line = lineAt(text, line.start - 1);
    if (line.text.trim() === "" || line.text.trimStart().startsWith("#")) continue;
    if (KEY.test(line.text)) break;
    if (found === undefined || line.column <= found.column) found = line;
  }
  return found === undefined ? undefined : found.start + found.text.search(/\S/);
}

/** The line above, where it is a key that a comment ends instead of a colon. */
function commented(text: string, at: number): number | undefined {
  const line = lineAt(text, at);
  const above = line.start > 0 ? lineAt(text, line.start - 1) : line;
  const ended =
    above.column === line.column && /^\s*[^\s#].* #/.test(above.text) && !KEY.test(above.text.replace(/ #.*/, ""));
  return ended && above !== line ? above.start + above.text.search(/\S/) : undefined;
}

/** Whether the quote that ends a stretch of a line begins on it, too. */
function isClosed(before: string): boolean {
  const quote = before.trimEnd().at(-1) ?? "";
  return before.split(quote).length % 2 === 1;
}
