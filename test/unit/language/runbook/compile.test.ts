import { describe, expect, test } from "vitest";
import { compileRunbook } from "../../../../src/language/runbook/compile.ts";
import { mistakes, withStep, withTop } from "../../../kit/mistakes.ts";

const TYPES = "string, integer, number, boolean, duration, bytes, percent, choice";
const COLUMN_TYPES = "string, integer, number, bytes, percent, duration, boolean";

test("a sound runbook comes with every default filled in", () => {
  const compiled = compileRunbook(withTop("inputs: { n: { type: integer, default: 3 } }"), "x.yml");
  expect(compiled).toMatchObject({
    runbook: {
      name: "x",
      hosts: "all",
      tags: [],
      inputs: { n: { type: "integer", default: 3, secret: false } },
      rollout: { batches: [1, "10%", "100%"], max_failures: 1, max_unknown: "10%" },
      steps: [{ id: "a", severity: "warning", on: "host", independent: false, detect: { format: "tab", timeout: 30 } }],
    },
    warnings: [],
  });
});

const USER = "→ did you mean `true` (root) or `false` (the login user)?";

describe("become", () => {
  test.each([
    ["maybe so", `expected the name of a user, found "maybe so" ${USER}`],
    ["-x", `expected the name of a user, found "-x" ${USER}`],
    ["DOMAIN\\user", `expected the name of a user, found "DOMAIN\\user" ${USER}`],
    ["''", `expected the name of a user, found an empty text ${USER}`],
    ["yes", 'expected the name of a user, found "yes" → did you mean `true`?'],
    ["Off", 'expected the name of a user, found "Off" → did you mean `false`?'],
    ["1", "expected true or false or the name of a user, found the number 1 → did you mean `true`?"],
    ["[]", `expected true or false or the name of a user, found an empty list ${USER}`],
  ])("%s is nobody", (order, message) => {
    expect(mistakes(withTop(`become: ${order}`))).toEqual([`3:9 \`become\`: ${message}`]);
  });

  test.each(["true", "False", "oracle", "svc-backup$", "_apt", "john.doe"])("%s", (order) => {
    expect(mistakes(withTop(`become: ${order}`))).toEqual([]);
  });
});

describe("keys", () => {
  test.each([
    ["one that is misspelt", withTop("host: web"), "3:1 unknown key `host` in the runbook → did you mean `hosts`?"],
    [
      "one that belongs elsewhere",
      withTop("timeout: 5s"),
      "3:1 unknown key `timeout` in the runbook → it belongs in `detect` or `fix` or `rollback`",
    ],
    [
      "one that belongs nowhere",
      withTop("rollout: { banana: 1 }"),
      "3:12 unknown key `banana` in `rollout` → expected one of batches, max_failures, max_unknown, max_affected, soak, groups",
    ],
    [
      "one in a step",
      withStep("detect: { run: ':' }", "tite: x"),
      "6:5 unknown key `tite` in step 1 → did you mean `title`?",
    ],
    [
      "one that another type of input has",
      withTop("inputs: { n: { type: integer, pattern: x } }"),
      "3:31 unknown key `pattern` in `n` → expected one of type, default, min, max, about, secret",
    ],
    [
      "one of a column",
      withStep("detect: { run: ':', findings: { a: { type: string, privat: true } } }"),
      "5:56 unknown key `privat` in `a` → did you mean `private`?",
    ],
    [
      "a name that can be no variable",
      withTop("inputs: { maxSize: { type: bytes } }"),
      "3:11 the name `maxSize` becomes a shell variable: expected lower snake case → write it `max_size`",
    ],
    ["one that is missing", "name: x\ntitle: X\n", "1:1 `steps` is missing in the runbook → expected a list"],
    [
      "one that is missing in a step",
      withStep("detect: { run: ':' }", "fix: { run: ':' }"),
      "6:5 `risk` is missing in `fix` → expected one of low, medium, high",
    ],
    [
      "one that is missing in an input",
      withTop("inputs: { n: {} }"),
      `3:11 \`type\` is missing in \`n\` → expected one of ${TYPES}`,
    ],
  ])("%s", (_name, text, message) => {
    expect(mistakes(text)).toEqual([message]);
  });

  test("of a misspelt key it is not said as well that it is missing", () => {
    expect(mistakes("name: x\ntitel: X\nsteps: [{ id: a, detect: { run: ':' } }]")).toEqual([
      "2:1 unknown key `titel` in the runbook → did you mean `title`?",
    ]);
  });
});

