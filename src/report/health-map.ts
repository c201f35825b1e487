import { clean } from "../view/clean.ts";
import { paletteOf, type Palette } from "../view/colour.ts";
import { foldHosts } from "../view/hosts.ts";
import { fit, pad, widthOf, wrapWords } from "../view/width.ts";
import type { Health, HealthCell, HealthHost } from "./health.ts";
import { cellText, LOOK_NAMES, lookOf, LOOKS, scoreStyle, scoreText, shareText } from "./health-looks.ts";
import type { Room } from "./summary.ts";

const GAP = "  ";
const HEAD = ["score", " sure"].join(GAP);
/** With more hosts than this, those that look the same have one row. */
const SCREEN = 24;

/** Hosts that look the same. */
type Row = Pick<HealthHost, "score" | "confidence" | "cells"> & { readonly hosts: readonly string[] };

/** A runbook's place in the cells of a host, and its column. */
type Column = { readonly at: number; readonly head: string; readonly width: number };

/** How cells are drawn: with the names of runbooks above them, with numbers, or as bare signs. */
type Style = { readonly gap: string; readonly text: (cell: HealthCell) => string; readonly columns: readonly Column[] };

/**
 * The host × runbook table, the worst hosts first. Where the names of the runbooks are too wide they get numbers, with a legend, and cells are
 * signs where there is no room for more; where even that is too wide, the rest follows in further tables.
 */
export function healthMap(health: Health, room: Room): string[] {
  const paint = paletteOf(room.colour);
  const rows = rowsOf(health.hosts);
  const names = rows.map(({ hosts }) => fit(clean(foldHosts(hosts, 3)), Math.max(8, Math.floor(room.width * 0.4))));
  const wide = Math.max(widthOf("host"), ...names.map(widthOf));
  const left = room.width - wide - HEAD.length - 2 * GAP.length;
  const { style, legend } = styleFor(health, rows, left);
  const tables = blocks(style, left).flatMap((block) => {
    const heads = block.map(({ head, width }) => pad(head, width)).join(style.gap);
    const lines = rows.map(({ score, confidence, cells }, row) => {
      const own = block.map(({ at, width }) => painted(cells[at], width, style, paint)).join(style.gap);
      return [pad(names[row] ?? "", wide), ratingCells(score, confidence, paint), own].join(GAP).trimEnd();
    });
    return [paint("dim", [pad("host", wide), HEAD, heads].join(GAP).trimEnd()), ...lines];
  });
  const told = [...wrapWords(legend.join("  "), room.width - 2), signs(rows)].filter((line) => line !== "");
  return [...tables, ...told.map((line) => paint("dim", fit(`  ${line}`, room.width)))];
}

function styleFor(health: Health, rows: readonly Row[], left: number): { style: Style; legend: string[] } {
  const places = health.runbooks.flatMap(({ runbook }, at) =>
    isSeen(health, at) ? [{ at, name: clean(runbook) }] : [],
  );
  const styled = (gap: string, text: Style["text"], head: (name: string, index: number) => string): Style => ({
    gap,
    text,
    columns: places.map(({ at, name }, index) => {
      const cells = rows.flatMap((row) => row.cells[at] ?? []);
      const title = head(name, index);
      return { at, head: title, width: Math.max(widthOf(title), ...cells.map((cell) => widthOf(text(cell)))) };
    }),
  });
  const named = styled(GAP, cellText, (name) => name);
  if (fits(named, left)) return { style: named, legend: [] };
  const numbered = styled(GAP, cellText, (_, index) => String(index + 1));
  const signed = styled(
    " ",
    (cell) => LOOKS[lookOf(cell)].sign,
    (_, index) => String(index + 1),
  );
  const legend = places.map(({ name }, index) => `${index + 1}=${name}`);
  return { style: fits(numbered, left) ? numbered : signed, legend };
}

function fits({ columns, gap }: Style, left: number): boolean {
  return columns.reduce((sum, { width }) => sum + width + gap.length, -gap.length) <= left;
}

function isSeen({ hosts }: Health, at: number): boolean {
  return hosts.some(({ cells }) => cells[at] !== undefined && cells[at].state !== "none");
}

function rowsOf(hosts: readonly HealthHost[]): Row[] {
  const alike = ({ host, score, confidence, cells }: HealthHost): string =>
    hosts.length > SCREEN ? JSON.stringify([score, confidence, cells.map(cellText)]) : host;
  const groups = [...Map.groupBy(hosts, alike).values()];
  const rows = groups.flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ ...first, hosts: group.map(({ host }) => host) }];
  });
  // What is not known stands before what is well.
  const rank = ({ score, confidence }: Row): number => (score === null ? 99 : score) + (confidence ?? 100) / 1000;
  return rows.toSorted((a, b) => rank(a) - rank(b));
}

function painted(cell: HealthCell | undefined, width: number, { text }: Style, paint: Palette): string {
  if (cell === undefined) return pad("", width);
  const shown = text(cell);
  const rest = pad("", width - widthOf(shown));
  return shown.trim() === "" ? pad("", width) : paint(LOOKS[lookOf(cell)].style, shown) + rest;
}

function ratingCells(score: number | null, confidence: number | null, paint: Palette): string {
  return [paint(scoreStyle(score), pad(scoreText(score), 5, "left")), pad(shareText(confidence), 5, "left")].join(GAP);
}

/** Which columns stand side by side in each table; one at least, however narrow the room. */
function blocks({ columns, gap }: Style, left: number): Column[][] {
  const all: Column[][] = [];
  let used = 0;
  for (const column of columns) {
    const wider = used === 0 ? column.width : used + gap.length + column.width;
    const last = all.at(-1);
    if (last === undefined || wider > left) all.push([column]);
    else last.push(column);
    used = last === undefined || wider > left ? column.width : wider;
  }
  return all;
}

/** What the signs mean that are there. */
function signs(rows: readonly Row[]): string {
  const there = new Set(rows.flatMap(({ cells }) => cells.map(lookOf)));
  const told = LOOK_NAMES.filter((name) => there.has(name) && LOOKS[name].word !== "");
  return told.map((name) => `${LOOKS[name].sign} ${LOOKS[name].word}`).join("  ");
}
