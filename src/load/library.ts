import { readdir, realpath } from "node:fs/promises";
import { delimiter, join, relative, resolve } from "node:path";
import { didYouMean } from "../language/suggest.ts";
import type { Fault } from "../model/fault.ts";

/** Where runbooks are looked for by name. */
export type Lookup = {
  readonly cwd: string;
  /** Directories, in the order in which they are looked through. */
  readonly searchPath: readonly string[];
};

/** A runbook file and the name by which it is found. */
export type Shelved = { readonly name: string; readonly path: string };

const ENDING = /\.ya?ml$/;

/** `./runbooks`, the directories of `$RUNBOOK_PATH`, and the library that is shipped. */
export function searchPathOf(cwd: string, variable: string | undefined, library: string): string[] {
  const named = (variable ?? "").split(delimiter).filter((directory) => directory !== "");
  return [join(cwd, "runbooks"), ...named.map((directory) => resolve(cwd, directory)), library];
}

/** Every runbook file of the search path, sorted by name within a directory; the same file is listed once. */
export async function shelvedRunbooks(lookup: Lookup): Promise<Shelved[]> {
  const found = new Map<string, Shelved>();
  for (const directory of lookup.searchPath) {
    for (const entry of (await entries(directory)).toSorted()) {
      const path = join(directory, entry);
      const real = await realpath(path).catch(() => path);
      if (!found.has(real)) found.set(real, { name: entry.replace(ENDING, ""), path: shortest(lookup.cwd, path) });
    }
  }
  return [...found.values()];
}

/** The file that a name or a path means. A name that means two files means none. */
export async function findRunbook(nameOrPath: string, lookup: Lookup): Promise<{ path: string } | Fault> {
  if (nameOrPath.includes("/") || ENDING.test(nameOrPath))
    return { path: shortest(lookup.cwd, resolve(lookup.cwd, nameOrPath)) };
  const all = await shelvedRunbooks(lookup);
  const [first, second] = all.filter(({ name }) => name === nameOrPath);
  if (first === undefined) return unknown(nameOrPath, lookup, all);
  if (second === undefined) return { path: first.path };
  return {
    kind: "usage",
    message: `\`${nameOrPath}\` means two different files: ${first.path} and ${second.path}`,
    hint: "give the path of the one that is meant",
  };
}

function unknown(name: string, lookup: Lookup, all: readonly Shelved[]): Fault {
  const places = lookup.searchPath.map((directory) => shortest(lookup.cwd, directory)).join(", ");
  const hint =
    didYouMean(
      name,
      all.map((each) => each.name),
    ) ?? "`runbook list` shows all; a path must hold a / or end in .yml";
  return { kind: "usage", message: `there is no runbook \`${name}\` in ${places}`, hint };
}

async function entries(directory: string): Promise<string[]> {
  try {
    const all = await readdir(directory, { withFileTypes: true });
    return all.filter((entry) => !entry.isDirectory() && ENDING.test(entry.name)).map((entry) => entry.name);
  } catch {
    // A directory of the search path that is not there holds no runbooks.
    return [];
  }
}

/** The path as a person would write it from here. */
function shortest(cwd: string, path: string): string {
  const fromHere = relative(cwd, path);
  return fromHere === "" || fromHere.startsWith("..") ? path : fromHere;
}
