import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createMemory } from "../../src/tui/memory.ts";

/** Characters of a host's output that are remembered. */
const KEPT = 8192;

test("the end of what was printed is remembered the same, in whatever pieces it came", () => {
  const line = fc
    .tuple(fc.constantFrom("x", "é", "漢", "\u{1F600}"), fc.nat(300))
    .map(([letter, n]) => letter.repeat(n));
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 300 }), (lines) => {
      const memory = createMemory();
      const whole = lines.map((text, at) => `${at}${text}.\n`);
      for (const text of whole) memory.print("web1", "step", text);
      expect(memory.output("web1").map(({ text }) => text)).toEqual([whole.join("").slice(-KEPT)]);
      expect(`${memory.lastLine("web1")}\n`.slice(-20)).toBe((whole.at(-1) ?? "").slice(-20));
    }),
    { numRuns: 100 },
  );
});

test("where the rest of what a script prints is not passed on, its last line is not taken for the newest", () => {
  const memory = createMemory();
  memory.print("web1", "step", "one\n");
  memory.print("web1", "step", null);
  expect(memory.output("web1")).toEqual([{ step: "step", text: "one\n", cut: true }]);
  expect(memory.lastLine("web1")).toBe("");
  memory.print("web1", "step", "two\n");
  expect(memory.output("web1")).toEqual([
    { step: "step", text: "one\n", cut: true },
    { step: "step", text: "two\n", cut: false },
  ]);
  expect(memory.lastLine("web1")).toBe("two");
  memory.print("web2", "step", null);
  expect(memory.output("web2")).toEqual([{ step: "step", text: "", cut: true }]);
});
