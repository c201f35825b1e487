import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fit, fitEnd, fitMiddle, pad, widthOf, wrap, wrapWords } from "../../../src/view/width.ts";

const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "é", "日", "😀", "e\u0301") });

describe("width", () => {
  test.each([
    ["", 0],
    ["abc", 3],
    ["日本語", 6],
    ["e\u0301", 1],
    ["😀!", 3],
    ["│ ✓ …", 5],
    ["ｆｕｌｌ", 8],
  ])("%j takes %i columns", (one, columns) => {
    expect(widthOf(one)).toBe(columns);
  });

  test("what is fitted is never too wide and begins as it began", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 20 }), (one, max) => {
        const fitted = fit(one, max);
        expect(widthOf(fitted)).toBeLessThanOrEqual(max);
        expect(one.startsWith(fitted.replace(/…$/, ""))).toBe(true);
      }),
    );
  });

  test("both ends are kept where the middle does not fit", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 20 }), (one, max) => {
        const fitted = fitMiddle(one, max);
        expect(widthOf(fitted)).toBeLessThanOrEqual(max);
        const cuts = Array.from(fitted.matchAll(/…/g), ({ index }) => index);
        const both = (cut: number): boolean =>
          one.startsWith(fitted.slice(0, cut)) && one.endsWith(fitted.slice(cut + 1));
        expect(fitted === one || cuts.some(both)).toBe(true);
      }),
    );
    expect(fitMiddle("storage-rack-12.example.com", 9)).toBe("stor….com");
    expect(fitMiddle("abc", 0)).toBe("");
  });

  test("the end is kept where the beginning does not fit", () => {
    expect(fitEnd("because it is late", 8)).toBe("…is late");
    expect(fitEnd("short", 8)).toBe("short");
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 20 }), (one, max) => {
        expect(widthOf(fitEnd(one, max))).toBeLessThanOrEqual(max);
      }),
    );
  });

  test("wrapping loses nothing and keeps within the width", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 20 }), (one, max) => {
        const lines = wrap(one, max);
        expect(lines.join("")).toBe(one);
        expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(max);
      }),
    );
  });

  test("wrapping words loses nothing but spaces at the ends of lines", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 20 }), (one, max) => {
        const lines = wrapWords(one, max);
        expect(lines.join("").replaceAll(" ", "")).toBe(one.replaceAll(" ", ""));
        expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(max);
      }),
    );
    expect(wrapWords("stop it now", 7)).toEqual(["stop it", "now"]);
  });

  test("padding fills to the width on either side", () => {
    expect(pad("日", 4)).toBe("日  ");
    expect(pad("12", 4, "left")).toBe("  12");
    expect(pad("long", 2)).toBe("long");
  });
});
