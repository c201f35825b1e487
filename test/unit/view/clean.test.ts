import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clean } from "../../../src/view/clean.ts";
import { widthOf } from "../../../src/view/width.ts";

/** Text made mostly of what does harm. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\u001B[31m",
        "\u001B]8;;http://x\u001B\\",
        "\u001BP",
        "\u009B2J",
        "\u0007",
        "\r",
        "\n",
        "\t",
        "\u007F",
        "\b",
      ),
      fc.constantFrom(
        "\u202E",
        "\u2066",
        "\u200F",
        "\u200B",
        "\u2028",
        "\uFEFF",
        "\uDC80",
        "\uDCFF",
        "\uD83D",
        "\u0301",
        "\u{E0041}",
      ),
      fc.string({ unit: "binary" }),
      fc.string({ unit: "grapheme" }),
    ),
  )
  .map((parts) => parts.join(""));

const HARM = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

describe("clean", () => {
  test("never lets a control, invisible, turning or broken character through", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(clean(text)).not.toMatch(HARM);
        expect(clean(text, { lines: true }).replaceAll("\n", "")).not.toMatch(HARM);
      }),
    );
  });

  test("has exactly the lines of the text, or one", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(clean(text, { lines: true }).split("\n")).toHaveLength(text.split("\n").length);
        expect(clean(text)).not.toContain("\n");
      }),
    );
  });

  test("keeps every line within its width, and marks what was cut", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 30 }), (text, max) => {
        const cut = clean(text, { max });
        expect(widthOf(cut)).toBeLessThanOrEqual(max);
        expect(cut === clean(text) || cut.endsWith("…")).toBe(true);
      }),
    );
  });

  test("changes nothing when it is done twice", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(clean(clean(text))).toBe(clean(text));
      }),
    );
  });

  test("changes nothing in plain text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
        expect(clean(text)).toBe(text);
      }),
    );
  });

  test.each([
    ["\u001B[31mred\u001B[0m", String.raw`\x1b[31mred\x1b[0m`],
    ["\u001B]8;;http://evil\u0007here", String.raw`\x1b]8;;http://evil\x07here`],
    ["one\r\ntwo\tthree", String.raw`one\r\ntwo\tthree`],
    ["caf\uDCE9", String.raw`caf\xe9`],
    ["\uD83Dx", String.raw`\ud83dx`],
    ["user\u202Etxt.exe", String.raw`user\u202etxt.exe`],
    ["a\u{E0041}b", String.raw`a\u{e0041}b`],
    ["Übergrößenträger 日本語 😀", "Übergrößenträger 日本語 😀"],
  ])("shows %j as %j", (text, shown) => {
    expect(clean(text)).toBe(shown);
  });

  test("spreads TABs to every eighth column where lines are kept", () => {
    expect(clean("a\tb\tc\n12345678\td\n日本\te", { lines: true })).toBe(
      "a       b       c\n12345678        d\n日本    e",
    );
  });

  test("lets at most four marks stand on one letter", () => {
    expect(clean(`x${"\u0301".repeat(6)}`)).toBe(`x${"\u0301".repeat(4)}${String.raw`\u0301\u0301`}`);
  });
});
