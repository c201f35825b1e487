import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capture } from "../../../src/connect/output.ts";
import { encode } from "../../../src/script/bytes.ts";

const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 });

describe("captured output", () => {
  it("is all there up to its limit, and head, tail and a true count beyond", () => {
    fc.assert(
      fc.property(chunks, fc.integer({ min: 2, max: 200 }), (pieces, keep) => {
        const whole = Buffer.concat(pieces);
        const captured = capture(keep);
        for (const piece of pieces) captured.push(piece);
        const { head, tail, omitted } = captured.output();
        const [first, last] = [Buffer.from(encode(head)), Buffer.from(encode(tail))];
        expect(captured.seen()).toBe(whole.length);
        expect(first.length + last.length + omitted).toBe(whole.length);
        expect(whole.subarray(0, first.length).equals(first)).toBe(true);
        expect(whole.subarray(whole.length - last.length).equals(last)).toBe(true);
        // Beyond the limit at most a character that the gap cuts in two is lost at each edge; below it, nothing is.
        const least = whole.length <= keep ? whole.length : keep - 6;
        expect(first.length + last.length).toBeGreaterThanOrEqual(least);
      }),
      { numRuns: 500 },
    );
  });

  it("does not show half a character at the gap as odd bytes", () => {
    const captured = capture(10);
    captured.push(Buffer.from("é".repeat(50)));
    expect(captured.output()).toEqual({ head: "éé", tail: "éé", omitted: 92 });
  });

  it("can be asked again while more comes", () => {
    const captured = capture(4);
    captured.push(Buffer.from("ab"));
    expect(captured.output()).toEqual({ head: "ab", tail: "", omitted: 0 });
    captured.push(Buffer.from("cdefgh"));
    expect(captured.output()).toEqual({ head: "ab", tail: "gh", omitted: 4 });
  });
});
