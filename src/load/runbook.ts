import { basename, dirname, join, resolve } from "node:path";
import * as z from "zod";
import { contentDigest, runbookDigest } from "../engine/runbook-digest.ts";
import { examineRunbook, readRunbook } from "../language/runbook/compile.ts";
import { readShell } from "../language/shell/shell.ts";
import { inFileOrder } from "../language/yaml/source.ts";
import type { Yaml } from "../language/yaml/yaml.ts";
import type { Fault } from "../model/fault.ts";
import type { LoadedRunbook, Runbook } from "../model/runbook.ts";
import { findRunbook, type Lookup } from "./library.ts";
import { locatedFunctions, locatedScripts, type Located, type RunbookParts } from "./located.ts";
import { allSound, checkSyntax } from "./syntax.ts";
import { readRegular, readText, unreadable } from "./text.ts";

/** What came of opening a runbook's file: the runbook, or faults; warnings in both cases. */
export type Opened = {
  readonly path: string;
  readonly loaded?: LoadedRunbook;
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
};

/** Bytes that a runbook, and each file it sends, may have. */
const MAX_RUNBOOK = 1_000_000;
const MAX_FILE = 10_000_000;

/** Finds a runbook by name or path, reads it with its files, and checks all of it; `meanwhile` is called while shells read its scripts. */
export async function loadRunbook(
  nameOrPath: string,
  lookup: Lookup,
  meanwhile?: () => void,
): Promise<LoadedRunbook | Fault[]> {
  const found = await findRunbook(nameOrPath, lookup);
  if (!("path" in found)) return [found];
  const { loaded, faults } = await openRunbook(found.path, lookup.cwd, meanwhile);
  return loaded ?? [...faults];
}

/**
 * Reads the runbook at `path` (relative to `cwd`) with its files, and checks all of it, its scripts' syntax too. `examine` has another look at
 * scripts that are sound.
 */
export async function openRunbook(
  path: string,
  cwd: string,
  meanwhile?: () => void,
  examine?: (scripts: readonly Located[]) => Promise<{ readonly faults: Fault[]; readonly warnings: Fault[] }>,
): Promise<Opened> {
  const absolute = resolve(cwd, path);
  const file = await readText(absolute, MAX_RUNBOOK);
  if ("problem" in file) {
    return { path, faults: [unreadable(file, path)], warnings: [] };
  }
  const read = readRunbook(file.text, path);
  const parts = await readParts(read.yaml?.value, path, dirname(absolute));
  const { yaml, draft, ...known } = examineRunbook(read, parts);
  if (yaml === undefined || draft === undefined) return { path, ...known };
  const scripts = [...locatedFunctions(draft, parts), ...locatedScripts(yaml, draft, read.lost)];
  const shells = syntaxFaults(scripts);
  meanwhile?.();
  const syntax = await shells;
  // Of what no shell can read, a second opinion would be of no use.
  const more = examine === undefined ? { faults: [], warnings: [] } : await examine(syntax.sound);
  const faults = inFileOrder([...known.faults, ...syntax.faults, ...more.faults]);
  const warnings = inFileOrder([
    ...known.warnings,
    ...syntax.warnings,
    ...more.warnings,
    ...(known.faults.length > 0 ? [] : misnamed(yaml, draft, path)),
  ]);
  if (faults.length > 0) return { path, faults, warnings };
  const { functions, files } = parts;
  const sent = [...files].map(([name, bytes]): [string, string] => [name, contentDigest(bytes)]);
  const digest = runbookDigest(file.text, functions, new Map(sent));
  return { path, loaded: { runbook: draft, path, text: file.text, digest, functions, files }, faults, warnings };
}

/** A runbook is found by its file's name and recorded under its own: two names for one thing lead people astray. */
function misnamed(yaml: Yaml, { name }: Runbook, path: string): Fault[] {
  const own = basename(path).replace(/\.ya?ml$/, "");
  if (own === name) return [];
  return [
    yaml.fault(
      ["name"],
      `the runbook is called \`${name}\` and its file \`${basename(path)}\``,
      "give both the same name",
    ),
  ];
}

