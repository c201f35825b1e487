import { basename, dirname, join, resolve } from "node:path";
import * as z from "zod";
import { contentDigest, runbookDigest } from "../engine/runbook-digest.ts";
import { examineRunbook } from "../language/runbook/compile.ts";
import { scriptsOf } from "../language/runbook/scripts.ts";
import { inFileOrder } from "../language/yaml/source.ts";
import { parseYaml, type Yaml } from "../language/yaml/yaml.ts";
import type { Fault } from "../model/fault.ts";
import type { LoadedRunbook, Runbook } from "../model/runbook.ts";
import { findRunbook, type Lookup } from "./library.ts";
import { allSound, checkSyntax } from "./syntax.ts";
import { readRegular, readText } from "./text.ts";

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

/** Reads the runbook at `path` (relative to `cwd`) with its files, and checks all of it, its scripts' syntax too. */
export async function openRunbook(path: string, cwd: string, meanwhile?: () => void): Promise<Opened> {
  const absolute = resolve(cwd, path);
  const file = await readText(absolute, MAX_RUNBOOK);
  if ("problem" in file) {
    return { path, faults: [{ kind: "invalid-file", message: file.problem, where: path }], warnings: [] };
  }
  const parts = await readParts(file.text, path, dirname(absolute));
  const { yaml, draft, ...known } = examineRunbook(file.text, path, parts);
  if (yaml === undefined || draft === undefined) return { path, ...known };
  const shells = syntaxFaults(yaml, draft, parts);
  meanwhile?.();
  const syntax = await shells;
  const faults = inFileOrder([...known.faults, ...syntax.faults]);
  const warnings = inFileOrder([
    ...known.warnings,
    ...syntax.warnings,
    ...(faults.length > 0 ? [] : misnamed(yaml, draft, path)),
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

type Parts = {
  /** All of them, as they are put before a script. */
  readonly functions: string;
  /** Each file of them as the runbook's faults name it, with its text. */
  readonly functionsFiles: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly unreadable: ReadonlyMap<string, string>;
};

/** Reads what the runbook names. Its text may be wrong in every other way: then it names nothing. */
async function readParts(text: string, path: string, directory: string): Promise<Parts> {
  const yaml = parseYaml(text, { file: path, schema: "core" });
  const named = Array.isArray(yaml) ? undefined : Named.safeParse(yaml.value).data;
  const files = new Map<string, Uint8Array>();
  const unreadable = new Map<string, string>();
  for (const name of named?.files ?? []) {
    const file = await readRegular(resolve(directory, name), MAX_FILE);
    if ("problem" in file) unreadable.set(name, file.problem);
    else files.set(basename(name), file.bytes);
  }
  const functionsFiles = new Map<string, string>();
  for (const name of [named?.functions ?? []].flat()) {
    const file = await readText(resolve(directory, name), MAX_RUNBOOK);
    if ("problem" in file) unreadable.set(name, file.problem);
    else functionsFiles.set(join(dirname(path), name), file.text);
  }
  const functions = [...functionsFiles.values()].join("\n");
  return { functions, functionsFiles, files, unreadable };
}

/** The only two keys that are read before all of the runbook is known to be right. */
const Named = z.object({
  files: z.array(z.string()).catch([]),
  functions: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .catch(undefined),
});

/** A script with its shell, and how a fault at a line of it is told. */
type Located = {
  readonly text: string;
  readonly shell: "sh" | "bash";
  readonly at: (line: number, message: string) => Fault;
};

/** What `sh -n` and `bash -n` of this machine say of the scripts. */
async function syntaxFaults(yaml: Yaml, draft: Runbook, parts: Parts): Promise<{ faults: Fault[]; warnings: Fault[] }> {
  const all = [...locatedScripts(yaml, draft), ...locatedFunctions(draft, parts)];
  const answers = await Promise.all(
    (["sh", "bash"] as const).map((shell) =>
      shellFaults(
        shell,
        all.filter((script) => script.shell === shell),
      ),
    ),
  );
  return {
    faults: answers.flatMap(({ faults }) => faults),
    warnings: answers.flatMap(({ warnings }) => warnings),
  };
}

function locatedScripts(yaml: Yaml, draft: Runbook): Located[] {
  return scriptsOf(draft).flatMap(({ path, text, shell }): Located[] => {
    if (shell === "powershell") return [];
    const at = (line: number, message: string): Fault =>
      yaml.faultAt(yaml.within(path, line - 1, 0, text.length), message);
    return [{ text, shell, at }];
  });
}

function locatedFunctions(draft: Runbook, { functionsFiles }: Parts): Located[] {
  if (draft.shell === "powershell") return [];
  const shell = draft.shell === "bash" ? "bash" : "sh";
  return [...functionsFiles].map(([file, text]) => {
    const at = (line: number, message: string): Fault => ({
      kind: "invalid-file",
      message,
      where: `${file}:${line}:1`,
    });
    return { text, shell, at };
  });
}

/** All at once where all is well, as it mostly is; else one by one, to know where. */
async function shellFaults(
  shell: "sh" | "bash",
  scripts: readonly Located[],
): Promise<{ faults: Fault[]; warnings: Fault[] }> {
  const faults: Fault[] = [];
  const texts = scripts.map(({ text }) => text);
  if (texts.length === 0 || (await allSound([...new Set(texts)], shell))) return { faults, warnings: [] };
  const answers = await Promise.all(texts.map((text) => checkSyntax(text, shell)));
  for (const [index, answer] of answers.entries()) {
    const at = scripts[index]?.at;
    if (answer === undefined || at === undefined) continue;
    if (answer === "absent") {
      const message = `there is no \`${shell}\` on this machine to check the syntax of the scripts with`;
      return { faults, warnings: [at(1, message)] };
    }
    faults.push(at(answer.line, `a syntax error, says ${shell}: ${answer.reason}`));
  }
  return { faults, warnings: [] };
}
