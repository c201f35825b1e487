import { widthOfCharacter } from "../model/width.ts";

const ASCII = /^[\x20-\x7e]*$/;

/** How many columns of a terminal `text` takes; `text` is one line and has been through `clean`. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOfCharacter(character);
  return width;
}

/** `text` in at most `max` columns; what is cut off is marked with `…`. */
export function fit(text: string, max: number): string {
  if (widthOf(text) <= max) return text;
  const [head] = split(text, max - 1);
  return max < 1 ? "" : `${head}…`;
}

/** `text` in at most `max` columns, cut in its middle: names that begin alike often differ at their ends. */
export function fitMiddle(text: string, max: number): string {
  if (widthOf(text) <= max) return text;
  if (max < 1) return "";
  const tail = Math.floor((max - 1) / 2);
  const [head] = split(text, max - 1 - tail);
  let rest = ASCII.test(text) ? text.slice(text.length - tail) : text;
  while (widthOf(rest) > tail) rest = rest.replace(/^.\p{M}*/su, "");
  return `${head}…${rest}`;
}

/** The end of `text` in at most `max` columns, for what is being typed; what is cut off before it is marked with `…`. */
export function fitEnd(text: string, max: number): string {
  let rest = text;
  while (rest !== "" && widthOf(rest) > max - 1 && widthOf(text) > max) rest = rest.replace(/^./su, "");
  return rest === text ? text : fit(`…${rest}`, max);
}

/** `text` as lines of at most `max` columns (at least 2); nothing is left out and no space is dropped. */
export function wrap(text: string, max: number): string[] {
  const lines: string[] = [];
  let rest = text;
  do {
    const [head, tail] = split(rest, Math.max(2, max));
    lines.push(head);
    rest = tail;
  } while (rest !== "");
  return lines;
}

/** Prose as lines of at most `max` columns, broken at spaces where there are any. */
export function wrapWords(text: string, max: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (widthOf(longer) <= max) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    const parts = wrap(word, max);
    lines.push(...parts.slice(0, -1));
    line = parts.at(-1) ?? "";
  }
  return [...lines, line];
}

/** `text` with spaces up to `width` columns, on the right, or on the left for numbers. */
export function pad(text: string, width: number, side: "left" | "right" = "right"): string {
  const spaces = " ".repeat(Math.max(0, width - widthOf(text)));
  return side === "right" ? text + spaces : spaces + text;
}

/** The longest beginning of at most `max` columns, and the rest. Combining marks stay with their letter. */
function split(text: string, max: number): [string, string] {
  if (ASCII.test(text)) return [text.slice(0, Math.max(0, max)), text.slice(Math.max(0, max))];
  let width = 0;
  let end = 0;
  for (const character of text) {
    width += widthOfCharacter(character);
    if (width > max) break;
    end += character.length;
  }
  return [text.slice(0, end), text.slice(end)];
}
