import type { Output } from "../model/output.ts";
import { counted } from "../view/words.ts";

/** What a person reads of one output: its beginning and its end. */
const HEAD = 12_000;
const TAIL = 8000;

/** The widest line that is told whole. */
export const LONGEST_LINE = 2000;

/** An output as a page for people shows it: with a line that says what was not kept on record, and what is left out here. Not cleaned yet. */
export function excerptOf({ head, tail, omitted }: Output): string {
  const gap = `\n… ${counted(omitted, "byte")} not on record …\n`;
  const text = (omitted === 0 ? head : `${head}${gap}${tail}`).trimEnd();
  if (text.length <= HEAD + TAIL) return text;
  const left = counted(text.length - HEAD - TAIL, "character");
  return `${text.slice(0, HEAD)}\n… ${left} left out here; the JSON report has them …\n${text.slice(-TAIL)}`;
}
