import { expect, test } from "vitest";
import { PLAIN } from "../../../src/view/colour.ts";
import { tableLines, type Table } from "../../../src/view/table.ts";

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
