import type { Palette } from "./colour.ts";
import { pad, widthOf, wrap } from "./width.ts";

/** A table's column; numbers stand at the right. */
export type TableColumn = { readonly name: string; readonly side: "left" | "right" };

/** A table of cleaned texts; every row has a cell for every column. */
export type Table = { readonly columns: readonly TableColumn[]; readonly rows: readonly (readonly string[])[] };

const GAP = "  ";

/** The table in lines of at most `width` columns. One too wide is told record by record, since no cell may be cut. */
export function tableLines(table: Table, width: number, palette: Palette): string[] {
  const widths = table.columns.map((column, at) =>
    Math.max(widthOf(column.name), ...table.rows.map((row) => widthOf(row[at] ?? ""))),
  );
  const total = widths.reduce((sum, one) => sum + one + GAP.length, -GAP.length);
  if (total > width) return table.rows.flatMap((row, index) => recordLines(table.columns, row, index, width, palette));
  const line = (cells: readonly string[]): string =>
    table.columns
      .map((column, at) => pad(cells[at] ?? "", widths[at] ?? 0, column.side === "right" ? "left" : "right"))
      .join(GAP)
      .trimEnd();
  return [palette("dim", line(table.columns.map((column) => column.name))), ...table.rows.map(line)];
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
