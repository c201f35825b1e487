import { expect, test } from "vitest";
import { widthOfCharacter } from "../../../src/model/width.ts";

test.each([
  ["a", 1],
  ["~", 1],
  ["ü", 1],
  ["─", 1],
  ["表", 2],
  ["ｱ", 1],
  ["Ａ", 2],
  ["한", 2],
  ["✅", 2],
  ["\u0301", 0],
])("%s takes %i", (character, columns) => {
  expect(widthOfCharacter(character)).toBe(columns);
});
