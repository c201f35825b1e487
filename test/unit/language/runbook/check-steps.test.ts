import { describe, expect, test } from "vitest";
import { mistakes, warnings, withStep, withTop } from "../../../kit/mistakes.ts";

const DETECT = "detect: { run: ':' }";
const FIX = "fix: { risk: low, run: ':' }";

test("a step id is used once", () => {
  const text = "name: x\ntitle: X\nsteps:\n  - { id: a, detect: { run: ':' } }\n  - { id: a, detect: { run: ':' } }\n";
  expect(mistakes(text)).toEqual(["5:11 the step id `a` is used twice → it is used first on line 4: rename one"]);
});

describe("findings", () => {
  test.each([
    ["no columns", "findings: {}", "5:25 `findings` names no columns → leave it out: then a line is one message"],
    [
      "JSON without columns",
      "format: json",
      "5:33 `format: json` needs `findings` → name the columns to take from the objects",
    ],
    [
      "a key that is no column",
      "findings: { pid: integer, name_of: string }, key: [pdi]",
      "5:76 `key` names `pdi`, which is no column → did you mean `pid`?",
    ],
    [
      "a key far from every column",
      "findings: { pid: integer }, key: [banana]",
      "5:59 `key` names `banana`, which is no column → the columns are pid",
    ],
    ["a key without columns", "key: [pid]", "5:31 `key` names `pid`, which is no column → the columns are message"],
    ["a key given twice", "findings: { pid: integer }, key: [pid, pid]", "5:64 `key` names `pid` twice → remove one"],
    [
      "only measures",
      "findings: { used: percent, size: bytes }",
      "5:25 every column is a measure, so that nothing identifies a finding → say with `key` which columns tell one finding from another",
    ],
    [
      "a confirmation without a number",
      "confirm: { every: 5s }",
      "5:25 `confirm` says no number of looks → add `times: 3` or `runs: 3`",
    ],
    [
      "looks in a row and runs in a row",
      "confirm: { times: 3, runs: 3 }",
      "5:46 `confirm` has both `times` and `runs` → `times` looks again within the run, `runs` counts the runs that found it: keep one",
    ],
    [
      "a pause between looks that are runs",
      "confirm: { runs: 3, every: 5s }",
      "5:45 `every` goes with `times` → say with `apart` how far apart runs must be",
    ],
    [
      "a distance of runs between looks",
      "confirm: { times: 3, apart: 5s }",
      "5:46 `apart` goes with `runs` → say with `every` how long to wait between looks",
    ],
  ])("%s", (_name, keys, message) => {
    expect(mistakes(withStep(`detect: { run: ':', ${keys} }`))).toEqual([message]);
  });

  test.each([
    ["a key of measures is fine when it is said", "findings: { used: percent }, key: [used]"],
    ["`message` is the only column there is without any", "key: [message]"],
  ])("%s", (_name, keys) => {
    expect(mistakes(withStep(`detect: { run: ':', ${keys} }`))).toEqual([]);
  });
});

/** A runbook whose reboot wants a kernel by this name. */
function boot(kernel: string): string {
  return [
    "name: x",
    "title: X",
    "inputs: { want: { type: string }, hidden: { type: string, secret: true } }",
    "facts: { newest: ':' }",
    "steps:",
    `  - { id: a, ${DETECT}, fix: { risk: high, reboot: { kernel: ${kernel} } } }`,
    "",
  ].join("\n");
}

