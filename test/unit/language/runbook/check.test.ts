import { describe, expect, test } from "vitest";
import { mistakes, withStep, withTop } from "../../../kit/mistakes.ts";

const DETECT = "detect: { run: ':' }";
const FIX = "fix: { risk: low, run: ':' }";

test("what the language has is taken", () => {
  expect(mistakes(withTop("fresh: 30s", "shell: bash"))).toEqual([]);
  expect(mistakes(withStep("on: controller", DETECT, "fix: { risk: low, run: ':', on_timeout: kill }"))).toEqual([]);
  expect(mistakes(withStep("detect: { run: ':', confirm: { runs: 3, apart: 5m } }"))).toEqual([]);
});

function undo(within: string): string {
  return `rollback: { run: ':', unless_reconnect: ${within} }`;
}

describe("what a host is to undo by itself", () => {
  test("is a fix of the host by script, with time enough to log in", () => {
    expect(mistakes(withStep(DETECT, FIX, undo("60s")))).toEqual([]);
    expect(mistakes(withStep(DETECT, FIX, undo("5s")))).toEqual([]);
    expect(mistakes(withStep(DETECT, FIX, undo("4900ms")))).toEqual([
      "7:45 `unless_reconnect` is shorter than 5 s, in which no login may come through → give it a minute, as in `60s`",
    ]);
    expect(mistakes(withStep("on: controller", DETECT, FIX, undo("60s")))).toEqual([
      "8:27 `unless_reconnect` is for fixes on hosts, and this step runs on the controller → remove it: nobody has to log in there",
    ]);
    expect(mistakes(withStep(DETECT, "fix: { risk: low, manual: do it }", undo("60s")))).toEqual([
      "7:5 `rollback` needs a fix with `run`, and this step has none → remove it",
    ]);
    expect(mistakes(withStep(DETECT, "fix: { risk: low, reboot: true }", undo("60s")))).toEqual([
      "7:5 nothing undoes a reboot → remove it, or make it a step of its own",
    ]);
  });
});

describe("inputs", () => {
  test.each([
    [
      "default of the wrong type",
      "n: { type: integer, default: 5000, max: 10 }",
      "4:32 the default of `n`: expected a whole number of at most 10, found the number 5000",
    ],
    [
      "default below its limit",
      "n: { type: percent, default: 5%, min: 10, max: 90 }",
      '4:32 the default of `n`: expected a percentage such as 85 or 85% from 10 to 90, found "5%"',
    ],
    [
      "default that is no duration",
      "n: { type: duration, default: soon }",
      '4:33 the default of `n`: expected a duration such as 30s, 5m or 1h30m, found "soon"',
    ],
    [
      "default that is too short",
      "n: { type: duration, default: 30s, min: 60 }",
      '4:33 the default of `n`: expected a duration such as 30s, 5m or 1h30m of at least 60 seconds, found "30s"',
    ],
    [
      "default that is no size",
      "n: { type: bytes, default: big }",
      '4:30 the default of `n`: expected a size such as 512, 10M or 1.5 GiB, found "big"',
    ],
    [
      "default that is too small a size",
      "n: { type: bytes, default: 1K, min: 2048 }",
      '4:30 the default of `n`: expected a size such as 512, 10M or 1.5 GiB of at least 2048 bytes, found "1K"',
    ],
    [
      "default that is no choice",
      "n: { type: choice, choices: [fast, slow], default: fas }",
      '4:54 the default of `n`: expected one of fast, slow, found "fas" → did you mean `fast`?',
    ],
    [
      "default that its pattern refuses",
      "n: { type: string, pattern: '/.+', default: var }",
      '4:47 the default of `n`: expected a text that matches /.+, found "var"',
    ],
    [
      "pattern that is none",
      "n: { type: string, pattern: '(' }",
      "4:31 `pattern` is no regular expression: unterminated group",
    ],
    [
      "limits without room",
      "n: { type: integer, min: 5, max: 2 }",
      "4:28 `min` is 5 and `max` is 2: no value is allowed",
    ],
    [
      "choice given twice",
      "n: { type: choice, choices: [a, b, a] }",
      '4:38 the choice "a" is given twice → remove one',
    ],
    [
      "secret in the file",
      "n: { type: string, secret: true, default: hush }",
      "4:36 the secret `n` stands in the file → leave the default out, and give the value by --input NAME=@file or NAME=env:X",
    ],
  ])("%s", (_name, input, message) => {
    expect(mistakes(withTop("inputs:", `  ${input}`))).toEqual([message]);
  });
});

describe("names", () => {
  test.each([
    ["http_proxy", "means something to programs or shells"],
    ["no_proxy", "means something to programs or shells"],
    ["histchars", "means something to programs or shells"],
  ])("%s is reserved for inputs, facts and columns", (name, why) => {
    const message = `the name \`${name}\` is reserved: it ${why} → choose another name, such as \`the_${name}\``;
    expect(mistakes(withTop(`inputs: { ${name}: { type: string } }`))).toEqual([`3:11 ${message}`]);
    expect(mistakes(withTop(`facts: { ${name}: uname }`))).toEqual([`3:10 ${message}`]);
    expect(mistakes(withStep(`detect: { run: ':', findings: { ${name}: string } }`))).toEqual([`5:37 ${message}`]);
  });

  test.each([
    ["host_name", "the host's name in the inventory"],
    ["run_id", "the run's id"],
    ["since", "when the fix began"],
    ["keep", "a private directory for the time of the run"],
    ["findings", "the findings' lines"],
    ["files", "the directory of the files that were sent"],
  ])("%s is taken", (name, holds) => {
    expect(mistakes(withTop(`facts: { ${name}: uname }`))).toEqual([
      `3:10 the name \`${name}\` is taken: it holds ${holds} → choose another name, such as \`the_${name}\``,
    ]);
  });

  const RENAME = "→ rename one: both would be the same variable";
  test("one name cannot be an input, a fact and a column at once, but a column in many steps", () => {
    const text = [
      "name: x",
      "title: X",
      "inputs: { size: { type: bytes } }",
      "facts: { size: uname }",
      "steps:",
      "  - { id: a, detect: { run: ':', findings: { size: bytes, pid: integer } } }",
      "  - { id: b, detect: { run: ':', findings: { pid: integer } } }",
    ].join("\n");
    expect(mistakes(text)).toEqual([
      `4:10 \`size\` is declared as a fact, and as an input on line 3 ${RENAME}`,
      `6:46 \`size\` is declared as a column, and as an input on line 3 ${RENAME}`,
    ]);
  });

  test("`message` is what a finding without columns is called", () => {
    const text = withTop("inputs: { message: { type: string } }");
    expect(mistakes(text)).toEqual([]);
    expect(mistakes(`${text}    fix: { risk: low, run: ':' }\n`)).toEqual([
      "3:11 `message` is an input, and the whole line of a finding without columns → rename it, or give the findings columns",
    ]);
  });
});
