import * as fc from "fast-check";
import { dump } from "js-yaml";
import { expect, test } from "vitest";
import { compileRunbook } from "../../../src/language/runbook/compile.ts";
import { readShell } from "../../../src/language/shell/shell.ts";
import { parseYaml } from "../../../src/language/yaml/yaml.ts";

const KEYS = [
  "name",
  "title",
  "inputs",
  "facts",
  "steps",
  "id",
  "detect",
  "run",
  "fix",
  "risk",
  "findings",
  "key",
  "type",
  "default",
  "verify",
  "rollout",
  "batches",
  "become",
  "__proto__",
  "toString",
];
const VALUES = [
  "x",
  "low",
  "string",
  "integer",
  "30s",
  "25%",
  ":",
  "grep x",
  "echo $gone",
  "/",
  "",
  "a\nb",
  true,
  false,
  null,
  0,
  1.5,
  -3,
];

/** Documents made of what runbooks are made of, mostly in the wrong place. */
const document = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom<unknown>(...VALUES),
    fc.string(),
    fc.array(tie("node"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string()), tie("node"), { maxKeys: 5 }),
  ),
})).node;

/** What is wrong with the answer to a text: it must be a runbook, or faults with places in the file, in its order. */
function doubts(text: string): string[] {
  const compiled = compileRunbook(text, "x.yml");
  if ("runbook" in compiled) return [];
  const places = compiled.faults.map(({ where = "" }) => /^x\.yml:(\d+):(\d+)$/.exec(where));
  const lines = places.map((place) => Number(place?.[1] ?? 0));
  return [
    lines.length > 0 ? "" : "no faults",
    lines.includes(0) ? "a fault without a place" : "",
    Math.max(...lines) <= text.split(/\r\n|\r|\n/).length ? "" : "a place beyond the end",
    lines.every((line, index) => line >= (lines[index - 1] ?? 0)) ? "" : "faults out of order",
  ].filter((doubt) => doubt !== "");
}

const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));

test("every text is a runbook or has faults with places in the file, in its order", () => {
  fc.assert(
    fc.property(text, (each) => {
      expect(doubts(each)).toEqual([]);
    }),
    {
      numRuns: 300,
    },
  );
});

