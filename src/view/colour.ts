import { styleText } from "node:util";

/** The ways in which text is set apart. Meaning never hangs on them alone: a symbol or a word says the same. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan" | "inverse";

/** Sets `text` in a style; the text has been through `clean`. */
export type Palette = (style: Style, text: string) => string;

/** Leaves text as it is: for files, pipes and NO_COLOR. */
export const PLAIN: Palette = (_style, text) => text;

/** Colours by SGR sequences, whatever the output is: the caller has asked whether it is a terminal. */
export const COLOURED: Palette = (style, text) => styleText(style, text, { validateStream: false });

/** The palette for a terminal that takes colours, or for what does not. */
export function paletteOf(colour: boolean): Palette {
  return colour ? COLOURED : PLAIN;
}
