import { stepVerdict } from "../engine/outcome.ts";
import type { HostState, RunState } from "../engine/state.ts";
import { Outcome } from "../model/finding.ts";
import { clean } from "../view/clean.ts";
import { paletteOf, type Palette } from "../view/colour.ts";
import { fit, pad, widthOf } from "../view/width.ts";
import { OUTCOME_LOOK } from "../view/words.ts";
import { foldHosts } from "../view/hosts.ts";
import type { Room } from "./summary.ts";

/** Sign, blank and the longest word. */
const CELL = 13;
const GAP = "  ";

type Row = { readonly hosts: readonly string[]; readonly outcomes: readonly Outcome[] };

/**
 * The host × step table of a run. More hosts than `height` lines: hosts with the same row are one row, worst first, and what
 * still does not fit is counted. Too narrow for all steps: columns get numbers, cells are signs, a legend follows, and where
 * that is too wide too, the last columns are left out.
 */
export function boardLines(state: RunState, room: Room): string[] {
  const paint = paletteOf(room.colour);
  const all = [...state.hosts.values()].map(rowOf);
  const most = Math.max(2, (room.height ?? Number.POSITIVE_INFINITY) - 2);
  const rows = all.length > most ? worstFirst(together(all)) : all;
  const shown = rows.length > most ? rows.slice(0, most - 1) : rows;
  const names = shown.map((row) => fit(clean(foldHosts(row.hosts, 3)), Math.max(8, Math.floor(room.width * 0.4))));
  const column = Math.max(4, ...names.map(widthOf));
  const steps = state.plan.steps.map((step) => step.id);
  const present = new Set(shown.flatMap((row) => row.outcomes));
  const columns = columnsFor(steps, room.width - column - GAP.length, present);
  const lines = shown.map((row, at) => {
    const cells = row.outcomes.slice(0, columns.most).map((outcome, step) => columns.cell(outcome, step, paint));
    return [pad(names[at] ?? "", column), ...cells].join(GAP).trimEnd();
  });
  const hidden = rows.slice(shown.length).reduce((sum, row) => sum + row.hosts.length, 0);
  return [
    paint("dim", [pad("host", column), ...columns.heads].join(GAP).trimEnd()),
    ...lines,
    ...(hidden === 0 ? [] : [`… and ${hidden} more`]),
    ...columns.legend.map((line) => paint("dim", fit(line, room.width))),
  ];
}

function rowOf(host: HostState): Row {
  return { hosts: [host.host], outcomes: host.steps.map((step) => stepVerdict(host, step).outcome) };
}

function together(rows: readonly Row[]): Row[] {
  const groups = Map.groupBy(rows, (row) => row.outcomes.join());
  return [...groups.values()].map((group) => ({
    hosts: group.flatMap((row) => row.hosts),
    outcomes: group[0]?.outcomes ?? [],
  }));
}

function worstFirst(rows: readonly Row[]): Row[] {
  const rank = (row: Row) => Math.min(...row.outcomes.map((outcome) => Outcome.options.indexOf(outcome)));
  return rows.toSorted((a, b) => rank(a) - rank(b) || b.hosts.length - a.hosts.length);
}

type Columns = {
  /** Steps that have a column. */
  readonly most: number;
  readonly heads: readonly string[];
  readonly cell: (outcome: Outcome, step: number, paint: Palette) => string;
  readonly legend: readonly string[];
};

function columnsFor(steps: readonly string[], width: number, present: ReadonlySet<Outcome>): Columns {
  const widths = steps.map((step) => Math.max(CELL, widthOf(step)));
  const wide = widths.reduce((sum, step) => sum + step + GAP.length, 0) <= width;
  return wide ? wideColumns(steps, widths) : narrowColumns(steps, width, present);
}

function wideColumns(steps: readonly string[], widths: readonly number[]): Columns {
  return {
    most: steps.length,
    heads: steps.map((step, at) => pad(step, widths[at] ?? CELL)),
    cell: (outcome, step, paint) => {
      const { sign, word, style } = OUTCOME_LOOK[outcome];
      return paint(style, pad(`${sign} ${word}`, widths[step] ?? CELL));
    },
    legend: [],
  };
}

function narrowColumns(steps: readonly string[], width: number, present: ReadonlySet<Outcome>): Columns {
  const digits = String(steps.length).length;
  const room = Math.floor((width + GAP.length) / (digits + GAP.length));
  const most = steps.length > room ? room - 1 : steps.length;
  const heads = steps.slice(0, most).map((_, at) => pad(String(at + 1), digits));
  return {
    most,
    heads: most < steps.length ? [...heads, "…"] : heads,
    cell: (outcome, _, paint) => paint(OUTCOME_LOOK[outcome].style, pad(OUTCOME_LOOK[outcome].sign, digits)),
    legend: [
      ...steps.map((step, at) => `${pad(String(at + 1), digits, "left")} ${step}`),
      Outcome.options
        .filter((outcome) => present.has(outcome))
        .map((outcome) => `${OUTCOME_LOOK[outcome].sign} ${OUTCOME_LOOK[outcome].word}`)
        .join("  "),
    ],
  };
}
