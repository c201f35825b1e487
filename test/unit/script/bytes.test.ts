import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decode, encode, unfinished } from "../../../src/script/bytes.ts";

/** Bytes with a liking for the edges of UTF-8. */
const bytes = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xa0, 0xef, 0xbb, 0xf0, 0x9f, 0x98, 0xf4, 0x90, 0xff),
    ),
  )
  .map((array) => Uint8Array.from(array));

describe("bytes as text", () => {
  it("loses no byte", () => {
    fc.assert(
      fc.property(bytes, (each) => {
        expect([...encode(decode(each))]).toEqual([...each]);
      }),
      { numRuns: 2000 },
    );
  });

  it("leaves text alone", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(decode(Buffer.from(text))).toBe(text);
        expect(Buffer.from(encode(text)).equals(Buffer.from(text))).toBe(true);
      }),
    );
  });

  it.each([
    ["a byte that is no UTF-8", [0x61, 0xff, 0x62], "a\uDCFFb"],
    ["an overlong slash", [0xc0, 0xaf], "\uDCC0\uDCAF"],
    ["half a pair in UTF-8", [0xed, 0xa0, 0x80], "\uDCED\uDCA0\uDC80"],
    ["a character cut off", [0x61, 0xe2, 0x82], "a\uDCE2\uDC82"],
    ["a byte order mark", [0xef, 0xbb, 0xbf, 0x61], "\uFEFFa"],
    ["what is beyond Unicode", [0xf4, 0x90, 0x80, 0x80], "\uDCF4\uDC90\uDC80\uDC80"],
  ])("shows %s", (_name, given, text) => {
    expect(decode(Uint8Array.from(given))).toBe(text);
  });

  it("makes a lone surrogate that stands for no byte a replacement character", () => {
    expect(Buffer.from(encode("a\uDC7Fb")).toString()).toBe("a\u{FFFD}b");
    expect(Buffer.from(encode("a\uD800b")).toString()).toBe("a\u{FFFD}b");
  });

  it("knows where a character is cut off at the end", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(), (text, at) => {
        const whole = Buffer.from(text.toWellFormed());
        const cut = whole.subarray(0, whole.length === 0 ? 0 : at % (whole.length + 1));
        const safe = cut.subarray(0, cut.length - unfinished(cut));
        expect(decode(safe).isWellFormed()).toBe(true);
        expect(cut.length - safe.length).toBeLessThan(4);
      }),
    );
  });
});
