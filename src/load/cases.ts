import { readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { compileCases, type CompiledCases } from "../language/cases/compile.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { readText, unreadable } from "./text.ts";

/** Bytes that a file of cases may have. */
const MAX_CASES = 5_000_000;

const ENDING = /\.ya?ml$/;
const DIRECTORY = ".cases";

/** The directory of a runbook's cases, beside it: `NAME.cases`. */
export function casesDirectory(runbookPath: string): string {
  return runbookPath.replace(ENDING, DIRECTORY);
}

/** The runbook that a file of cases is about; null: it does not lie in a directory of cases. */
export function runbookOfCases(path: string): string | null {
  const directory = dirname(path);
  return basename(directory).endsWith(DIRECTORY) ? `${directory.slice(0, -DIRECTORY.length)}.yml` : null;
}

/** The files of a runbook's cases, sorted; none where there is no such directory. */
export async function caseFiles(runbookPath: string, cwd: string): Promise<string[]> {
  const directory = casesDirectory(runbookPath);
  const entries = await readdir(resolve(cwd, directory), { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory() && ENDING.test(entry.name))
    .map((entry) => join(directory, entry.name))
    .toSorted();
}

/** Reads a file of cases and checks it against its runbook. */
export async function openCases(path: string, cwd: string, loaded: LoadedRunbook): Promise<CompiledCases> {
  const file = await readText(resolve(cwd, path), MAX_CASES);
  if ("problem" in file) return { faults: [unreadable(file, path)] };
  return compileCases(file.text, path, loaded);
}
