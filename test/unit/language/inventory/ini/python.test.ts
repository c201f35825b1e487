import { execFileSync } from "node:child_process";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { pythonLiteral } from "../../../../../src/language/inventory/ini/literal.ts";
import { splitLine } from "../../../../../src/language/inventory/ini/words.ts";

const PROGRAM = join(import.meta.dirname, "../../../../fixtures/inventory/python.py");

const numbers = ["1", "0", "07", "1.5", ".5", "1e3", "0x1f", "1_0", "-", "+", "_", "j"];
const words = ["True", "False", "None", "a", "..", "set()"];
const texts = ["'a'", '"b"', "'", '"', "b'x'", "r'\\n'", "'\\t'", "''", "'''x'''", "u'z'", "\\", "\\x41"];
const marks = ["[", "]", "(", ")", "{", "}", ",", ":", " ", "#", "="];
const literal = fc.array(fc.constantFrom(...numbers, ...words, ...texts, ...marks), { minLength: 1, maxLength: 7 });
const line = fc.array(fc.constantFrom("a", "b", "=", "'", '"', " ", "\\", "#", "x=1", "  ", "\t"), { maxLength: 9 });

/** Random texts, the same in every run. */
function sample(parts: fc.Arbitrary<string[]>): string[] {
  return fc.sample(parts, { numRuns: 20_000, seed: 20_261_121 }).map((each) => each.join(""));
}

test("random literals and lines are to us what they are to Python", { timeout: 60_000 }, () => {
  const asked = { literals: sample(literal), lines: sample(line) };
  const output = execFileSync("/usr/bin/python3", [PROGRAM], {
    input: JSON.stringify(asked),
    encoding: "utf8",
    maxBuffer: 100_000_000,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const theirs = JSON.parse(output) as { literals: ({ value: unknown } | null)[]; lines: (string[] | null)[] };
  const literals = asked.literals.map((text, at) => [text, theirs.literals[at]] as const);
  const sane = literals.filter(([, answer]) => !JSON.stringify(answer).includes('{"odd":true}'));
  expect(sane.filter(([, answer]) => answer !== null).length).toBeGreaterThan(1000);
  expect(sane.map(([text]) => [text, pythonLiteral(text) ?? null])).toEqual(sane);
  const lines = asked.lines.map((text) => {
    const split = splitLine(text);
    return [text, "error" in split ? null : split.map((word) => word.text)];
  });
  expect(lines).toEqual(asked.lines.map((text, at) => [text, theirs.lines[at]]));
});
