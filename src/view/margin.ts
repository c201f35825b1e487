import { clean } from "./clean.ts";
import type { Palette, Style } from "./colour.ts";
import { wrap, wrapWords } from "./width.ts";
import { grouped } from "./words.ts";

/** Columns of the labels at the left. */
export const LABEL = 10;
/** Stands before what a script, a host or a file says, so that it cannot pass for a line of ours. */
export const BAR = "  │ ";
/** Marks what did not fit on the line above it. */
const BAR_ON = "  ┆ ";

/** Where prose is drawn: its columns, the label's among them, and its colours. */
export type Prose = { readonly palette: Palette; readonly width: number };

/** A label, and its text cleaned and wrapped beside it; no line for an empty text. */
export function labelled(
  label: string,
  text: string,
  { palette, width }: Prose,
  { indent = LABEL, style = (same: string) => same } = {},
): string[] {
  if (text === "") return [];
  return wrapWords(clean(text), width - indent).map(
    (line, index) => palette("dim", (index === 0 ? label : "").padEnd(indent)) + style(line),
  );
}

/** Cleaned lines behind bars, wrapped at `width` columns with the bar; each in its style, where it has one. */
export function barred(
  lines: readonly string[],
  { palette, width }: Prose,
  styles: readonly (Style | null)[] = [],
): string[] {
  return lines.flatMap((line, at) => {
    const style = styles[at] ?? null;
    return wrap(line, width - BAR.length).map(
      (part, index) => palette("dim", index === 0 ? BAR : BAR_ON) + (style === null ? part : palette(style, part)),
    );
  });
}

/** Says how many of what was listed above are not shown; nothing for none. */
export function more(amount: number, { palette }: Prose): string[] {
  return amount > 0 ? [palette("dim", `  … ${grouped(amount)} more`)] : [];
}
