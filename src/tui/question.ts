import { clean } from "../view/clean.ts";
import type { Style } from "../view/colour.ts";
import type { Piece } from "../view/line.ts";
import { fit, fitEnd, widthOf } from "../view/width.ts";
import { counted, grouped } from "../view/words.ts";
import { whom, wordFor } from "./answers.ts";
import type { Mode, WaiveMode } from "./ui.ts";

/** Words for keys and questions need this many columns; with less they are shortened. */
export const ROOMY = 76;

type Question = {
  readonly style?: Style;
  readonly before: string;
  /** The host or the number of hosts, which gives way where there is no room. */
  readonly who?: string;
  readonly after?: string;
  readonly hint: string;
};

/** What is typed has room for this many columns, whatever it is asked about. */
const FIELD = 12;

/** A question whose answer is being typed, in one line. `shown` is how many hosts the filter shows. */
export function questionOf(mode: Extract<Mode, { text: string }>, shown: number, width: number): Piece[] {
  return piecesOf(questionFor(mode, shown, width >= ROOMY), mode.text, width);
}

function questionFor(mode: Extract<Mode, { text: string }>, shown: number, roomy: boolean): Question {
  switch (mode.kind) {
    case "filter":
      return { before: "Show: ", hint: `${grouped(shown)} shown; Enter keeps, Esc shows all` };
    case "deny":
      return { before: "No to ", who: whom(mode.cards), after: ". Why? ", hint: "Enter says no, Esc goes back" };
    case "skip":
      return { before: "Skip ", who: clean(mode.host), after: ". Why? ", hint: "Enter skips it, Esc goes back" };
    case "confirm": {
      const before = roomy ? "High risk on " : "HIGH: ";
      const after = `: type ${wordFor(mode.cards)}${roomy ? " and Enter" : ""}: `;
      return { style: "red", before, who: whom(mode.cards), after, hint: "Esc goes back" };
    }
    case "waive":
      return waiving(mode, roomy);
  }
}

function waiving({ asks, keys, card }: WaiveMode, roomy: boolean): Question {
  const what = { before: `Waive ${counted(keys.length, "finding")} of `, who: clean(card.host) };
  switch (asks) {
    case "which":
      return { before: `Waive which of ${keys.length}? `, hint: "1,3 or all; Esc goes back" };
    case "until": {
      const hint = "7d, 12h or 2026-12-24";
      return roomy ? { ...what, after: ". Until when? ", hint } : { before: "Until when? ", hint };
    }
    case "why": {
      const hint = "Enter waives, Esc goes back";
      return roomy ? { ...what, after: ". Why? ", hint } : { before: "Why? ", hint };
    }
  }
}

/** The end of what is typed is always to be seen. */
function piecesOf(
  { style = "bold", before, who = "", after = "", hint }: Question,
  text: string,
  width: number,
): Piece[] {
  const asked = `${before}${fit(who, width - widthOf(before + after) - FIELD)}${after}`;
  const room = Math.min(Math.max(Math.floor(width / 2), FIELD), width - widthOf(asked));
  return [[style, asked], `${fitEnd(clean(text), room - 1)}_`, ["dim", `  ${hint}`]];
}