test("so is every document", () => {
  fc.assert(
    fc.property(document, (value) => {
      expect(doubts(dump(value, { skipInvalid: true }))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test("so is every runbook of which one part is something else", () => {
  const sound = {
    name: "x",
    title: "X",
    inputs: { n: { type: "integer", default: 1 } },
    steps: [{ id: "a", detect: { run: ":", findings: { pid: "integer" } }, fix: { risk: "low", run: ":" } }],
  };
  const paths = [
    ["name"],
    ["inputs"],
    ["inputs", "n"],
    ["inputs", "n", "type"],
    ["steps"],
    ["steps", "0"],
    ["steps", "0", "detect"],
    ["steps", "0", "detect", "findings"],
    ["steps", "0", "fix"],
    ["steps", "0", "fix", "risk"],
    ["steps", "0", "verify"],
  ];
  fc.assert(
    fc.property(fc.constantFrom(...paths), document, (path, value) => {
      const draft: Record<string, unknown> = structuredClone(sound);
      let at = draft;
      for (const part of path.slice(0, -1)) at = at[part] as Record<string, unknown>;
      at[path.at(-1) ?? ""] = value;
      expect(doubts(dump(draft, { skipInvalid: true }))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test("what was written is what is read", () => {
  const plain = fc.string({ unit: "grapheme" });
  fc.assert(
    fc.property(fc.dictionary(plain, fc.oneof(plain, fc.integer(), fc.boolean())), (value) => {
      const yaml = parseYaml(dump(value, { quoteStyle: "double" }), { file: "x.yml", schema: "core" });
      if (Array.isArray(yaml)) throw new Error(yaml.map((fault) => fault.message).join());
      expect({ ...(yaml.value as object) }).toEqual({ ...value });
    }),
  );
});

test("a place within a literal block is where its text stands in the file", () => {
  const line = fc.stringMatching(/^[a-z$ ]{0,12}[a-z]$/);
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 8 }),
      fc.nat(),
      (lines, indent, pick) => {
        const [first = "", ...rest] = lines;
        const body = [first.trimStart(), ...rest];
        const text = `a: |\n${body.map((each) => " ".repeat(indent) + each).join("\n")}\n`;
        const yaml = parseYaml(text, { file: "x.yml", schema: "core" });
        if (Array.isArray(yaml)) throw new Error(yaml.map((fault) => fault.message).join());
        const row = pick % body.length;
        const place = yaml.within(["a"], body.slice(0, row).join("\n").length + (row === 0 ? 0 : 1), 1);
        expect(text.split("\n")[place.line - 1]?.slice(place.column - 1)).toBe(body[row]);
      },
    ),
  );
});

test("a place within a text that YAML folds or quotes is where its words stand in the file", () => {
  const word = fc.stringMatching(/^[a-z$]{1,6}$/);
  const gap = fc.constantFrom(" ", "   ", "\n", "\n\n", " \n  ");
  const styles = {
    plain: (body: string): string => `a: ${body}\n`,
    folded: (body: string): string => `a: >\n  ${body}\n`,
    single: (body: string): string => `a: '${body.replace(" ", " '' ")}'\n`,
    double: (body: string): string =>
      `a: "${body.replace(" ", ' \\u00e9\\n\\"\\x20\\ud83d\\ude00\\U0001F600 \\\n  ')}"\n`,
  };
  fc.assert(
    fc.property(
      fc.array(fc.tuple(word, gap), { minLength: 1, maxLength: 8 }),
      fc.constantFrom(...Object.values(styles)),
      (pieces, write) => {
        const body = pieces
          .map(
            ([each, space], index) =>
              `${each}${index}${index === pieces.length - 1 ? "" : space.replaceAll("\n", "\n  ")}`,
          )
          .join("");
        const text = write(body);
        const yaml = parseYaml(text, { file: "x.yml", schema: "core" });
        if (Array.isArray(yaml)) throw new Error(yaml.map((fault) => fault.message).join());
        const { a } = yaml.value as { a: string };
        for (const { 0: found, index } of a.matchAll(/[a-z$]+\d+/g)) {
          const { line, column, length } = yaml.within(["a"], index, found.length);
          expect(text.split("\n")[line - 1]?.slice(column - 1, column - 1 + length)).toBe(found);
        }
      },
    ),
  );
});

test("every script is read or given up, and never half", () => {
  const piece = fc.constantFrom(
    "if",
    "then",
    "fi",
    "case x in",
    "esac",
    "(",
    ")",
    "{",
    "}",
    "$(",
    "${x",
    "$((",
    "))",
    "`",
    "'",
    '"',
    "\\",
    "|",
    "&&",
    ";",
    ";;",
    "\n",
    "<<X",
    "X",
    "#",
    " ",
    "echo",
    "$x",
    "x=1",
    "for",
    "do",
    "done",
    "[[",
    "]]",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join(" ")),
        fc.array(piece).map((pieces) => pieces.join("")),
      ),
      (script) => {
        for (const { at, length, name } of readShell(script)?.references ?? []) {
          expect(script.slice(at, at + length)).toContain(name);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test("single quotes hide every variable, double quotes none", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,10}$/);
  fc.assert(
    fc.property(fc.array(name, { minLength: 1 }), (names) => {
      const reads = names.map((each) => `$${each}`).join(" ");
      expect(readShell(`printf '%s' '${reads}'`)?.references).toEqual([]);
      expect(readShell(`printf '%s' "${reads}"`)?.references.map((each) => each.name)).toEqual(names);
    }),
  );
});
