import { describe, expect, test } from "vitest";
import { mistakes, withStep, withTop } from "../../../kit/mistakes.ts";

test("all mistakes are told in one go and in the order of the file: of YAML, of the schema, and of the meaning of what is left", () => {
  const text = [
    "name: x",
    "titel: X",
    "inputs:",
    "  size: { type: integer, default: 500, max: 10 }",
    "  size: { type: integer, default: 500, max: 10 }",
    "  m: { type: intger }",
    "steps:",
    "  - id: a",
    "    severity: bad",
    "    detect: { run: 'echo $sise $m' }",
    "  - id: a",
    "    detect: { run: 'grep x y' }",
    "    rollback: { run: 'true' }",
  ].join("\n");
  expect(mistakes(text)).toEqual([
    "2:1 unknown key `titel` in the runbook → did you mean `title`?",
    "5:3 `size` is given twice → it is already given on line 4: remove one",
    "5:35 the default of `size`: expected a whole number of at most 10, found the number 500",
    `6:14 \`type\`: expected one of string, integer, number, boolean, duration, bytes, percent, choice, found "intger" → did you mean \`integer\`?`,
    '9:15 `severity`: expected one of info, warning, critical, found "bad"',
    "10:26 nothing gives `$sise` to this script → did you mean `size`?",
    "11:9 the step id `a` is used twice → it is used first on line 8: rename one",
    "12:21 the script ends with `grep`, which exits 1 when it finds nothing: a healthy host would be unknown → end with a command that exits 0 when all is well: `if …; then …; fi`, or `awk` instead of `grep`",
    "13:5 `rollback` needs a fix with `run`, and this step has none → remove it",
  ]);
});

test("what stands under a misnamed key is read as what was meant, however deep, and so is whatever refers to it", () => {
  const text = [
    "name: x",
    "titel: ''",
    "inputs: { Mount: { typ: sting } }",
    "facts: { bad-one: 5 }",
    "steps:",
    "  - id: a",
    "    detekt:",
    "      rnu: 'echo $mount $bad_one $gone'",
    "      finding: { x: intger }",
    "    fx: { riks: bad, run: 'echo $x $mout' }",
  ].join("\n");
  expect(mistakes(text).map((line) => line.replace(/, found.*/, ""))).toEqual([
    "2:1 unknown key `titel` in the runbook → did you mean `title`?",
    "2:8 `title`: expected a text that is not empty",
    "3:11 the name `Mount` becomes a shell variable: expected lower snake case → write it `mount`",
    "3:20 unknown key `typ` in `mount` → did you mean `type`?",
    "3:25 `type`: expected one of string, integer, number, boolean, duration, bytes, percent, choice",
    "4:10 the name `bad-one` becomes a shell variable: expected lower snake case → write it `bad_one`",
    "4:19 `bad_one`: expected a text",
    "7:5 unknown key `detekt` in step 1 → did you mean `detect`?",
    "8:7 unknown key `rnu` in `detect` → did you mean `run`?",
    "8:34 nothing gives `$gone` to this script → declare it as an input or a fact, set it in the script, or write ${gone:-} if it may be empty",
    "9:7 unknown key `finding` in `detect` → did you mean `findings`?",
    "9:21 `x`: expected one of string, integer, number, bytes, percent, duration, boolean",
    "10:5 unknown key `fx` in step 1 → did you mean `fix`?",
    "10:11 unknown key `riks` in `fix` → did you mean `risk`?",
    "10:17 `risk`: expected one of low, medium, high",
    "10:36 nothing gives `$mout` to this script → did you mean `mount`?",
  ]);
});

test("a misnamed key beside the one that was meant, or beside another such, stands for nothing", () => {
  expect(mistakes(withTop("about: x", "abuot: [1]", "tag: 1", "tgas: [2]"))).toEqual([
    "4:1 unknown key `abuot` in the runbook → did you mean `about`?",
    "5:1 unknown key `tag` in the runbook → did you mean `tags`?",
    "6:1 unknown key `tgas` in the runbook → did you mean `tags`?",
  ]);
});