/** Reads what the runbook names, as far as `value`, which may be wrong in every other way, names it. */
async function readParts(value: unknown, path: string, directory: string): Promise<RunbookParts> {
  const named = Named.safeParse(value).data;
  const files = new Map<string, Uint8Array>();
  const missing = new Map<string, string>();
  for (const name of named?.files ?? []) {
    const file = await readRegular(resolve(directory, name), MAX_FILE);
    if ("problem" in file) missing.set(name, file.problem);
    else files.set(basename(name), file.bytes);
  }
  const functionsFiles = new Map<string, string>();
  for (const name of [named?.functions ?? []].flat()) {
    const file = await readText(resolve(directory, name), MAX_RUNBOOK);
    if ("problem" in file) missing.set(name, file.problem);
    else functionsFiles.set(join(dirname(path), name), file.text);
  }
  const functions = [...functionsFiles.values()].join("\n");
  return { functions, functionsFiles, files, unreadable: missing };
}

/** The only two keys that are read before all of the runbook is known to be right. */
const Named = z.object({
  files: z.array(z.string()).catch([]),
  functions: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .catch(undefined),
});

/** What `sh -n` and `bash -n` of this machine say of the scripts, and those with which nothing is wrong. */
async function syntaxFaults(
  all: readonly Located[],
): Promise<{ readonly faults: Fault[]; readonly warnings: Fault[]; readonly sound: readonly Located[] }> {
  const answers = await Promise.all(
    (["sh", "bash"] as const).map((shell) =>
      shellFaults(
        shell,
        all.filter((script) => script.shell === shell),
      ),
    ),
  );
  const seen = all.map((script) => [...unclosedHeredocs(script), ...carriageReturns(script)]);
  const wrong = new Set(answers.flatMap(({ wrong: unsound }) => unsound));
  return {
    faults: [...seen.flat(), ...answers.flatMap(({ faults }) => faults)],
    warnings: answers.flatMap(({ warnings }) => warnings),
    sound: all.filter((script, at) => seen[at]?.length === 0 && !wrong.has(script) && !/[\r\0]/.test(script.text)),
  };
}

/** The shells that read a script take all that follows for its text, and say nothing. */
function unclosedHeredocs({ text, at }: Located): Fault[] {
  const { unclosed = [] } = text.includes("<<") ? (readShell(text) ?? {}) : {};
  return unclosed.map(({ at: offset, end }) => {
    const before = text.slice(0, offset).split("\n");
    const spot = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, length: 2 };
    const message = `this here-document is never closed: all that follows is its text, since no line is \`${end}\` alone`;
    return at(spot, message, `end it with a line that is \`${end}\` and nothing else`);
  });
}

/** In a functions file; those of scripts are told with their other characters. */
function carriageReturns({ text, functions, at }: Located): Fault[] {
  const index = functions ? text.indexOf("\r") : -1;
  if (index < 0) return [];
  const before = text.slice(0, index).split("\n");
  const spot = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, length: 1 };
  return [
    at(
      spot,
      "the file holds a carriage return, which shells stumble over",
      `\`sed -i 's/\\r$//' FILE\` removes those of Windows`,
    ),
  ];
}

/** All at once where all is well, as it mostly is; else one by one, to know where. */
async function shellFaults(
  shell: "sh" | "bash",
  scripts: readonly Located[],
): Promise<{ readonly faults: Fault[]; readonly warnings: Fault[]; readonly wrong: readonly Located[] }> {
  const texts = [...new Set(scripts.map(({ text }) => text))];
  const told = { faults: [] as Fault[], warnings: [] as Fault[], wrong: [] as Located[] };
  if (texts.length === 0 || (await allSound(texts, shell))) return told;
  const answers = await Promise.all(scripts.map(({ text }) => checkSyntax(text, shell)));
  for (const [index, answer] of answers.entries()) {
    const script = scripts[index];
    if (answer === undefined || script === undefined) continue;
    if (answer === "absent") {
      const message = `there is no \`${shell}\` on this machine to check the syntax of the scripts with`;
      return { ...told, warnings: [script.at({ line: 1 }, message)] };
    }
    told.wrong.push(script);
    told.faults.push(script.at({ line: answer.line }, `a syntax error, says ${shell}: ${answer.reason}`));
  }
  return told;
}