describe("values of the wrong type say what was found", () => {
  test.each([
    [
      "a number for a text",
      withTop("hosts: 5"),
      '3:8 `hosts`: expected a text, found the number 5 → write it in quotes: "5"',
    ],
    ["nothing for a text", withTop("hosts:"), "3:5 `hosts`: expected a text, found nothing"],
    ["a text for a list", withTop("tags: xen"), '3:7 `tags`: expected a list, found "xen" → write `tags: ["xen"]`'],
    ["a list for a mapping", withTop("inputs: [a]"), "3:9 `inputs`: expected a mapping, found a list"],
    [
      "a mapping for a text",
      withTop("about: { a: 1 }"),
      "3:8 `about`: expected a text, found a mapping → put a text that begins with [ or { in quotes",
    ],
    ["an empty text", withTop("hosts: ''"), "3:8 `hosts`: expected a text that is not empty, found an empty text"],
    ["an empty list", "name: x\ntitle: X\nsteps: []", "3:8 `steps`: expected at least 1 item, found an empty list"],
    [
      "a text that is too long",
      `name: ${"x".repeat(81)}`,
      `1:7 \`name\`: expected at most 80 characters, found "${"x".repeat(40)}…"`,
    ],
    [
      "another form of name",
      "name: My_Book",
      '1:7 `name`: expected kebab case: lower-case words joined by -, found "My_Book"',
    ],
    [
      "a choice",
      withTop("shell: zsh"),
      '3:8 `shell`: expected one of sh, bash, powershell, found "zsh" → did you mean `sh`?',
    ],
    [
      "a type of input",
      withTop("inputs: { n: { type: intger } }"),
      `3:22 \`type\`: expected one of ${TYPES}, found "intger" → did you mean \`integer\`?`,
    ],
    ["no input at all", withTop("inputs: { n: 5 }"), "3:14 `n`: expected a mapping, found the number 5"],
    [
      "a type of column",
      withStep("detect: { run: ':', findings: { a: strng } }"),
      `5:40 \`a\`: expected one of ${COLUMN_TYPES}, found "strng" → did you mean \`string\`?`,
    ],
    [
      "a type of column in the long form",
      withStep("detect: { run: ':', findings: { a: { type: strng } } }"),
      `5:48 \`type\`: expected one of ${COLUMN_TYPES}, found "strng" → did you mean \`string\`?`,
    ],
    [
      "a column that is neither",
      withStep("detect: { run: ':', findings: { a: 5 } }"),
      `5:40 \`a\`: expected one of ${COLUMN_TYPES} or a mapping, found the number 5`,
    ],
    [
      "a number of seconds",
      withStep("detect: { run: ':', timeout: 60 }"),
      "5:34 `timeout`: expected a duration such as 30s, 5m or 1h30m, found the number 60 → write 60s for seconds",
    ],
    [
      "no duration",
      withStep("detect: { run: ':', timeout: soon }"),
      '5:34 `timeout`: expected a duration such as 30s, 5m or 1h30m, found "soon"',
    ],
    [
      "a share that is none",
      withTop("rollout: { batches: [some] }"),
      '3:22 item 1 of `batches`: expected a count or a percentage such as 25%, found "some"',
    ],
    [
      "a count of none",
      withTop("rollout: { max_failures: 0 }"),
      "3:26 `max_failures`: expected at least 1, found the number 0",
    ],
    [
      "half a failure",
      withTop("rollout: { max_failures: 1.5 }"),
      "3:26 `max_failures`: expected a whole number, found the number 1.5",
    ],
    [
      "verification that is on already",
      withStep("detect: { run: ':' }", "fix: { risk: low, run: ':' }", "verify: true"),
      "7:13 `verify`: expected false or a mapping, found true → it is on by default: leave it out",
    ],
    [
      "a duration that no timer holds",
      withTop("fresh: 21d"),
      '3:8 `fresh`: expected a duration of at most 20 days (20d), found "21d"',
    ],
    [
      "a duration without end",
      withTop(`fresh: ${"9".repeat(400)}w`),
      `3:8 \`fresh\`: expected a duration of at most 20 days (20d), found "${"9".repeat(40)}…"`,
    ],
    [
      "more facts than anybody waits for",
      withTop("facts:", ...Array.from({ length: 101 }, (_, index) => `  f${index}: hostname`)),
      "4:3 `facts`: expected at most 100 facts, found a mapping",
    ],
    [
      "fewer hosts than none",
      withTop("rollout: { max_unknown: -1 }"),
      "3:25 `max_unknown`: expected at least 0, found the number -1",
    ],
    [
      "a script where its mapping is expected",
      withStep("detect: df /"),
      '5:13 `detect`: expected a mapping, found "df /" → write the script as `run` under `detect`',
    ],
    ["a step that is nothing", "name: x\ntitle: X\nsteps:\n  -\n", "4:3 a step: expected a mapping, found nothing"],
    ["no runbook at all", "- a\n- b\n", "1:1 the runbook: expected a mapping, found a list"],
  ])("%s", (_name, text, message) => {
    expect(mistakes(text)).toContain(message);
  });
});

test("a fault shows its line with a caret under the place", () => {
  const compiled = compileRunbook(withTop("shell: zsh"), "dir/x.yml");
  expect(compiled).toMatchObject({
    faults: [
      {
        kind: "invalid-file",
        where: "dir/x.yml:3:8",
        excerpt: "3 | shell: zsh\n  |        ^^^",
      },
    ],
  });
});