test("a second document, an alias that leads nowhere and a script used twice hide nothing, and are told once", () => {
  const text = [
    "name: x",
    "titel: X",
    "tags: *tags",
    "steps:",
    "  - id: a",
    "    severity: *how",
    "    detect: { run: &look 'echo $gone' }",
    "    verify: { within: 5x, run: *look }",
    "    fix: { risk: low, run: 'true' }",
    "---",
    "titel: Y",
  ].join("\n");
  expect(mistakes(text)).toEqual([
    "2:1 unknown key `titel` in the runbook → did you mean `title`?",
    "3:7 *tags refers to an anchor that is not there → define it before with &tags",
    "6:15 *how refers to an anchor that is not there → define it before with &how",
    "7:32 nothing gives `$gone` to this script → declare it as an input or a fact, set it in the script, or write ${gone:-} if it may be empty",
    '8:23 `within`: expected a duration such as 30s, 5m or 1h30m, found "5x"',
    "10:1 a second document begins here, and one is expected → put each in a file of its own, or remove the line `---` between them",
  ]);
});

describe("of what an alias that leads nowhere was to bring, nothing is said", () => {
  const LOST = "*x refers to an anchor that is not there → define it before with &x";
  const SIZE = ["steps:", "  - id: a", "    detect: { run: 'echo $size' }"];
  const DETECT = "detect: { run: ':', findings: { pid: integer } }";
  test.each([
    ["inputs", ["name: x", "title: X", "inputs: *x", ...SIZE], `3:9 ${LOST}`],
    ["facts", ["name: x", "title: X", "facts: *x", ...SIZE], `3:8 ${LOST}`],
    ["merged inputs", ["name: x", "title: X", "inputs: { <<: *x }", ...SIZE], `3:15 ${LOST}`],
    ["columns", [withStep("detect: { run: ':', findings: *x, key: [pid], format: json }")], `5:35 ${LOST}`],
    ["a fix", [withStep(DETECT, "fix: *x", "verify: { run: ':' }")], `6:10 ${LOST}`],
    ["a script", [withStep(DETECT, "fix: { risk: low, run: *x }")], `6:28 ${LOST}`],
    ["merged keys", [withStep(DETECT, "fix: { <<: *x, risk: low }")], `6:16 ${LOST}`],
    ["merged keys of a step", [withStep("<<: *x").replace("title: X", "title: X\nhosts: web")], `6:9 ${LOST}`],
    ["merged keys of a list", [withStep("detect: { <<: [*x, { run: ':' }] }")], `5:20 ${LOST}`],
    ["merged keys of all", ["<<: *x", "inputs: { a: { type: string } }"], `1:5 ${LOST}`],
    ["a key", [withStep(DETECT, "*x : 5")], `6:5 ${LOST}`],
  ])("%s", (_name, lines, message) => {
    expect(mistakes(lines.join("\n"))).toEqual([message]);
  });

  test("but of other steps, and of what it does not touch, all the same", () => {
    const text = [
      "name: x",
      "title: X",
      "steps:",
      "  - id: a",
      "    detect: { run: *x, key: [b] }",
      "  - id: b",
      "    title: *x",
      "    detect: { run: ':', key: [nope] }",
      "  - id: c",
      "    detect: { run: 'grep x' }",
    ].join("\n");
    expect(mistakes(text).map((line) => line.split(" ", 1)[0])).toEqual(["5:20", "7:12", "8:31", "10:21"]);
  });

  test("and of what is merged nothing hides what is wrong beside it", () => {
    const text = withStep("detect: { <<: *x, format: odd }", "titel: X").replace("title: X", "titel: X");
    expect(mistakes(text).map((line) => line.split(" ", 4).join(" "))).toEqual([
      "2:1 unknown key `titel`",
      "5:19 *x refers to",
      "5:31 `format`: expected one",
      "6:5 unknown key `titel`",
    ]);
  });

  test("what is no YAML is told beside it", () => {
    expect(mistakes(withTop("tags: *x", "about: !what x"))).toEqual([
      `3:7 ${LOST}`,
      "4:8 this YAML tag is not known here → leave out the word that begins with !",
    ]);
  });
});

test("what a mistake of YAML spoils is left out, and all else is told beside it", () => {
  const text = [
    "name: x",
    "title: a: b",
    "titel: X",
    "inputs:",
    "  size: @5",
    "  limit: { type: intger }",
    "steps:",
    "  - id: 'a' b",
    "    severity: bad",
    "    detect:",
    "      run: |",
    "        echo $size $limit $gone",
    "     findings: { pid: integer }",
    "  - id: b",
    "    title B",
    "    detect:",
    "\trun: ':'",
    "    fix:",
    "      risk: high",
    "      run:|",
    "        kill $nothing",
    "      timeout: 5x",
    "  - id: c",
    "    detect: { run: 'grep x' }",
    "    severity: !odd warning",
    "bananas: 1",
  ].join("\n");
  expect(mistakes(text).map((line) => line.split(" → ", 1)[0])).toEqual([
    "2:9 a second colon: a text that holds `: ` must be in quotes",
    "3:1 unknown key `titel` in the runbook",
    "5:9 a text cannot begin with this character unless it is in quotes",
    '6:18 `type`: expected one of string, integer, number, boolean, duration, bytes, percent, choice, found "intger"',
    "8:13 this stands behind what a quote or bracket has closed",
    '9:15 `severity`: expected one of info, warning, critical, found "bad"',
    "13:6 this line does not fit in with the lines before it",
    "15:5 no colon and blank ends a key here",
    "17:1 a tab is used for indentation, and YAML allows only spaces",
    "20:7 no colon and blank ends a key here",
    '22:16 `timeout`: expected a duration such as 30s, 5m or 1h30m, found "5x"',
    "24:21 the script ends with `grep`, which exits 1 when it finds nothing: a healthy host would be unknown",
    "25:15 this YAML tag is not known here",
    expect.stringContaining("26:1 unknown key `bananas` in the runbook"),
  ]);
});

