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
    "a host pattern",
    withTop('hosts: "web:&["'),
    ["3:8 a bracket is not closed in the host pattern `web:&[` → a slice is written web[0:2]"],
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
    "the type of the only column",
    withStep("detect: { run: ':', findings: { pid: int } }"),
    [expect.stringMatching(/^5:42 `pid`: expected one of .*found "int" → did you mean `integer`\?$/)],
  ],
  [
    "the type of a column beside a measure",
    withStep("detect: { run: ':', findings: { pid: int, size: bytes } }"),
    [expect.stringMatching(/^5:42 `pid`: /)],
  ],
  [
    "a fix",
    withStep("detect: { run: ':' }", "fix: { risk: low, run: [a] }"),
    ["6:28 `run`: expected a text, found a list → put a text that begins with [ or { in quotes"],
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

test("a key and its value without a blank between them", () => {
  expect(mistakes(withStep("detect: { run: ':', timeout:5s }"))).toEqual([
    "5:25 unknown key `timeout:5s` in `detect` → write `timeout: 5s`, with a blank",
  ]);
});

test("a time limit of nothing is refused", () => {
  expect(mistakes(withStep("detect: { run: ':', timeout: 0s }"))).toEqual([
    '5:34 `timeout`: expected a duration longer than 0, found "0s"',
  ]);
});

test("without steps, or with what are none, the rest is checked all the same", () => {
  const inputs = "inputs: { a: { type: integer, min: 5, max: 1 } }";
  for (const steps of ["Step: x", "steps: x", "steps: []"]) {
    const all = mistakes(`name: x\ntitle: X\n${inputs}\nfacts: { b: 'grep $gone' }\n${steps}\n`);
    expect(all).toContainEqual(expect.stringMatching(/^3:\d+ .*`min`|^3:\d+ .*max/));
    expect(all).toContainEqual(expect.stringMatching(/^4:\d+ nothing gives `\$gone`/));
    expect(all).toContainEqual(expect.stringMatching(/^5:\d+ .*steps/));
    expect(all).toHaveLength(3);
  }
});

test.each(["detect: { run: '  ' }", "detect: { run: '# look' }"])("%s is no look", (step) => {
  expect(mistakes(withStep(step))).toEqual([
    "5:20 there is no command in this script: every host would look healthy → write what it is to do, or leave it out",
  ]);
});

test("a script without a command proves, guards and mends nothing", () => {
  const text = withStep(
    "detect: { run: ':' }",
    "fix: { risk: low, run: '#', guard: '#', preview: '#' }",
    "verify: { run: '#' }",
    "rollback: { run: '#' }",
  );
  expect(mistakes(text).map((line) => line.replace(/^\S+ /, ""))).toEqual([
    "there is no command in this script: nothing would be mended → write what it is to do, or leave it out",
    "there is no command in this script: it would keep nothing from being fixed → write what it is to do, or leave it out",
    "there is no command in this script → write what it is to do, or leave it out",
    "there is no command in this script: every fix would look proved → write what it is to do, or leave it out",
    "there is no command in this script → write what it is to do, or leave it out",
  ]);
});
