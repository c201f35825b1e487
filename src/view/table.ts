import type { Palette } from "./colour.ts";
import { pad, widthOf, wrap, wrapWords } from "./width.ts";

/** A table's column; numbers stand at the right. */
export type TableColumn = { readonly name: string; readonly side: "left" | "right" };

/** A table of cleaned texts; every row has a cell for every column. */
export type Table = { readonly columns: readonly TableColumn[]; readonly rows: readonly (readonly string[])[] };

const GAP = "  ";

/**
 * The table in lines of at most `width` columns. Of one too wide, what is the same on every row is told once above it; if what differs is too
 * wide still, it is told record by record, since no cell may be cut.
 */
export function tableLines(table: Table, width: number, palette: Palette): string[] {
  return gridLines(table, width, palette) ?? differenceLines(table, width, palette);
}

/** The table as one that rows are compared in: columns that are the same on every row are told once above it, wherever there are any. */
export function differenceLines(table: Table, width: number, palette: Palette): string[] {
  const { common, rest } = factored(table);
  const lines = gridLines(rest, width, palette) ?? recordsLines(rest, width, palette);
  return [...commonLines(common, width, palette), ...lines];
}

/** Null: it is too wide. */
function gridLines(table: Table, width: number, palette: Palette): string[] | null {
  const widths = table.columns.map((column, at) =>
    Math.max(widthOf(column.name), ...table.rows.map((row) => widthOf(row[at] ?? ""))),
  );
  const total = widths.reduce((sum, one) => sum + one + GAP.length, -GAP.length);
  if (total > width) return null;
  const line = (cells: readonly string[]): string =>
    table.columns
      .map((column, at) => pad(cells[at] ?? "", widths[at] ?? 0, column.side === "right" ? "left" : "right"))
      .join(GAP)
      .trimEnd();
  return [palette("dim", line(table.columns.map((column) => column.name))), ...table.rows.map(line)];
}

type Common = { readonly name: string; readonly text: string };

/** What every row has in common, and the table without it. Rows in which nothing differs are left as they are, and so is a single one. */
function factored(table: Table): { readonly common: readonly Common[]; readonly rest: Table } {
  const [first, ...others] = table.rows;
  const differs = table.columns.map((_, at) => others.some((row) => row[at] !== first?.[at]));
  if (first === undefined || !differs.includes(true)) return { common: [], rest: table };
  const some = <T>(all: readonly T[]): T[] => all.filter((_, at) => differs[at] === true);
  return {
    common: table.columns.flatMap(({ name }, at) => (differs[at] === true ? [] : [{ name, text: first[at] ?? "" }])),
    rest: { columns: some(table.columns), rows: table.rows.map(some) },
  };
}

/** In one sentence; but a text that has a comma of its own could pass for two, and stands on lines of its own. */
function commonLines(common: readonly Common[], width: number, palette: Palette): string[] {
  if (common.length === 0) return [];
  const said = common.filter(({ text }) => !text.includes(","));
  const apart = common.filter(({ text }) => text.includes(","));
  const names = Math.max(0, ...apart.map(({ name }) => widthOf(name)));
  const words = said.map(({ name, text }) => `${name} ${text}`.trimEnd()).join(", ");
  return [
    ...wrapWords(`${SAME}${words === "" ? "" : ` ${words}`}`, width - GAP.length).map((line, at) =>
      palette("dim", at === 0 ? line : GAP + line),
    ),
    ...apart.flatMap(({ name, text }) =>
      wrap(text, width - 2 * GAP.length - names).map((part, at) =>
        palette("dim", GAP + pad(at === 0 ? name : "", names + GAP.length) + part),
      ),
    ),
  ];
}

const SAME = "the same on all:";

function recordsLines({ columns, rows }: Table, width: number, palette: Palette): string[] {
  return rows.flatMap((row, index) => recordLines(columns, row, index, width, palette));
}

/** One row with each cell on lines of its own: `1. pid   1234`. */
function recordLines(
  columns: readonly TableColumn[],
  row: readonly string[],
  index: number,
  width: number,
  palette: Palette,
): string[] {
  const number = `${index + 1}. `;
  const names = Math.max(...columns.map((column) => widthOf(column.name)));
  const indent = number.length + names + GAP.length;
  return columns.flatMap((column, at) =>
    wrap(row[at] ?? "", width - indent).map((part, line) => {
      const lead = at === 0 && line === 0 ? number : " ".repeat(number.length);
      const name = pad(line === 0 ? column.name : "", names + GAP.length);
      return `${lead}${palette("dim", name)}${part}`;
    }),
  );
}
