import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { markFinder } from "../../../src/connect/mark.ts";

const MARK = "rb-mark";

/** Output that likes to look like a mark. */
const output = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 5 }),
      fc.constantFrom("\n", "\nrb-", "\nrb-mar", "rb-mark", "\n\n", "\nrb-other 0\n"),
    ),
    {
      maxLength: 12,
    },
  )
  .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part))))
  .filter((bytes) => !bytes.includes(`\n${MARK}`) && !`${bytes.toString("latin1")}\n`.includes(`\n${MARK}`));

describe("the mark that ends a frame", () => {
  it("is found wherever the stream is cut in pieces, and not a byte of the output is lost or added", () => {
    fc.assert(
      fc.property(output, fc.uint8Array({ maxLength: 9 }), fc.array(fc.nat({ max: 12 })), (printed, after, cuts) => {
        const stream = Buffer.concat([printed, Buffer.from(`\n${MARK} 37\n`), after]);
        const finder = markFinder(MARK);
        const before: Uint8Array[] = [];
        const later: Uint8Array[] = [];
        let words: readonly string[] | undefined;
        let at = 0;
        for (const size of [...cuts, stream.length]) {
          const chunk = stream.subarray(at, at + size);
          at += chunk.length;
          if (words !== undefined) {
            later.push(chunk);
            continue;
          }
          const cut = finder.push(chunk);
          before.push(...cut.before);
          if (cut.found === undefined) continue;
          words = cut.found.words;
          later.push(cut.found.after);
        }
        expect(Buffer.concat(before).equals(printed)).toBe(true);
        expect(words).toEqual(["37"]);
        expect(Buffer.concat(later).equals(Buffer.from(after))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("gives back what it held when a stream ends without one", () => {
    const finder = markFinder(MARK);
    const [text] = finder.push(Buffer.from("line\nrb-ma")).before;
    expect(Buffer.concat([text ?? Buffer.alloc(0), finder.rest()]).toString()).toBe("line\nrb-ma");
  });
});
