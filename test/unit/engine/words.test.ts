import { expect, test } from "vitest";
import { exitReason, lastLine } from "../../../src/engine/words.ts";
import { NO_OUTPUT } from "../../../src/model/output.ts";
import { plain } from "../../../src/model/secret.ts";

test.each([
  ["", ""],
  ["one\ntwo\n", "two"],
  ["one\n  two  \n\n \n", "two"],
  ["10 %\r20 %", "20 %"],
  ["one\r\ntwo\r\n", "two"],
])("the last line of %j is %j", (text, line) => {
  expect(lastLine(text)).toBe(line);
});

test.each<[string, number | null, string, string]>([
  ["with its last words", 3, "one\nno such process\n\n", "the fix exited 3: no such process"],
  ["without words", 1, "", "the fix exited 1"],
  ["out of time", null, "", "the fix was ended after 3 s"],
])("an exit is told %s", (_, exit, stderr, reason) => {
  expect(exitReason("the fix", exit, { ...NO_OUTPUT, head: plain(stderr) }, 3000)).toBe(reason);
});
