import { array, assert, constantFrom, integer, property, stringMatching, tuple } from "fast-check";
import { expect, test } from "vitest";
import { PLAIN } from "../../../src/view/colour.ts";
import { differenceLines, tableLines, type Table } from "../../../src/view/table.ts";
import { widthOf } from "../../../src/view/width.ts";

const TABLE: Table = {
  columns: [
    { name: "pid", side: "right" },
    { name: "path", side: "left" },
  ],
  rows: [
    ["7", "/日本/log"],
    ["4711", "/var/log/a-long-name"],
  ],
};

test("columns stand under their names, numbers at the right", () => {
  expect(tableLines(TABLE, 80, PLAIN)).toEqual([" pid  path", "   7  /日本/log", "4711  /var/log/a-long-name"]);
});

test("a table that is too wide is told row by row, with every cell whole", () => {
  expect(tableLines(TABLE, 20, PLAIN)).toEqual([
    "1. pid   7",
    "   path  /日本/log",
    "2. pid   4711",
    "   path  /var/log/a-",
    "         long-name",
  ]);
});

test("a table without rows has its heading alone", () => {
  expect(tableLines({ ...TABLE, rows: [] }, 80, PLAIN)).toEqual(["pid  path"]);
});

/** A table of texts, by its columns' names. */
function tableOf(names: string, ...rows: readonly (readonly string[])[]): Table {
  return { columns: names.split(" ").map((name) => ({ name, side: "left" })), rows };
}

const GUESTS = tableOf(
  "host pid guest stuck place",
  ["xen1", "7", "halted", "true", "/var/log/blktap"],
  ["xen2", "8", "halted", "true", "/var/log/blktap"],
);

test("of a table that is too wide, what is the same on every row is told once, and what differs stays a table", () => {
  expect(tableLines(GUESTS, 41, PLAIN)[0]).toBe("host  pid  guest   stuck  place");
  expect(tableLines(GUESTS, 40, PLAIN)).toEqual([
    "the same on all: guest halted, stuck",
    "  true, place /var/log/blktap",
    "host  pid",
    "xen1  7",
    "xen2  8",
  ]);
});

test("a table in which rows are compared tells only what differs, however wide the screen is", () => {
  expect(differenceLines(GUESTS, 200, PLAIN)).toEqual([
    "the same on all: guest halted, stuck true, place /var/log/blktap",
    "host  pid",
    "xen1  7",
    "xen2  8",
  ]);
});

test("what differs and is too wide is told row by row, below what is the same", () => {
  const table = tableOf("guest path", ["halted", "/var/log/one-more-name"], ["halted", "/var/log/another"]);
  expect(tableLines(table, 20, PLAIN)).toEqual([
    "the same on all:",
    "  guest halted",
    "1. path  /var/log/on",
    "         e-more-name",
    "2. path  /var/log/an",
    "         other",
  ]);
});

test("a text with a comma cannot pass for another column's", () => {
  const table = tableOf("host guest stuck", ["a", "halted, stuck true", "false"], ["b", "halted, stuck true", "false"]);
  expect(differenceLines(table, 80, PLAIN)).toEqual([
    "the same on all: stuck false",
    "  guest  halted, stuck true",
    "host",
    "a",
    "b",
  ]);
});

test("one row, and rows in which nothing differs, are a table as they are", () => {
  const one = tableOf("host pid", ["a", "7"]);
  expect(differenceLines(one, 80, PLAIN)).toEqual(["host  pid", "a     7"]);
  const twice = tableOf("host pid", ["a", "7"], ["a", "7"]);
  expect(differenceLines(twice, 80, PLAIN)).toEqual(["host  pid", "a     7", "a     7"]);
});

test("no line is wider than there is room, and every cell is there", () => {
  const word = stringMatching(/^[a-z日, ]{0,12}[a-z]$/);
  const rows = array(tuple(word, constantFrom("x", "y"), word), { minLength: 1, maxLength: 4 });
  assert(
    property(rows, integer({ min: 20, max: 90 }), (cells, width) => {
      const table = tableOf("one two three", ...cells);
      for (const line of differenceLines(table, width, PLAIN)) expect(widthOf(line)).toBeLessThanOrEqual(width);
      const text = differenceLines(table, 200, PLAIN).join("\n");
      for (const cell of cells.flat()) expect(text).toContain(cell);
    }),
  );
});
