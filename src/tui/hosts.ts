import type { RunState } from "../engine/state.ts";
import type { Outcome } from "../model/finding.ts";
import { clean } from "../view/clean.ts";
import type { Palette, Style } from "../view/colour.ts";
import { lineWithEnd, type Piece } from "../view/line.ts";
import { fitMiddle, pad, widthOf } from "../view/width.ts";
import { duration, OUTCOME_LOOK } from "../view/words.ts";
import { activityOf, type Phase } from "./activity.ts";
import { elapsedOf, type Row } from "./roster.ts";

type Look = { readonly word: string; readonly sign: string; readonly style: Style };

const LIVE_LOOK: Readonly<Record<Exclude<Phase, Outcome>, Look>> = {
  fixing: { word: "being fixed", sign: "▶", style: "cyan" },
  asking: { word: "waiting for you", sign: "◷", style: "magenta" },
  approved: { word: "approved", sign: "▹", style: "cyan" },
  "at-work": { word: "at work", sign: "▷", style: "cyan" },
  "to-come": { word: "to come", sign: " ", style: "dim" },
};

/** How a phase is shown: the word, one sign of one column, and the style that goes with both. */
export function lookOf(phase: Phase): Look {
  switch (phase) {
    case "fixing":
    case "asking":
    case "approved":
    case "at-work":
    case "to-come":
      return LIVE_LOOK[phase];
    case "failed":
    case "in-doubt":
    case "rolled-back":
    case "waiting":
    case "found":
    case "unknown":
    case "fixed":
    case "clear":
    case "skipped":
      return OUTCOME_LOOK[phase];
  }
}

/** Where the list of hosts is drawn. */
export type ListDrawing = {
  readonly width: number;
  readonly rows: number;
  readonly now: number;
  readonly palette: Palette;
  /** The last line that a host's script printed, cleaned; empty for none. */
  readonly lastLine: (host: string) => string;
};

/** The state's word gets a column of its own from this width on. */
const ROOMY = 72;
const WORD = 15;

/** The part of a list that is drawn: exactly as many as there is room for, with the cursor among them. */
export function windowOf(total: number, rows: number, cursor: number): { readonly from: number; readonly to: number } {
  const from = Math.max(0, Math.min(cursor - Math.floor(rows / 2), total - rows));
  return { from, to: Math.min(total, from + rows) };
}

/** The hosts around the cursor, one a line, in at most `rows` lines of exactly `width` columns. Only what is shown is worked out. */
export function hostLines(state: RunState, rows: readonly Row[], cursor: string | null, draw: ListDrawing): string[] {
  const place = cursor === null ? 0 : rows.findIndex((row) => row.host.host === cursor);
  const { from, to } = windowOf(rows.length, draw.rows, Math.max(0, place));
  const shown = rows.slice(from, to);
  const names = Math.min(
    Math.floor(draw.width / 3),
    Math.max(0, ...shown.map(({ host }) => widthOf(clean(host.host)))),
  );
  return shown.map((row) => hostLine(state, row, row.host.host === cursor, names, draw));
}

function hostLine(state: RunState, row: Row, chosen: boolean, names: number, draw: ListDrawing): string {
  const look = lookOf(row.phase);
  const name = pad(fitMiddle(clean(row.host.host), names), names);
  const said = row.over ? "" : draw.lastLine(row.host.host);
  const word = draw.width >= ROOMY ? `${pad(look.word, WORD)}  ` : row.over ? `${look.word} ` : "";
  const begun = row.host.startedAt !== null;
  const pieces: Piece[] = [
    chosen ? ["bold", "›"] : " ",
    [look.style, `${look.sign} `],
    chosen ? ["bold", name] : name,
    "  ",
    [look.style, word],
    activityOf(state, row.host, draw.now),
    ["dim", said === "" ? "" : `  ${said}`],
  ];
  const end = begun ? duration(Math.floor(elapsedOf(row, draw.now) / 1000)) : "";
  return lineWithEnd(pieces, end, draw.width, draw.palette);
}
