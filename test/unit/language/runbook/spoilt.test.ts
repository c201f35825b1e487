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
