import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { setBefore } from "../../../../src/language/shell/scope.ts";
import { readShell } from "../../../../src/language/shell/shell.ts";

const NAMES = ["a", "b", "c"];

/** A script in which every reference is written as `@number:name@`. */
function scriptFrom(pick: (most: number) => number): string {
  let count = 0;
  const functions: string[] = [];
  const name = (): string => NAMES[pick(NAMES.length - 1)] ?? "a";
  const ref = (): string => `@${(count += 1)}:${name()}@`;
  const body = (depth: number, inside: boolean): string =>
    Array.from({ length: 1 + pick(2) }, () => statement(depth - 1, inside)).join("; ");
  const called = (): string => functions[pick(functions.length)] ?? "true";
  const defined = (depth: number): string => {
    const text = `f${functions.length}() { ${body(depth, true)}; }`;
    functions.push(`f${functions.length}`);
    return text;
  };
  const simple: ((inside: boolean) => string)[] = [
    () => `${name()}=1`,
    () => `echo ${ref()}`,
    () => `${name()}=${ref()}`,
    (inside) => (inside ? `local ${name()}=${ref()}` : `export ${name()}=1`),
    () => `${name()}=1 ${called()}`,
    () => called(),
    () => `: $((${name()} = 1))`,
    () => `${name()}=1 :`,
    () => `echo 1 | read ${name()}`,
    () => `unset ${name()}`,
    () => `: \${${name()}:=1} ${ref()}`,
    () => `echo \`${name()}=1; echo ${ref()}\` ${ref()}`,
  ];
  const compound: ((depth: number, inside: boolean) => string)[] = [
    (depth, inside) => `{ ${body(depth, inside)}; } | { ${body(depth, inside)}; }`,
    (depth, inside) => `( ${body(depth, inside)} )`,
    (depth, inside) => `${name()}=$( ${body(depth, inside)} )`,
    (depth, inside) => `for ${name()} in 1 2; do ${body(depth, inside)}; done`,
    (depth, inside) => `if true; then ${body(depth, inside)}; else ${body(depth, inside)}; fi`,
    (depth) => defined(depth),
    (depth, inside) => `{ ${body(depth, inside)}; } & wait`,
    (depth, inside) => `echo 1 | while read -r ${name()}; do ${body(depth, inside)}; done`,
    (depth, inside) => `case x in x) ${body(depth, inside)} ;; *) ${body(depth, inside)} ;; esac`,
    (depth, inside) => `false || { ${body(depth, inside)}; }`,
  ];
  const statement = (depth: number, inside: boolean): string => {
    const kind = pick(simple.length + (depth > 0 ? compound.length : 0) - 1);
    return simple[kind]?.(inside) ?? compound[kind - simple.length]?.(depth, inside) ?? "true";
  };
  return Array.from({ length: 2 + pick(5) }, () => statement(3, false)).join("\n");
}

/** The script with `$name` for its references, and the number of the one at each offset. */
function plain(script: string): { readonly text: string; readonly numbers: ReadonlyMap<number, string> } {
  const numbers = new Map<number, string>();
  let text = "";
  for (const part of script.split(/(@\d+:\w@)/)) {
    const [, number, name] = /^@(\d+):(\w)@$/.exec(part) ?? [];
    if (number !== undefined) numbers.set(text.length, number);
    text += number === undefined ? part : `$${name}`;
  }
  return { text, numbers };
}

test.each(["dash", "bash"])(
  "what is said to be set nowhere before it is read, %s does not find set either",
  (shell) => {
    let unset = 0;
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), (stream) => {
        const script = scriptFrom((most) => (stream.next().value ?? 0) % (most + 1));
        const { text, numbers } = plain(script);
        const read = readShell(text);
        expect(read).toBeDefined();
        const told = new Set(
          (read?.references ?? []).flatMap((reference) =>
            read !== undefined && setBefore(read, reference) !== true ? (numbers.get(reference.at) ?? []) : [],
          ),
        );
        const traced = script.replaceAll(/@(\d+):(\w)@/g, (_all, number, name) => `"$(p ${number} "\${${name}+set}")"`);
        const { output, stderr } = spawnSync(shell, ["-c", `p() { echo "$1 $2" >&3; }\n${traced}`], {
          stdio: ["ignore", "ignore", "pipe", "pipe"],
          encoding: "utf8",
        });
        expect(stderr).not.toMatch(/syntax/i);
        const lines = (output[3] ?? "").split("\n");
        const found = new Set(lines.flatMap((line) => (line.endsWith(" set") ? line.slice(0, -4) : [])));
        expect([...told].filter((number) => found.has(number))).toEqual([]);
        unset += [...told].filter((number) => lines.includes(`${number} `)).length;
      }),
      { numRuns: 150 },
    );
    // And it does say so of what comes along.
    expect(unset).toBeGreaterThan(50);
  },
);
