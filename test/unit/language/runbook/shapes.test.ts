import { expect, test } from "vitest";
import { mistakes, withStep, withTop } from "../../../kit/mistakes.ts";

test.each([
  ["hosts", withTop("hosts: [web, db]"), ["3:8 `hosts`: expected a text, found a list → write `hosts: web:db`"]],
  [
    "no hosts",
    withTop("hosts: []"),
    ["3:8 `hosts`: expected a text, found an empty list → put a text that begins with [ or { in quotes"],
  ],
  [
    "columns",
    withStep("detect: { run: ':', findings: [file, size] }"),
    ["5:35 `findings`: expected a mapping, found a list → give each column its type: `{ file: string, size: string }`"],
  ],
  [
    "steps",
    "name: x\ntitle: X\nsteps:\n  a:\n    detect: { run: ':' }\n",
    ["4:3 `steps`: expected a list, found a mapping → write a list: each step begins with `- id: NAME`"],
  ],
  [
    "the type of a column that is the key",
    withStep("detect: { run: ':', findings: { pid: integr, path: string }, key: [pid] }"),
    [expect.stringMatching(/^5:42 `pid`: expected one of .*found "integr" → did you mean `integer`\?$/)],
  ],
  [
    "a number of looks",
    withStep("detect: { run: ':', confirm: { times: 1 } }"),
    ["5:43 `times`: expected at least 2, found the number 1"],
  ],
])("%s in a shape that is none are one mistake, with what to write", (_name, text, told) => {
  expect(mistakes(text)).toEqual(told);
});

test.each([
  ["10 seconds", "10s"],
  ["5 Min", "5m"],
  ["250 ms", "250ms"],
  ["2hours", "2h"],
  ["1 week", "1w"],
  ["3 month", undefined],
  ["30d", undefined],
])("a duration of %s", (written, better) => {
  const [, hint] = (mistakes(withStep(`detect: { run: ':', timeout: ${written} }`))[0] ?? "").split(" → ");
  expect(hint).toBe(better === undefined ? undefined : `write ${better}`);
});