test("a quote that is never closed spoils its own line", () => {
  const script = "detect: { run: 'echo $gone; grep x' }";
  expect(
    mistakes(`name: x\ntitle: X\nsteps:\n  - id: a\n    ${script}\n  - id: b\n    ${script}\n    title: "b\n`),
  ).toEqual([
    expect.stringContaining("5:26 nothing gives `$gone`"),
    expect.stringContaining("5:33 the script ends with `grep`"),
    expect.stringContaining("7:26 nothing gives `$gone`"),
    expect.stringContaining("7:33 the script ends with `grep`"),
    expect.stringContaining("9:1 something that was opened before is still open here"),
  ]);
});

describe("where a mistake of YAML ends the reading", () => {
  const OPEN =
    "something that was opened before is still open here → close the `[`, the `{` or the quote that was opened before, perhaps on line";
  const TAB = "a tab is used for indentation, and YAML allows only spaces → replace it with spaces";
  test("what stands before it is checked as far as the rest cannot change it", () => {
    const text = [
      "name: X",
      "titel: X",
      "titel: Y",
      "steps:",
      "  - id: a",
      "    severity: bad",
      "  - id: b",
      "    severity: worse",
      "    detekt:",
      "\t\trun: ':'",
      "bananas: 1",
    ].join("\n");
    expect(mistakes(text)).toEqual([
      '1:7 `name`: expected kebab case: lower-case words joined by -, found "X"',
      "3:1 `titel` is given twice → it is already given on line 2: remove one",
      "3:1 unknown key `titel` in the runbook → did you mean `title`?",
      "5:5 `detect` is missing in step 1 → expected a mapping",
      '6:15 `severity`: expected one of info, warning, critical, found "bad"',
      '8:15 `severity`: expected one of info, warning, critical, found "worse"',
      "9:5 unknown key `detekt` in step 2 → did you mean `detect`?",
      `10:1 ${TAB}`,
      expect.stringContaining("11:1 unknown key `bananas` in the runbook"),
    ]);
  });

  test.each([
    [
      "what is given twice and begun again is not read by half",
      "title: X\nname: x\nname:\n\tx",
      `3:1 \`name\` is given twice → it is already given on line 2: remove one\n4:1 ${TAB}`,
    ],
    [
      "numbers as names are in no order of their own",
      'name: x\ninputs:\n  b: { type: string }\n  "1":\n\tx',
      `1:1 \`title\` is missing in the runbook → expected a text\n1:1 \`steps\` is missing in the runbook → expected a list\n5:1 ${TAB}`,
    ],
    ["what is last may be going on", "title: X\nname: x\nsteps:\n  - id: a\n    detect:\n\trun: x\n", `6:1 ${TAB}`],
    [
      "nothing stands before it",
      "nam: x: y\n",
      "1:7 a second colon: a text that holds `: ` must be in quotes → put all of the text in quotes",
    ],
    [
      "an open quote swallows the lines before",
      "name: 1\ntitle: 'a\nsteps: \"\n",
      `1:7 \`name\`: expected a text, found the number 1 → write it in quotes: "1"\n3:1 ${OPEN} 2\n4:1 ${OPEN} 3`,
    ],
  ])("%s", (_name, text, message) => {
    expect(mistakes(text)).toEqual(message.split("\n"));
  });

  test("a second document does not say what the first is to be without", () => {
    expect(mistakes("name: x\n---\ntitle: X\nsteps: []\n")).toEqual([expect.stringMatching(/^2:1 a second document/)]);
  });

  test("a long file with an open quote is not read over and over", () => {
    expect(mistakes(`a: 'x\n${"  b\n".repeat(200_000)}`)).toHaveLength(1);
  });
});