describe("fixes", () => {
  const NO_RUN = "needs a fix with `run`, and this";
  test.each([
    [
      "nothing to do",
      ["fix: { risk: low }"],
      ["6:5 a fix needs `run`, `reboot` or `manual` → give the script, or say what a person must do"],
    ],
    [
      "two things to do",
      ["fix: { risk: low, run: ':', manual: Go there }"],
      ["6:33 a fix is one of `run`, `reboot` and `manual`, and this one has `run` and `manual` → make two steps of it"],
    ],
    [
      "proof and rollback of nothing",
      ["verify: { within: 5s }", "rollback: { run: ':' }"],
      [`6:5 \`verify\` ${NO_RUN} step has none → remove it`, `7:5 \`rollback\` ${NO_RUN} step has none → remove it`],
    ],
    [
      "scripts around what a person does",
      ["fix: { risk: low, manual: Go there, guard: ':', preview: ':' }", "rollback: { run: ':' }"],
      [
        `6:41 \`guard\` ${NO_RUN} one has none → remove it`,
        `6:53 \`preview\` ${NO_RUN} one has none → remove it`,
        `7:5 \`rollback\` ${NO_RUN} step has none → remove it`,
      ],
    ],
    [
      "what a person does has no place in time that we could hold",
      ["fix: { risk: low, manual: Go there, per: finding, timeout: 5m, on_timeout: leave }"],
      [
        `6:41 \`per\` ${NO_RUN} one has none → remove it`,
        `6:55 \`timeout\` ${NO_RUN} one has none → remove it`,
        `6:68 \`on_timeout\` ${NO_RUN} one has none → remove it`,
      ],
    ],
    [
      "a reboot with what belongs to scripts",
      ["on: controller", "fix: { risk: high, reboot: true, per: finding, on_timeout: kill }", "rollback: { run: ':' }"],
      [
        "6:9 a reboot is of a host, and this step runs on the controller → leave `on` out",
        "7:43 a host is rebooted once, whatever was found → leave `per` out",
        "7:52 nothing of a reboot can be ended → leave it out: a host that is not back in time is in doubt, and is looked for again on `resume`",
        "8:5 nothing undoes a reboot → remove it, or make it a step of its own",
      ],
    ],
    [
      "a reboot beside a script",
      ["fix: { risk: high, run: ':', reboot: true }"],
      ["6:34 a fix is one of `run`, `reboot` and `manual`, and this one has `run` and `reboot` → make two steps of it"],
    ],
    [
      "a reboot that is none",
      ["fix: { risk: high, manual: Go, reboot: false }"],
      ["6:44 `reboot`: expected true or a mapping, found false"],
    ],
    [
      "a kernel that nothing names",
      ["fix: { risk: high, reboot: { kernel: newest } }"],
      [
        "6:42 `kernel` names `newest`, which is no input and no fact → declare it: `kernel` is the name of an input or a fact, not a version",
      ],
    ],
  ])("%s", (_name, lines, messages) => {
    expect(mistakes(withStep(DETECT, ...lines))).toEqual(messages);
  });

  test("a kernel is named by an input or a fact that is no secret", () => {
    expect(["want", "newest"].flatMap((kernel) => mistakes(boot(kernel)))).toEqual([]);
    expect(mistakes(boot("wnat"))).toEqual([
      "6:73 `kernel` names `wnat`, which is no input and no fact → did you mean `want`?",
    ]);
    expect(mistakes(boot("hidden"))).toEqual([
      "6:73 `kernel` names `hidden`, which is secret → a kernel is told in the record: make it a plain input",
    ]);
  });

  test("a reboot that is said to be of low risk is told", () => {
    expect(warnings(withStep(DETECT, "fix: { risk: low, reboot: true }"))).toEqual([
      "6:18 a reboot ends whatever runs on the host, and its risk is said to be low → say `risk: high`, so that a person looks at it",
    ]);
    expect(warnings(withStep(DETECT, "fix: { risk: medium, reboot: true }"))).toEqual([]);
    // That it says nothing of its risk is another mistake.
    expect(warnings(withStep(DETECT, "fix: { run: ':', reboot: true }"))).toEqual([]);
  });

  test("all parts together are sound", () => {
    expect(mistakes(withStep(DETECT, FIX, "verify: { run: ':' }", "rollback: { run: ':' }"))).toEqual([]);
    expect(mistakes(withStep(DETECT, FIX, "verify: false"))).toEqual([]);
    expect(mistakes(withStep(DETECT, "fix: { risk: high, manual: Call the data centre }"))).toEqual([]);
  });
});

describe("shares of the fleet", () => {
  test.each([
    ["batches: [1, 0%]", "3:25 expected a percentage from 1% to 100%, found 0%"],
    ["batches: [1, 150%]", "3:25 expected a percentage from 1% to 100%, found 150%"],
    ["max_unknown: 101%", "3:25 expected a percentage from 0% to 100%, found 101%"],
  ])("%s", (keys, message) => {
    expect(mistakes(withTop(`rollout: { ${keys} }`))).toEqual([message]);
  });

  test("no unknown host at all may be allowed", () => {
    expect(mistakes(withTop("rollout: { max_unknown: 0% }"))).toEqual([]);
  });
});

test("two files cannot have one name where they are sent", () => {
  expect(mistakes(withTop("files: [a/x.conf, b/x.conf]"))).toEqual([
    "3:19 two files are called `x.conf` → they are sent into one directory: rename one",
  ]);
});
