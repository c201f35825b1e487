import type { RunState } from "../engine/state.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { clean } from "../view/clean.ts";
import { paletteOf } from "../view/colour.ts";
import { lineOf } from "../view/line.ts";
import { pad } from "../view/width.ts";
import { grouped } from "../view/words.ts";
import { entryLines, offerPane, queueHeading } from "./approvals.ts";
import { footerLines } from "./footer.ts";
import { headLines } from "./head.ts";
import { helpLines } from "./help.ts";
import { hostPane } from "./detail.ts";
import { hostLines } from "./hosts.ts";
import { layoutOf, type Layout } from "./layout.ts";
import type { Memory } from "./memory.ts";
import { paneView, ruleLine, type CardDrawing, type Pane, type PaneView } from "./pane.ts";
import { sightOf, type Sight } from "./sight.ts";
import type { Ui } from "./ui.ts";
import { findingsPane } from "./waiver.ts";

/** Everything a frame is made of. The memory goes on while a shot is kept: it is drawn at once. */
export type Shot = {
  readonly state: RunState | null;
  readonly ui: Ui;
  readonly loaded: LoadedRunbook;
  readonly memory: Memory;
  /** Who sits at the keyboard. */
  readonly by: string;
  readonly now: number;
};

/** The terminal as the frame must fill it. */
export type Size = { readonly columns: number; readonly rows: number; readonly colour: boolean };

/** One screen: exactly its lines, and what the keys may act on because a person can see it. */
export type Frame = {
  readonly lines: readonly string[];
  /** Null: nothing that a key could act on is shown. */
  readonly sight: Sight | null;
  /** Lines of the pane and of the list that fit. */
  readonly page: number;
  readonly listPage: number;
  /** The last first line of the pane, and the one that is shown. */
  readonly last: number;
  readonly top: number;
  readonly follows: boolean;
  /** Keys of the findings on the card of one host that is shown. */
  readonly findings: readonly string[];
};

/** Smaller than this, a card cannot be shown in a way that anybody could decide on. */
export const SMALLEST = { columns: 40, rows: 12 };

const NOTHING = { sight: null, page: 1, listPage: 1, last: 0, top: 0, follows: false, findings: [] };

/** The whole screen as a pure function: at most `rows` lines of at most `columns` columns. */
export function frameOf(shot: Shot, size: Size): Frame {
  const palette = paletteOf(size.colour);
  const { state, ui, now } = shot;
  const { columns: width, rows } = size;
  if (width < SMALLEST.columns || rows < SMALLEST.rows) {
    const words = `needs ${SMALLEST.columns} columns and ${SMALLEST.rows} lines`;
    return { ...NOTHING, lines: [lineOf([words], width, palette)] };
  }
  if (state === null) return { ...NOTHING, lines: [lineOf(["the run begins"], width, palette)] };

  const sight = sightOf({ ...shot, state });
  const head = headLines(state, sight.roster.tally, now, width, palette);
  const footer = footerLines({ ui, state, sight, now, width, palette });
  const layout = layoutOf(sight, ui, { width, rows: rows - head.length - footer.length });
  const draw = { state, loaded: shot.loaded, now, width: layout.paneWidth, colour: size.colour };
  const pane = paneOf(shot, sight, draw);
  const view = paneView(pane, { width: layout.paneWidth, rows: layout.pane, palette }, ui.scroll);
  const lists = listsOf(shot, sight, layout, draw);
  const body = layout.beside ? besides(lists, view, layout, palette("dim", " │ ")) : [...lists, ...view.lines];
  return {
    ...view,
    lines: [...head, ...body, ...footer],
    sight,
    listPage: Math.max(1, sight.focus === "hosts" ? layout.hosts : layout.entries),
    follows: pane.follows,
    findings: findingsOf(state, sight),
  };
}

/** The lists with the pane at their right. */
function besides(lists: readonly string[], view: PaneView, layout: Layout, between: string): string[] {
  const left = pad("", layout.listWidth);
  return view.lines.map((line, at) => `${lists[at] ?? left}${between}${line}`);
}

function listsOf(shot: Shot, sight: Sight, layout: Layout, draw: CardDrawing): string[] {
  const { ui, memory, now } = shot;
  const palette = paletteOf(draw.colour);
  const width = layout.listWidth;
  const entries =
    layout.entries === 0
      ? []
      : [ruleLine(queueHeading(sight), width, palette), ...entryLines(sight, layout.entries, { ...draw, width })];
  const cursor = sight.focus === "hosts" ? (sight.host?.host ?? null) : null;
  const list = { width, rows: layout.hosts, now, palette, lastLine: (host: string) => clean(memory.lastLine(host)) };
  const hosts =
    layout.hosts === 0
      ? []
      : [
          ruleLine(hostsHeading(sight, ui, layout), width, palette),
          ...hostLines(draw.state, sight.roster.rows, cursor, list),
        ];
  const none =
    layout.hosts > 0 && sight.roster.rows.length === 0 ? [lineOf(["  no host is like that"], width, palette)] : [];
  const lines = [...hosts, ...none, ...entries];
  const missing = Math.max(0, layout.lists - lines.length);
  return [...lines, ...Array.from({ length: missing }, () => pad("", width))].slice(0, layout.lists);
}

const ORDER = { trouble: "trouble first", name: "by name", elapsed: "longest first" };

function hostsHeading({ roster }: Sight, ui: Ui, layout: Layout): string {
  const { rows, tally } = roster;
  const shown = Math.min(rows.length, layout.hosts);
  const filter =
    ui.filter.trim() === "" ? "" : ` ── like ${clean(ui.filter)}: ${grouped(rows.length)} of ${grouped(tally.hosts)}`;
  const part = shown < rows.length ? `${grouped(shown)} of ${grouped(rows.length)} ` : "";
  return `${part}hosts ── ${ORDER[ui.sort]}${filter}`;
}

function paneOf(shot: Shot, sight: Sight, draw: CardDrawing): Pane {
  const { ui, memory } = shot;
  if (ui.mode.kind === "help") {
    return { heading: "help", lines: helpLines(Math.min(90, draw.width)), follows: false };
  }
  if (ui.mode.kind === "waive" && ui.mode.asks === "which") return findingsPane(ui.mode, draw);
  if (sight.focus === "approvals" && sight.offer !== null) return offerPane(sight, sight.offer, draw);
  if (sight.host === null) return { heading: "", lines: [], follows: false };
  if (sight.offer === null || ui.tab !== "card") return hostPane(sight.host, ui.tab, memory, draw);
  return { ...hostPane(sight.host, ui.tab, memory, draw), lines: offerPane(sight, sight.offer, draw).lines };
}

function findingsOf(state: RunState, { offer }: Sight): readonly string[] {
  const [card] = offer?.all ?? [];
  if (card === undefined || offer?.all.length !== 1) return [];
  const step = state.hosts.get(card.host)?.steps.find(({ plan }) => plan.id === card.step);
  return (step?.findings ?? []).map(({ key }) => key);
}
