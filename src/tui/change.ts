import { widthOf } from "../view/width.ts";

/** What makes one line of the screen another: text from a column on, counted from 1, after all from there on is erased or over it. */
export type Change = { readonly column: number; readonly text: string; readonly erase: boolean };

/**
 * The part of a line that has changed: a slow terminal is not told what it shows already. A change begins and ends at a space outside of
 * every style, so that no letter, mark or colour is torn.
 */
export function changeOf(before: string, after: string): Change {
  const seams = seamsOf(after);
  const same = commonStart(before, after);
  const start = seams.findLast((seam) => seam < same) ?? 0;
  const column = widthOf(plain(after.slice(0, start))) + 1;
  const shift = before.length - after.length;
  const tail = after.length - commonEnd(before, after);
  const end = seams.find((seam) => seam >= Math.max(tail, start, start - shift));
  if (end === undefined) return { column, text: after.slice(start), erase: true };
  const text = after.slice(start, end);
  // What follows stands where it stood only if both are as wide.
  if (widthOf(plain(text)) === widthOf(plain(before.slice(start, end + shift)))) return { column, text, erase: false };
  return { column, text: after.slice(start), erase: true };
}

const ESCAPE = "\u001B";
const SGR = /\u001B\[[\d;]*m/g;
/** The end of a style, of each that a palette has. */
const CLOSING = new Set(["22", "27", "39"]);

function plain(line: string): string {
  return line.includes(ESCAPE) ? line.replaceAll(SGR, "") : line;
}

/** Where a line may be cut: at spaces that no style reaches. */
function seamsOf(line: string): readonly number[] {
  const seams: number[] = [];
  let open = 0;
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at];
    if (character === " " && open === 0) seams.push(at);
    if (character !== ESCAPE) continue;
    const end = line.indexOf("m", at);
    if (end < 0) break;
    open += CLOSING.has(line.slice(at + 2, end)) ? -1 : 1;
    at = end;
  }
  return seams;
}

function commonStart(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  return at;
}

function commonEnd(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one[one.length - 1 - length] === other[other.length - 1 - length]) length += 1;
  return length;
}
