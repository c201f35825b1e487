import type { RunState } from "../engine/state.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { cardLines } from "../view/card-lines.ts";
import { cardOf } from "../view/card.ts";
import { clean } from "../view/clean.ts";
import { paletteOf, type Palette } from "../view/colour.ts";
import { lineOf, lineWithEnd, type Piece } from "../view/line.ts";
import { counted, duration } from "../view/words.ts";
import { listLines, boardOf, countPieces } from "./board.ts";
import { footerLines } from "./footer.ts";
import { helpLines } from "./help.ts";
import { reach, waitingCards, type Waiting } from "./queue.ts";
import type { Ui } from "./ui.ts";

/** Everything a frame is made of. */
export type Shot = {
  readonly state: RunState | null;
  readonly ui: Ui;
  readonly loaded: LoadedRunbook;
  readonly tails: ReadonlyMap<string, string>;
  readonly now: number;
};

/** The terminal as the frame must fill it. */
export type Size = { readonly columns: number; readonly rows: number; readonly colour: boolean };

/** One screen: exactly its lines, and what the keys may act on because a person can see it. */
export type Frame = {
  readonly lines: readonly string[];
  readonly card: Waiting | null;
  readonly reach: number;
  readonly page: number;
  readonly last: number;
};

/** Smaller than this, a card cannot be shown in a way that anybody could decide on. */
export const SMALLEST = { columns: 40, rows: 12 };

/** The whole screen as a pure function: at most `rows` lines of at most `columns` columns. */
export function frameOf(shot: Shot, size: Size): Frame {
  const palette = paletteOf(size.colour);
  const { state, ui } = shot;
  const nothing = { card: null, reach: 0, page: 1, last: 0 };
  if (size.columns < SMALLEST.columns || size.rows < SMALLEST.rows) {
    const words = `needs ${SMALLEST.columns} columns and ${SMALLEST.rows} lines`;
    return { ...nothing, lines: [lineOf([words], size.columns, palette)] };
  }
  if (state === null) return { ...nothing, lines: [lineOf(["the run begins"], size.columns, palette)] };

  const queue = waitingCards(state, ui);
  const card = queue[0] ?? null;
  const covers = card === null ? 0 : reach(state, card.step);
  const footer = footerLines({ ui, state, card, reach: covers, width: size.columns, palette });
  const board = boardOf(state);
  const head = headLines(state, countPieces(board), shot.now, size.columns, palette);
  const room = size.rows - head.length - footer.length;
  const lower = lowerLines(shot, state, queue, size);
  const boardRows = lower === null ? room : boardShare(room, board.hosts.length, lower.lines.length + 1);
  const list = listLines(state, board, { ...shot, width: size.columns, rows: boardRows, palette });
  const page = Math.max(1, room - list.length - 1);
  const last = lower === null ? 0 : Math.max(0, lower.lines.length - page);
  const scroll = Math.min(ui.scroll, last);
  const pane = lower === null ? [] : paneLines(lower, scroll, page, size.columns, palette);
  const gap = Array.from({ length: Math.max(0, room - list.length - pane.length) }, () => "");
  return { lines: [...head, ...list, ...pane, ...gap, ...footer], card, reach: covers, page, last };
}

/** What is below the list of hosts: help or a card, under its heading. */
type Lower = { readonly heading: string; readonly lines: readonly string[] };

function lowerLines(shot: Shot, state: RunState, queue: readonly Waiting[], size: Size): Lower | null {
  if (shot.ui.mode.kind === "help") return { heading: "help", lines: helpLines(Math.min(80, size.columns)) };
  const card = queue[0];
  if (card === undefined) return null;
  const drawn = cardOf({ state, host: card.host, step: card.step, loaded: shot.loaded });
  const lines = cardLines(drawn, { width: size.columns, colour: size.colour, now: shot.now, all: true });
  return { heading: queue.length === 1 ? "a card waits" : `${queue.length.toLocaleString("en")} cards wait`, lines };
}

/** The card gets what it needs; the list keeps at least three lines of what there are. */
function boardShare(room: number, hosts: number, wanted: number): number {
  return Math.min(hosts, Math.max(3, Math.min(room - wanted, Math.floor(room / 2))));
}

function headLines(state: RunState, counts: readonly Piece[], now: number, width: number, palette: Palette): string[] {
  const { runbook, dryRun, hosts } = state.plan;
  const left: Piece[] = [["bold", clean(runbook.name)], `  ${clean(runbook.title)}`];
  if (dryRun) left.splice(1, 0, ["yellow", "  dry run"]);
  const seconds = Math.max(0, Math.floor(((state.ended?.at ?? now) - state.startedAt) / 1000));
  const end = `${counted(hosts.length, "host")}, ${duration(seconds)}`;
  const spaced = counts.flatMap((piece, index): Piece[] => (index === 0 ? [piece] : ["   ", piece]));
  return [lineWithEnd(left, end, width, palette), lineOf(spaced, width, palette), ""];
}

function paneLines(lower: Lower, scroll: number, page: number, width: number, palette: Palette): string[] {
  const shown = lower.lines.slice(scroll, scroll + page);
  const total = lower.lines.length;
  const where = total <= page ? "" : ` lines ${scroll + 1} to ${scroll + shown.length} of ${total} `;
  const lead = `── ${lower.heading} ──${where}`;
  return [lineOf([["dim", lead.padEnd(width, "─")]], width, palette), ...shown];
}
