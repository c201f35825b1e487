import headless from "@xterm/headless";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changeOf } from "../../src/tui/change.ts";
import { createPainter, type Painter } from "../../src/tui/painter.ts";
import { paletteOf } from "../../src/view/colour.ts";
import { lineOf, type Piece } from "../../src/view/line.ts";

const COLUMNS = 40;
const ROWS = 6;
const PALETTE = paletteOf(true);

/** A terminal without a program, which a painter writes to; and what it was written each time. */
class Canvas implements Disposable {
  readonly #terminal = new headless.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
  readonly writes: string[] = [];
  readonly painter: Painter = createPainter({ write: (text) => this.write(text) });

  write(text: string): void {
    this.writes.push(text);
    this.#terminal.write(text);
  }

  paint(lines: readonly string[]): void {
    this.painter.paint(lines, { columns: COLUMNS, rows: ROWS });
  }

  /** Each cell: its text, its colour, and whether it is bold or dim. */
  async cells(): Promise<readonly string[]> {
    await new Promise<void>((resolve) => this.#terminal.write("", resolve));
    const buffer = this.#terminal.buffer.active;
    return Array.from({ length: ROWS }, (_, row) => {
      const line = buffer.getLine(row);
      return Array.from({ length: COLUMNS }, (_cell, column) => {
        const cell = line?.getCell(column);
        // An empty cell and a space look the same.
        return `${cell?.getChars() === "" ? " " : cell?.getChars()}${cell?.getFgColor()}${cell?.isBold()}${cell?.isDim()}`;
      }).join("|");
    });
  }

  async text(): Promise<readonly string[]> {
    await this.cells();
    const buffer = this.#terminal.buffer.active;
    return Array.from({ length: ROWS }, (_, row) => buffer.getLine(row)?.translateToString(true) ?? "");
  }

  [Symbol.dispose](): void {
    this.#terminal.dispose();
  }
}

const WORDS = fc.constantFrom("a", "bb", " ", "  ", "web1", "│", "é", "e\u0301", " \u0301x", "漢字", "…", "12 34", "");
const STYLE = fc.constantFrom("bold", "dim", "red", "green");
const PIECE: fc.Arbitrary<Piece> = fc.oneof(WORDS, fc.tuple(STYLE, WORDS));
/** A style within another, as a cut line never has it. */
const NESTED = fc
  .tuple(STYLE, STYLE, WORDS)
  .map(([outer, inner, word]) => PALETTE(outer, `a ${PALETTE(inner, word)} b`));
const LINE = fc.oneof(
  { weight: 4, arbitrary: fc.array(PIECE, { maxLength: 14 }).map((pieces) => lineOf(pieces, COLUMNS, PALETTE)) },
  fc.array(fc.oneof(NESTED, WORDS), { maxLength: 4 }).map((parts) => parts.join("")),
);
const FRAME = fc.array(LINE, { minLength: 1, maxLength: ROWS });

const frame = (line: string): string[] => ["disk-full", `web1 │ ${line} │ a pane`, "keys"];
const red = (text: string): string => PALETTE("red", text);

describe("the painter", () => {
  test("leaves on the screen what painting the last frame alone would have left, whatever came before it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(FRAME, { minLength: 2, maxLength: 6 }), async (frames) => {
        using canvas = new Canvas();
        using alone = new Canvas();
        for (const one of frames) canvas.paint(one);
        alone.paint(frames.at(-1) ?? []);
        expect(await canvas.cells()).toEqual(await alone.cells());
      }),
      { numRuns: 200 },
    );
  });

  test("writes nothing for a frame that is the same, and of a line only what has changed", async () => {
    using canvas = new Canvas();
    canvas.paint(frame("line 17"));
    canvas.paint(frame("line 17"));
    expect(canvas.writes).toHaveLength(1);
    canvas.paint(frame("line 18"));
    const [, change = ""] = canvas.writes;
    expect(change).toContain("\u001B[2;12H 18\u001B[");
    expect(await canvas.text()).toEqual(["disk-full", "web1 │ line 18 │ a pane", "keys", "", "", ""]);
  });

  test("writes everything in another size, and once somebody else has had the terminal", async () => {
    using canvas = new Canvas();
    canvas.paint(["one", "two"]);
    canvas.painter.paint(["one", "two"], { columns: COLUMNS - 1, rows: ROWS });
    expect(canvas.writes).toHaveLength(2);
    canvas.painter.pause();
    canvas.paint(["one", "three"]);
    expect(canvas.writes).toHaveLength(2);
    canvas.write("\u001B[2J\u001B[Ha shell");
    canvas.painter.anew();
    expect(await canvas.text()).toEqual(["one", "three", "", "", "", ""]);
  });

  test("keeps a line that is wider than the terminal in its row", async () => {
    using canvas = new Canvas();
    canvas.paint(["x".repeat(COLUMNS + 5), "below", "", "", "", "y".repeat(COLUMNS + 5)]);
    expect(await canvas.text()).toEqual(["x".repeat(COLUMNS), "below", "", "", "", "y".repeat(COLUMNS)]);
  });
});

test("a change keeps to spaces outside of styles", () => {
  expect(changeOf("a bc d", "a bd d")).toEqual({ column: 2, text: " bd", erase: false });
  expect(changeOf("a bc d", "a bcd d")).toEqual({ column: 2, text: " bcd d", erase: true });
  expect(changeOf("x x x x", "x x x x x")).toEqual({ column: 6, text: " x x", erase: true });
  expect(changeOf("x x x x x", "x x x x")).toEqual({ column: 6, text: " x", erase: true });
  expect(changeOf("abc", "abd")).toEqual({ column: 1, text: "abd", erase: true });
  expect(changeOf(`a ${red("b c")} d`, `a ${red("b x")} d`)).toEqual({
    column: 2,
    text: ` ${red("b x")}`,
    erase: false,
  });
});
