import { expect, test } from "vitest";
import { pythonLiteral } from "../../../../../src/language/inventory/ini/literal.ts";

// What Ansible can print is compared with Ansible itself, over the corpus; this is what it cannot.
test.each([
  ["{1, 'a', 1}", [1, "a"]],
  ["123456789012345678901234567890", "123456789012345678901234567890"],
  ["-9007199254740993", "-9007199254740993"],
  ["1e999", "1e999"],
  ["{'__proto__': 1}", JSON.parse('{"__proto__": 1}')],
])("%s is %j", (text, value) => {
  expect(pythonLiteral(text)).toEqual({ value });
});

test.each([
  "1+2j",
  "'a' b'b'",
  "set()",
  "{**{}}",
  "{[1]: 2}",
  "[".repeat(10_000),
  `${"[".repeat(60)}${"]".repeat(60)}`,
  "'\\x4'",
  "'\\N{DASH}'",
  "",
])("%s stays text", (text) => {
  expect(pythonLiteral(text)).toBeUndefined();
});
