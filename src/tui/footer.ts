import type { RunState } from "../engine/state.ts";
import { frozenWords } from "../engine/words.ts";
import { clean } from "../view/clean.ts";
import type { Palette } from "../view/colour.ts";
import { lineOf, type Piece } from "../view/line.ts";
import { widthOf } from "../view/width.ts";
import { counted, grouped } from "../view/words.ts";
import { countWords } from "./approvals.ts";
import { questionOf, ROOMY } from "./question.ts";
import type { Offer, Sight } from "./sight.ts";
import type { Ui, WaiveMode } from "./ui.ts";
import { readUntil, untilWords } from "./until.ts";

/** What the footer needs to know of the screen. */
export type Footing = {
  readonly ui: Ui;
  readonly state: RunState;
  readonly sight: Sight;
  readonly now: number;
  readonly width: number;
  readonly palette: Palette;
};

/** Two lines: what has just happened or how the run stands, then the keys or the question. */
export function footerLines(footing: Footing): string[] {
  const { width, palette } = footing;
  return [lineOf(newsOf(footing), width, palette), lineOf(promptOf(footing), width, palette)];
}

function newsOf({ ui, state, sight, now }: Footing): Piece[] {
  if (ui.interrupts > 0 && state.ended === null) {
    return [["yellow", "Ctrl-C again leaves now; no new fix starts, what runs is finished"]];
  }
  if (ui.note !== null) return [["yellow", ui.note]];
  const meaning = ui.mode.kind === "waive" ? meaningOf(ui.mode, now) : null;
  if (meaning !== null) return [meaning];
  if (state.ended !== null) return ["the run has ended"];
  if (state.stop !== null)
    return [["yellow", `stopped by ${clean(state.stop.by)}: no new fix starts; what runs is finished`]];
  if (ui.detached)
    return [["yellow", `leaving once nothing runs; decide later with \`runbook approve ${clean(state.run)}\``]];
  if (state.frozen !== null)
    return [["yellow", `${clean(frozenWords(state.frozen))}; no fix starts until \`runbook unfreeze\``]];
  if (state.paused !== null)
    return [["yellow", `paused by ${clean(state.paused.by)}: no new fix starts until p is pressed`]];
  const held = sight.focus === "hosts" ? sight.entries.reduce((sum, entry) => sum + entry.cards.length, 0) : 0;
  return held === 0 ? [] : [["magenta", `${counted(held, "card waits", "cards wait")} for you: Tab shows them`]];
}

function promptOf(footing: Footing): Piece[] {
  const { ui, sight, width } = footing;
  const { mode } = ui;
  switch (mode.kind) {
    case "watch":
      return keysOf(footing);
    case "help":
      return [["bold", "any key"], " back  ", ["bold", "↑↓"], " scroll"];
    case "quit":
      return [["bold", "Stop the run?"], "  ", ...QUIT.flatMap(([name, words]) => key(name, words))];
    case "gone":
      return [["bold", "Enter"], " goes on; what is typed until then decides nothing"];
    case "filter":
    case "deny":
    case "skip":
    case "confirm":
    case "waive":
      return questionOf(mode, sight.roster.rows.length, width);
  }
}

const QUIT = [
  ["y", "stop"],
  ["l", "leave the cards for later"],
  ["n", "go on"],
] as const;

/** What the end that is being typed means. */
function meaningOf(mode: WaiveMode, now: number): string | null {
  const until = mode.asks === "until" ? readUntil(mode.text, now) : mode.until;
  return until === null || mode.asks === "which" ? null : untilWords(until, now);
}

/** The keys that answer, then as many others as there is room for, the most needed first; help is always there. */
function keysOf({ sight, state, width, ui }: Footing): Piece[] {
  const open = state.stop === null && state.ended === null;
  const { offer, focus } = sight;
  const stop = open ? [key("q", "stop")] : [];
  const pause = open ? [key("p", state.paused === null ? "pause" : "go on")] : [];
  const other = sight.entries.length === 0 ? [] : [key("Tab", focus === "hosts" ? "approvals" : "hosts")];
  const own = focus === "approvals" ? queueKeys(sight) : hostKeys(ui, open);
  const help = key("?", "help");
  const answers = offer === null ? [] : answersOf(offer, width);
  let room = width - lengthOf([...answers, ...stop, help].flat());
  const others = [...own, ...other, ...pause].filter((pieces) => {
    const fits = lengthOf(pieces) <= room;
    if (fits) room -= lengthOf(pieces);
    return fits;
  });
  return [...answers, ...others, ...stop, help].flat();
}

function lengthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + widthOf(typeof piece === "string" ? piece : piece[1]), 0);
}

function answersOf({ all, ready, bar }: Offer, width: number): Piece[][] {
  const [first] = all;
  const no = key("n", "no");
  if (first === undefined) return [];
  if (bar !== null) return bar.deniable ? [no] : [];
  if (first.kind === "manual") return all.length === 1 ? [key("d", "done"), no] : [no];
  if (all.length === 1) return [key("y", "yes"), no];
  if (ready.length === 0) return [no];
  const room = ready.length < all.length && width >= WIDE ? `: the batch has room for ${grouped(ready.length)}` : "";
  return [key("y", width < ROOMY ? `yes to ${grouped(ready.length)}` : `approve ${countWords(ready, all)}${room}`), no];
}

/** From this width on there is room for reasons. */
const WIDE = 120;

function queueKeys({ entry, opened, entries, table }: Sight): Piece[][] {
  if (table) return [key("t", "cards")];
  const single = entry?.cards.length === 1;
  const family = opened === null && entries.filter((one) => one.family === entry?.family).length > 1;
  return [
    ...(opened === null ? [] : [key("Esc", "back")]),
    ...(single ? [] : [key("⏎", "one by one")]),
    ...(family ? [key("t", "table")] : []),
    key("s", "later"),
    ...(single ? [key("w", "waive"), key("x", "skip")] : []),
    ...(entries.length > 1 ? [key("↑↓", "next")] : [key("↑↓", "scroll")]),
  ];
}

function hostKeys(ui: Ui, open: boolean): Piece[][] {
  const skip = open ? [key("x", "skip")] : [];
  return [key("↑↓", "host"), key("←→", ui.tab), key("/", "filter"), key("o", `by ${ui.sort}`), ...skip];
}

function key(name: string, words: string): Piece[] {
  return [["bold", name], ` ${words}  `];
}
