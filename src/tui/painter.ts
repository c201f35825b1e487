import { changeOf } from "./change.ts";

/** Writes frames to a terminal: only what is another than before, each in its place. */
export type Painter = {
  /** Puts lines on the screen, from its first row on. */
  readonly paint: (lines: readonly string[], size: PaintSize) => void;
  /** Somebody else has the terminal: nothing is written until `anew`. */
  readonly pause: () => void;
  /** Nothing is left of what was written: the last frame is written once more, whole. */
  readonly anew: () => void;
};

/** How large the terminal is: in another size nothing is where it was. */
export type PaintSize = { readonly columns: number; readonly rows: number };

const CSI = "\u001B[";
/** The frame is shown once it is whole, where the terminal knows how; a line that the terminal finds wider than we do stays in its row. */
const BEGIN = `${CSI}?2026h${CSI}?7l`;
/** The cursor rests in the first row, where nobody's line feed moves what is shown. */
const END = `${CSI}?7h${CSI}H${CSI}?2026l`;

/**
 * A painter for a terminal. Ink would do it too, with an object for each cell of the screen that it makes and compares for each frame: on a
 * large screen that takes several times as long as everything else.
 */
export function createPainter(stdout: { readonly write: (text: string) => unknown }): Painter {
  let shown: readonly string[] | null = null;
  let last: readonly string[] = [];
  let size: PaintSize = { columns: 0, rows: 0 };
  let paused = false;

  const write = (): void => {
    if (paused) return;
    const lines = Array.from({ length: size.rows }, (_, row) => last[row]?.trimEnd() ?? "");
    const written = lines.map((line, row) => rowOf(shown?.[row] ?? null, line, row + 1)).join("");
    shown = lines;
    if (written !== "") stdout.write(BEGIN + written + END);
  };
  return {
    paint(lines, { columns, rows }) {
      if (columns !== size.columns || rows !== size.rows) shown = null;
      last = lines;
      size = { columns, rows };
      write();
    },
    pause() {
      paused = true;
    },
    anew() {
      paused = false;
      shown = null;
      write();
    },
  };
}

/** What makes a row show `after`; `before` is null where nobody knows what it shows. */
function rowOf(before: string | null, after: string, row: number): string {
  if (before === after) return "";
  const { column, text, erase } = before === null ? { column: 1, text: after, erase: true } : changeOf(before, after);
  return `${CSI}${row};${column}H${erase ? `${CSI}K` : ""}${text}`;
}
