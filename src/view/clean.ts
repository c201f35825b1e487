import { fit, pad, widthOf } from "./width.ts";

/** How text from outside is made fit to show. */
export type CleanOptions = {
  /** Keep newlines, and spread TABs to every eighth column as a terminal does. Without it the result is one line. */
  readonly lines?: boolean;
  /** The most columns of a line; the rest becomes `…`. */
  readonly max?: number;
};

/**
 * What must not reach a terminal as it is: control characters, whatever is invisible or turns the direction of writing,
 * line separators, halves of characters (they stand for bytes that are not UTF-8), and marks piled up on one letter.
 */
const UNSAFE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]|(?<=\p{M}{4})\p{M}/gu;

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Text of a host, a file or a user, safe to show: it cannot move the cursor, change colours, hide or turn other text,
 * nor, without `lines`, begin a new line. What was taken out is seen as an escape (`\x1b`, `\u202e`).
 */
export function clean(text: string, options: CleanOptions = {}): string {
  if (options.lines !== true) return cleanLine(text, options.max);
  return text
    .split("\n")
    .map((line) => cleanLine(untabbed(line), options.max))
    .join("\n");
}

function cleanLine(line: string, max: number | undefined): string {
  const safe = line.replaceAll(UNSAFE, escaped);
  return max === undefined ? safe : fit(safe, max);
}

function escaped(character: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, "0")}`;
  const hex = code.toString(16);
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
}

function untabbed(line: string): string {
  const parts = line.split("\t").map((part) => part.replaceAll(UNSAFE, escaped));
  return parts.map((part, index) => (index === parts.length - 1 ? part : pad(part, nextStop(part)))).join("");
}

function nextStop(part: string): number {
  return (Math.floor(widthOf(part) / 8) + 1) * 8;
}
