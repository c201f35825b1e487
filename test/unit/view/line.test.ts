import * as fc from "fast-check";
import { expect, test } from "vitest";
import { COLOURED, PLAIN } from "../../../src/view/colour.ts";
import { lineOf, lineWithEnd, type Piece } from "../../../src/view/line.ts";
import { widthOf } from "../../../src/view/width.ts";

const text = fc.string({ unit: fc.constantFrom("a", " ", "日", "😀") });
const pieces: fc.Arbitrary<Piece[]> = fc.array(fc.oneof(text, fc.tuple(fc.constant("red" as const), text)));

test("a line never gets wider than it may, with or without colour", () => {
  fc.assert(
    fc.property(pieces, fc.nat(40), (parts, width) => {
      const plain = lineOf(parts, width, PLAIN);
      expect(widthOf(plain)).toBeLessThanOrEqual(width);
      expect(lineOf(parts, width, COLOURED).replaceAll(/\u001B\[\d+m/g, "")).toBe(plain);
    }),
  );
});

test("a line with an end is exactly as wide as it must be, and the end is whole", () => {
  fc.assert(
    fc.property(pieces, fc.integer({ min: 8, max: 40 }), (parts, width) => {
      const line = lineWithEnd(parts, "12 s", width, PLAIN);
      expect(line.endsWith(" 12 s")).toBe(true);
      expect(widthOf(line)).toBeLessThanOrEqual(width);
      expect(widthOf(line)).toBeGreaterThanOrEqual(width - 1);
    }),
  );
});

test("what is cut is cut before it is coloured, so that no colour runs on", () => {
  expect(lineOf(["ab", ["red", "cdef"], "gh"], 4, COLOURED)).toBe("ab\u001B[31mc…\u001B[39m");
});
