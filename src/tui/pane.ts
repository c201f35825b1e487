import type { RunState } from "../engine/state.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import type { Palette } from "../view/colour.ts";
import { lineOf } from "../view/line.ts";
import { widthOf } from "../view/width.ts";

/** What a pane is drawn of, and where. */
export type CardDrawing = {
  readonly state: RunState;
  readonly loaded: LoadedRunbook;
  readonly now: number;
  readonly width: number;
  readonly colour: boolean;
};

/** Something to read, of any length, under a heading. */
export type Pane = {
  readonly heading: string;
  readonly lines: readonly string[];
  /** It grows at its end, which is shown unless somebody scrolls. */
  readonly follows: boolean;
};

/** The part of a pane that is on the screen. */
export type PaneView = {
  readonly lines: readonly string[];
  /** Lines that fit. */
  readonly page: number;
  /** The last first line that scrolling can reach, and the one that is shown. */
  readonly last: number;
  readonly top: number;
};

/** A line across the screen with words in it. */
export function ruleLine(words: string, width: number, palette: Palette): string {
  const lead = `── ${words} `;
  return lineOf([["dim", lead + "─".repeat(Math.max(0, width - widthOf(lead)))]], width, palette);
}

/** A pane in exactly `rows` lines, its heading among them. */
export function paneView(
  pane: Pane,
  room: { readonly width: number; readonly rows: number; readonly palette: Palette },
  scroll: number | null,
): PaneView {
  const { width, rows, palette } = room;
  const page = Math.max(1, rows - 1);
  const total = pane.lines.length;
  const last = Math.max(0, total - page);
  const top = Math.min(scroll ?? (pane.follows ? last : 0), last);
  const shown = pane.lines.slice(top, top + page);
  const where = total <= page ? "" : ` ── lines ${top + 1} to ${top + shown.length} of ${total}`;
  const gap = Array.from({ length: Math.max(0, rows - 1 - shown.length) }, () => "");
  return { lines: [ruleLine(pane.heading + where, width, palette), ...shown, ...gap].slice(0, rows), page, last, top };
}

type Drawn = { readonly id: string; readonly lines: readonly string[] };
const drawings = new WeakMap<object, Drawn>();

/**
 * Lines that are drawn again only once a second, or when what they are about has changed: a large card takes longer than a frame may.
 * `owner` is another object when it has; `about` tells drawings for one owner apart.
 */
export function drawnLately(
  owner: object,
  about: readonly unknown[],
  { state, now, width, colour }: CardDrawing,
  draw: () => readonly string[],
): readonly string[] {
  const standing = [state.frozen !== null, state.paused !== null, state.stop !== null, state.ended !== null];
  const id = JSON.stringify([...about, Math.floor(now / 1000), width, colour, ...standing]);
  const known = drawings.get(owner);
  if (known?.id === id) return known.lines;
  const lines = draw();
  drawings.set(owner, { id, lines });
  return lines;
}
