import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { compileRunbook } from "../../../../src/language/runbook/compile.ts";

const LIBRARY = join(import.meta.dirname, "../../../../runbooks");
const SPOILT: readonly (readonly [what: string, (line: string) => string])[] = [
  ["a tab", (line) => line.replace(/^ {2}/, "\t")],
  ["tabs", (line) => line.replace(/^ +/, (blanks) => "\t".repeat(Math.ceil(blanks.length / 2)))],
  ["no colon", (line) => line.replace(/:(?= |$)/, "")],
  ["no blank", (line) => line.replace(/: /, ":")],
  ["two colons", (line) => line.replace(/: (\w[^{[]*)$/, ": a: $1")],
  ["a character", (line) => line.replace(/: .*/, ": @x")],
  ["words behind quotes", (line) => line.replace(/: .*/, ': "x" y')],
  ["an escape", (line) => line.replace(/: .*/, String.raw`: "x\q y"`)],
  ["a tag", (line) => line.replace(/: /, ": !what ")],
  ["a block's head", (line) => line.replace(/: \|$/, ": |++")],
  ["an anchor without a name", (line) => line.replace(/: /, ": & ")],
  ["a blank more", (line) => ` ${line}`],
  ["an open quote", (line) => line.replace(/: (\w)/, ': "$1')],
  ["an open bracket", (line) => line.replace(/: (\w)/, ": [$1")],
];

test.each(SPOILT)(
  "a sound runbook of which one line is spoilt by %s has hardly another mistake",
  async (_what, spoil) => {
    const names = (await readdir(LIBRARY)).filter((name) => name.endsWith(".yml"));
    const files = await Promise.all(
      names.map(async (name) => {
        const text = await readFile(join(LIBRARY, name), "utf8");
        const named = /^functions: (.*)/m.exec(text)?.[1]?.match(/[\w.-]+\.sh/g) ?? [];
        const functions = await Promise.all(
          named.map(async (each) => [each, await readFile(join(LIBRARY, each), "utf8")] as const),
        );
        return { text, functionsFiles: new Map(functions) };
      }),
    );
    let spoilt = 0;
    let beside = 0;
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.nat(), ({ text, functionsFiles }, number) => {
        const lines = text.split("\n");
        const at = lines.findIndex(
          (line, index) => index >= number % lines.length && spoil(line) !== line && /^[^#]*\w/.test(line),
        );
        if (at < 0) return;
        const broken = lines.with(at, spoil(lines[at] ?? "")).join("\n");
        const compiled = compileRunbook(broken, "x.yml", { functionsFiles });
        const { faults } = "faults" in compiled ? compiled : { faults: [] };
        // Many a line may be written so: it is a script's, or says something else.
        if (!faults.some(({ message }) => YAML.test(message))) return;
        spoilt += 1;
        // An anchor may have gone with the line.
        beside += faults.filter(({ message }) => !message.includes("anchor that is not there")).length - 1;
      }),
      { numRuns: 40, seed: 3 },
    );
    expect(spoilt).toBeGreaterThan(10);
    // One line in a hundred says something else in its new place.
    expect(beside / spoilt).toBeLessThan(0.02);
  },
);

/** What is said of a line that is no YAML. */
const YAML =
  /^(a tab is used|a second colon|a text cannot begin|this stands behind|this line does not fit|no colon and blank|\\ begins no|this YAML tag|this is not valid YAML|this does not belong|something that was opened)/;

const H = "name: x\ntitle: X\n";
const STEP = "steps:\n  - id: a\n    detect: { run: 'echo $x', timeout: 5x }\n";

test.each([
  [
    "an item of what may also be a text",
    `${H}functions:\n  - a.sh\n  - @x\nbananas: 1\n${STEP}`,
    ["5:5", "6:1", "9:40"],
  ],
  [
    "the type of a column",
    `${H}steps:\n  - id: a\n    detect:\n      run: ':'\n      findings:\n        a:\n          type: @x\n          private: true\n      timeout: 5x\n`,
    ["9:17", "11:16"],
  ],
  [
    "what an anchor stands before",
    `${H}steps:\n  - id: a\n    detect: &d\n      run: |\n\techo a\n      timeout: 5s\n  - id: b\n    severity: bad\n    detect: *d\n`,
    ["7:1", "10:15"],
  ],
  [
    "a fact that another key names",
    `${H}facts:\n  other: ls\n  cluster: @x\nsteps:\n  - id: a\n    severity: bad\n    detect: { run: ':' }\n    fix: { risk: low, run: x, once_per: cluster }\n`,
    ["5:12", "8:15"],
  ],
  [
    "what stands under a key",
    `${H}steps:\n  - id: a\n    severity: bad\n    detect:\n    @ x\n      run: ':'\n`,
    ["5:15", "7:5"],
  ],
  [
    "a line within brackets",
    `${H}inputs: {\n  a: { type: string },\n  b: { type: string, default: \`x\` },\n}\nbananas: 1\n${STEP}`,
    ["5:31", "7:1", "10:40"],
  ],
  ["a misnamed key's value", `${H}steps:\n  - id: a\n    severity: bad\n    detekt: @x\n`, ["5:15", "6:13"]],
  [
    "the first key",
    `name: @x\ntitel: ''\nsteps:\n  - id: a\n    severity: bad\n    detect: { run: ':' }\n`,
    ["1:7", "2:1", "2:8", "5:15"],
  ],
  ["the last item of a list", `${H}references:\n  - a\n\t- b\nbananas: 1\n${STEP}`, ["5:1", "6:1", "9:26", "9:40"]],
  [
    "a key that stands one blank too far out",
    `${H}steps:\n  - id: a\n   title: T\n    severity: bad\n    detect: { run: ':' }\n  - id: b\n    severity: worse\n    detect: { run: ':' }\n`,
    ["5:4", "9:15"],
  ],
  [
    "the last key of a mapping",
    `${H}steps:\n  - id: a\n    detect:\n      run: ':'\n      timeout 5s\n  - id: b\n    severity: bad\n    detect: { run: ':' }\n`,
    ["7:7", "9:15"],
  ],
])("of %s that is spoilt nothing more is said, and all else is", (_what, text, places) => {
  const compiled = compileRunbook(text, "x.yml");
  const { faults } = "faults" in compiled ? compiled : { faults: [] };
  expect(faults.map(({ where = "" }) => where.slice("x.yml:".length))).toEqual(places);
});

test.each([
  ["a list for a text", `${H}tasks:\n  - id: a\n    detect: { run: ':' }\n`, ["1:1", "3:1"]],
  ["a mapping for a list", `${H}vars: { a: { type: string } }\nsteps:\n  - id: a\n    detect: { run: ':' }\n`, ["3:1"]],
  [
    "a key and its value in one",
    `${H}steps:\n  - id: a\n    detect: { run: ':', confirm: { times:3, every: 10s } }\n`,
    ["5:25", "5:36"],
  ],
])("what is meant is not guessed where the value says otherwise: %s", (_what, text, places) => {
  const compiled = compileRunbook(text, "x.yml");
  const { faults } = "faults" in compiled ? compiled : { faults: [] };
  expect(faults.map(({ where = "" }) => where.slice("x.yml:".length))).toEqual(places);
});
