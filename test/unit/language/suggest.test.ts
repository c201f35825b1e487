import { expect, test } from "vitest";
import { didYouMean, suggest } from "../../../src/language/suggest.ts";

const WORDS = ["steps", "hosts", "title", "max_failures", "once_per", "sh", "bash"];

test.each([
  ["stesp", "steps"],
  ["host", "hosts"],
  ["titel", "title"],
  ["Title", "title"],
  ["maxFailures", "max_failures"],
  ["max-failure", "max_failures"],
  ["onceper", "once_per"],
  ["zsh", "sh"],
  ["banana", undefined],
  ["x", undefined],
  ["", undefined],
])("%s means %s", (word, meant) => {
  expect(suggest(word, WORDS)).toBe(meant);
});

test("a word is never its own correction, and the closest one wins", () => {
  expect(suggest("hosts", ["hosts", "host"])).toBe("host");
  expect(suggest("tapdisk", ["tapback", "tapdisks"])).toBe("tapdisks");
});

test("a hint is a question, or nothing", () => {
  expect(didYouMean("stesp", WORDS)).toBe("did you mean `steps`?");
  expect(didYouMean("banana", WORDS)).toBeUndefined();
});
