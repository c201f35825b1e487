import { SCALAR_STYLE } from "js-yaml";
import type { Node } from "./tree.ts";

type Scalar = Node & { readonly kind: "scalar" };

/** Where each UTF-16 unit of a decoded text is written: offsets into the file from `starts[i]` up to `ends[i]`. */
type Offsets = { readonly starts: Uint32Array; readonly ends: Uint32Array };

const known = new WeakMap<Scalar, Offsets>();

/**
 * Follows a text through the ways in which YAML writes it: folded lines, indentation, quotes, escapes. js-yaml gives the value alone, so the two
 * are read side by side. Characters are exact, but for a blank or break that stands for a fold: that is somewhere in the fold.
 */
export function offsetsOf(source: string, node: Scalar): Offsets {
  const before = known.get(node);
  if (before !== undefined) return before;
  const offsets = node.style === SCALAR_STYLE.LITERAL_BLOCK ? literal(source, node) : follow(source, node);
  known.set(node, offsets);
  return offsets;
}

const BLANK = /[ \t\r\n]/;
/** `\x41`, `\u0041`, `\U00000041`, and those of one character. */
const ESCAPE = /\\(?:x[\dA-Fa-f]{2}|u[\dA-Fa-f]{4}|U[\dA-Fa-f]{8}|[^])/y;
const BLANK_ESCAPE = /^\\(?:[ \ttnr]|x0[9ADad]$|x20$|u000[9ADad]$|u0020$|U0000000[9ADad]$|U00000020$)/;
/** A line break that is escaped stands for nothing, and neither does the indentation after it. */
const CONTINUED = /\\(?:\r\n|\r|\n)[ \t]*/y;
const BREAK = /\r\n|\r|\n|$/g;

/** Line by line after its indentation. */
function literal(source: string, { text, start, indent }: Scalar): Offsets {
  const offsets = { starts: new Uint32Array(text.length), ends: new Uint32Array(text.length) };
  let from = Math.max(source.lastIndexOf("\n", start - 1), source.lastIndexOf("\r", start - 1)) + 1 + indent;
  let end = from;
  for (let index = 0, column = 0; index < text.length; index += 1, column += 1) {
    if (column === 0) {
      BREAK.lastIndex = from - indent;
      const { index: at = source.length, 0: mark = "" } = BREAK.exec(source) ?? {};
      end = at + mark.length;
    }
    const at = Math.min(from + column, end);
    offsets.starts[index] = at;
    offsets.ends[index] = Math.min(at + 1, end);
    if (text.charAt(index) === "\n") [from, column] = [end + indent, -1];
  }
  return offsets;
}

function follow(source: string, node: Scalar): Offsets {
  const { text, style } = node;
  const quote = style === SCALAR_STYLE.DOUBLE_QUOTED ? '"' : style === SCALAR_STYLE.SINGLE_QUOTED ? "'" : "";
  const offsets = { starts: new Uint32Array(text.length), ends: new Uint32Array(text.length) };
  let at = node.start + quote.length;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    const blank = BLANK.test(character);
    at = blank ? skipContinued(source, at, quote) : skipBlanks(source, at, quote);
    const start = Math.min(at, node.end);
    // A blank that is not written as such is a fold, of which no more is left once its first blank was met.
    const fold = blank && source[at] !== character && !BLANK_ESCAPE.test(escapeAt(source, at, quote));
    at = fold ? skipBlanks(source, at, quote) : at + writtenAt(source, at, quote);
    const end = fold ? start + 1 : Math.min(at, node.end);
    offsets.starts[index] = start;
    offsets.ends[index] = end;
    // One escape writes both units of a character beyond U+FFFF.
    if (end - start === "\\U00000000".length && /[\ud800-\udbff]/.test(character)) {
      index += 1;
      offsets.starts[index] = start;
      offsets.ends[index] = end;
    }
  }
  return offsets;
}

function escapeAt(source: string, at: number, quote: string): string {
  ESCAPE.lastIndex = at;
  return quote === '"' ? (ESCAPE.exec(source)?.[0] ?? "") : "";
}

/** Units of the file that write one character. */
function writtenAt(source: string, at: number, quote: string): number {
  return escapeAt(source, at, quote).length || (quote === "'" && source.startsWith("''", at) ? 2 : 1);
}

function skipContinued(source: string, at: number, quote: string): number {
  CONTINUED.lastIndex = at;
  return at + (quote === '"' ? (CONTINUED.exec(source)?.[0].length ?? 0) : 0);
}

function skipBlanks(source: string, from: number, quote: string): number {
  let at = from;
  for (;;) {
    const continued = skipContinued(source, at, quote);
    const escape = escapeAt(source, at, quote);
    if (continued > at) at = continued;
    else if (BLANK_ESCAPE.test(escape)) at += escape.length;
    else if (BLANK.test(source.charAt(at))) at += 1;
    else return at;
  }
}
