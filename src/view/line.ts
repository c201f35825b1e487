import type { Palette, Style } from "./colour.ts";
import { fit, pad, widthOf } from "./width.ts";

/** A piece of a line: cleaned text, alone or with the style it is set in. */
export type Piece = string | readonly [Style, string];

/** Pieces as one line of at most `width` columns; cut before it is coloured, so that no colour leaks. */
export function lineOf(pieces: readonly Piece[], width: number, palette: Palette): string {
  let line = "";
  let room = width;
  for (const piece of pieces) {
    const text = typeof piece === "string" ? piece : piece[1];
    const shown = fit(text, room);
    line += typeof piece === "string" || shown === "" ? shown : palette(piece[0], shown);
    room -= widthOf(shown);
    if (shown !== text) break;
  }
  return line;
}

/** Pieces at the left and a plain text at the right end of a line of exactly `width` columns; the left gives way. */
export function lineWithEnd(left: readonly Piece[], end: string, width: number, palette: Palette): string {
  const room = Math.max(0, width - widthOf(end) - 1);
  const used = Math.min(
    room,
    left.reduce((sum, piece) => sum + widthOf(typeof piece === "string" ? piece : piece[1]), 0),
  );
  return `${lineOf(left, room, palette)}${pad("", room - used)} ${fit(end, width)}`;
}
