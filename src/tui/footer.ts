import type { RunState } from "../engine/state.ts";
import { clean } from "../view/clean.ts";
import type { Palette } from "../view/colour.ts";
import { lineOf, type Piece } from "../view/line.ts";
import { fitEnd } from "../view/width.ts";
import { counted } from "../view/words.ts";
import type { Waiting } from "./queue.ts";
import type { Ui } from "./ui.ts";

/** What the footer needs to know of the screen. */
export type Footing = {
  readonly ui: Ui;
  readonly state: RunState;
  readonly card: Waiting | null;
  /** Hosts that a yes to all would cover at the most. */
  readonly reach: number;
  readonly width: number;
  readonly palette: Palette;
};

/** Two lines: what has just happened or how the run stands, then the keys or the question. */
export function footerLines(footing: Footing): string[] {
  const { width, palette } = footing;
  return [lineOf(newsOf(footing), width, palette), lineOf(promptOf(footing), width, palette)];
}

function newsOf({ ui, state }: Footing): Piece[] {
  if (ui.interrupts > 0 && state.ended === null) {
    return [["yellow", "Ctrl-C again leaves now; no new fix starts, what runs is finished"]];
  }
  if (ui.note !== null) return [["yellow", ui.note]];
  if (state.ended !== null) return ["the run has ended"];
  if (state.stop !== null)
    return [["yellow", `stopped by ${clean(state.stop.by)}: no new fix starts; what runs is finished`]];
  if (ui.standing.size > 0) return [["dim", `yes to all of ${[...ui.standing].map((step) => clean(step)).join(", ")}`]];
  return [];
}

function promptOf(footing: Footing): Piece[] {
  const { ui, card, width } = footing;
  const { mode } = ui;
  switch (mode.kind) {
    case "watch":
      return keysOf(footing);
    case "help":
      return [["bold", "any key"], " back"];
    case "quit":
      return [
        ["bold", "Stop the run?"],
        " No new fix starts; what runs is finished. ",
        ["bold", "y"],
        " stop  ",
        ["bold", "n"],
        " go on",
      ];
    case "reason":
      return [
        ["bold", `No to ${clean(card?.host ?? "")}. Why? `],
        `${fitEnd(clean(mode.text), Math.floor(width / 2))}_`,
        ["dim", "  Enter says no, Esc goes back"],
      ];
    case "confirm": {
      const whom = mode.all ? counted(Number(mode.expects), "host") : clean(card?.host ?? "");
      return [
        ["red", `High risk on ${whom}: type ${mode.expects}`],
        ` and Enter: ${fitEnd(clean(mode.text), 10)}_`,
        ["dim", "  Esc goes back"],
      ];
    }
  }
}

/** The words for the keys need this many columns; with less they are shortened. */
const ROOMY = 76;

function keysOf({ card, state, reach, width }: Footing): Piece[] {
  const stop = state.stop === null && state.ended === null ? [key("q", "stop")] : [];
  if (card === null) return [...stop, key("?", "help")].flat();
  const hosts = reach.toLocaleString("en");
  const all = width < ROOMY ? `all ${hosts}` : `yes to all ${hosts} like this`;
  const scroll = width < ROOMY ? [] : [key("↑↓", "scroll")];
  const answers = card.kind === "manual" ? [key("d", "done")] : [key("y", "yes")];
  const more = card.kind === "manual" || reach < 2 ? [] : [key("a", all)];
  const last = [key("s", "later"), ...stop, ...scroll, key("?", "help")];
  return [...answers, key("n", "no"), ...more, ...last].flat();
}

function key(name: string, words: string): Piece[] {
  return [["bold", name], ` ${words}  `];
}
