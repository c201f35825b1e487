import { clean } from "../view/clean.ts";
import { paletteOf, type Palette } from "../view/colour.ts";
import { foldHosts } from "../view/hosts.ts";
import { fit, pad, widthOf, wrapWords } from "../view/width.ts";
import type { Health, HealthCell, HealthHost } from "./health.ts";
import { cellText, LOOK_NAMES, lookOf, LOOKS, scoreStyle, scoreText, shareText } from "./health-looks.ts";
import type { Room } from "./summary.ts";

const GAP = "  ";
/** With more hosts than this, those that look the same have one row. */
const SCREEN = 24;

/** Hosts that look the same. */
type Row = Pick<HealthHost, "score" | "confidence" | "cells"> & { readonly hosts: readonly string[] };

/**
 * The host × runbook table, the worst hosts first. Where the names of the runbooks are too wide they get numbers, with a legend; where even
 * these are too many, the rest of them follows in further tables.
 */
export function healthMap(health: Health, room: Room): string[] {
  const paint = paletteOf(room.colour);
  const columns = health.runbooks
    .map(({ runbook }, at) => ({ name: clean(runbook), at }))
    .filter(({ at }) => isSeen(health, at));
  const rows = rowsOf(health.hosts);
  const names = rows.map(({ hosts }) => fit(clean(foldHosts(hosts, 3)), Math.max(8, Math.floor(room.width * 0.4))));
  const wide = Math.max(widthOf("host"), ...names.map(widthOf));
  const left = room.width - wide - HEAD.length - 2 * GAP.length;
  const numbered = columns.reduce((sum, { name }) => sum + Math.max(CELL, widthOf(name)) + GAP.length, 0) > left;
  const heads = columns.map(({ name }, index) => (numbered ? String(index + 1) : name));
  const widths = heads.map((head, index) =>
    Math.max(widthOf(head), ...rows.map(({ cells }) => cellWidth(cells[columns[index]?.at ?? 0]))),
  );
  const tables = blocks(widths, left).map((block) => {
    const head = [pad("host", wide), HEAD, ...block.map((index) => pad(heads[index] ?? "", widths[index] ?? 0))];
    const lines = rows.map(({ score, confidence, cells }, row) => [
      pad(names[row] ?? "", wide),
      ratingCells(score, confidence, paint),
      ...block.map((index) => painted(cells[columns[index]?.at ?? 0], widths[index] ?? 0, paint)),
    ]);
    return [paint("dim", head.join(GAP).trimEnd()), ...lines.map((line) => line.join(GAP).trimEnd())];
  });
  const legend = numbered
    ? wrapWords(columns.map(({ name }, index) => `${index + 1}\u00a0${name}`).join("  "), room.width - 2)
    : [];
  return [
    ...tables.flat(),
    ...[...legend, signs(rows)].map((line) => paint("dim", fit(`  ${line.replaceAll("\u00a0", " ")}`, room.width))),
  ];
}

const HEAD = "score  sure";
const CELL = 3;

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

function cellWidth(cell: HealthCell | undefined): number {
  return cell === undefined ? 1 : widthOf(cellText(cell));
}

function painted(cell: HealthCell | undefined, width: number, paint: Palette): string {
  return cell === undefined ? pad("", width) : paint(LOOKS[lookOf(cell)].style, pad(cellText(cell), width));
}

function ratingCells(score: number | null, confidence: number | null, paint: Palette): string {
  return `${paint(scoreStyle(score), pad(scoreText(score), 5, "left"))} ${pad(shareText(confidence), 5, "left")}`;
}

/** Which columns stand side by side in each table; one at least, however narrow the room. */
function blocks(widths: readonly number[], left: number): number[][] {
  const all: number[][] = [];
  let used = 0;
  for (const [index, width] of widths.entries()) {
    if (all.length === 0 || used + width + GAP.length > left) {
      all.push([]);
      used = 0;
    }
    all.at(-1)?.push(index);
    used += width + GAP.length;
  }
  return all;
}

/** What the signs mean that are there. */
function signs(rows: readonly Row[]): string {
  const there = new Set(rows.flatMap(({ cells }) => cells.map(lookOf)));
  const told = LOOK_NAMES.filter((name) => there.has(name) && LOOKS[name].word !== "");
  return told.map((name) => `${LOOKS[name].sign} ${LOOKS[name].word}`).join("  ");
}
