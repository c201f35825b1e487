import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cellText, findingLines, parseCell } from "../../../src/engine/cells.ts";
import type { Cell } from "../../../src/model/finding.ts";
import type { ColumnType } from "../../../src/model/runbook.ts";

test.each<[string, ColumnType, Cell]>([
  ["41", "integer", 41],
  ["-3", "integer", -3],
  ["007", "integer", 7],
  ["1.5", "number", 1.5],
  ["-1e3", "number", -1000],
  [".5", "number", 0.5],
  ["512", "bytes", 512],
  ["10M", "bytes", 10_485_760],
  ["20GB", "bytes", 20_000_000_000],
  ["85%", "percent", 85],
  ["85", "percent", 85],
  ["1h30m", "duration", 5400],
  ["12.5", "duration", 12.5],
  ["true", "boolean", true],
  ["false", "boolean", false],
  [" a ", "string", " a "],
  ["", "string", ""],
  ["-", "string", null],
  ["-", "bytes", null],
])("%j as %s is %j", (text, type, cell) => {
  expect(parseCell(text, type)).toEqual({ cell });
});

test.each<[string, ColumnType]>([
  ["", "integer"],
  ["4 1", "integer"],
  ["1.0", "integer"],
  ["0x10", "integer"],
  ["1234567890123456", "integer"],
  ["1e999", "number"],
  ["NaN", "number"],
  ["Infinity", "number"],
  ["-1", "bytes"],
  ["1 XB", "bytes"],
  ["9".repeat(400), "bytes"],
  ["5 minutes", "duration"],
  ["yes", "boolean"],
  ["True", "boolean"],
  ["high", "percent"],
])("%j is no %s", (text, type) => {
  expect(parseCell(text, type)).toHaveProperty("wrong");
});

test("a wrong value is told with its text, cut short", () => {
  expect(parseCell("x".repeat(200), "integer")).toEqual({ wrong: `"${"x".repeat(80)}" is not an integer` });
});

test("what a script gets is a plain word, and nothing for an empty cell", () => {
  expect([41, 1.5, true, "a b", null].map(cellText)).toEqual(["41", "1.5", "true", "a b", ""]);
});

test("lines of findings are split at TABs and newlines and undone by %b, whatever the values hold", () => {
  const value = fc.string({ unit: fc.constantFrom("a", "\\", "t", "n", "\t", "\n", "-", " ", "é") });
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 1 }), (rows) => {
      const lines = findingLines(rows.map(([a, b]) => ({ values: { a, b }, key: "" }))).split("\n");
      const undone = lines.map((line) => line.split("\t").map(printfB));
      expect(undone).toEqual(rows.map((row) => row.map((cell) => (cell === "" ? "-" : cell))));
    }),
  );
});

function printfB(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, letter: string) => ({ t: "\t", n: "\n", "\\": "\\" })[letter] ?? "?");
}
