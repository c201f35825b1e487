import { readdir, stat } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import type { BesideVars, Draft, Variable } from "../language/inventory/draft.ts";
import { YAML_ENDINGS } from "../language/inventory/form.ts";
import { readVarsFile } from "../language/inventory/vars-file.ts";
import { byCodePoint, readOpened, refusal } from "./inventory-source.ts";
import { unreadable } from "./text.ts";

/** Files that are open at once. */
const AT_ONCE = 32;
/** Directories within directories that are looked into. */
const DEEPEST = 20;

/** Reads what `group_vars/` and `host_vars/` of a directory say of the draft's groups and hosts into the draft. */
export async function readBeside(draft: Draft, base: string, cwd: string): Promise<void> {
  const beside: BesideVars = {
    groups: await readKind(draft, [...draft.groups.keys()], join(base, "group_vars"), cwd),
    hosts: await readKind(draft, [...draft.hosts.keys()], join(base, "host_vars"), cwd),
  };
  draft.beside.push(beside);
}

async function readKind(
  draft: Draft,
  names: readonly string[],
  directory: string,
  cwd: string,
): Promise<BesideVars["groups"]> {
  const found = new Map<string, Map<string, Variable>>();
  const entries = new Set(await entriesOf(draft, directory, cwd));
  if (entries.size === 0) return found;
  for (const name of names) {
    const there = ["", ...YAML_ENDINGS].map((ending) => name + ending).filter((each) => entries.has(each));
    const files = there.length === 0 ? [] : await filesOf(draft, directory, there, cwd);
    if (files.length === 0) continue;
    const vars = new Map<string, Variable>();
    for (const file of await readAll(draft, files, cwd)) {
      if ("problem" in file.read) draft.faults.push(unreadable(file.read, file.path, UNREAD));
      else readVarsFile(draft, vars, file.read.text, { file: file.path, hidden: file.read.hidden });
    }
    found.set(name, vars);
  }
  return found;
}

const UNREAD = "Ansible would read this file too: mend it, or move it away";

async function entriesOf(draft: Draft, directory: string, cwd: string): Promise<readonly string[]> {
  try {
    return await readdir(resolve(cwd, directory));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code !== "ENOENT" && code !== "ENOTDIR")
      draft.faults.push(refusal("invalid-file", "the directory cannot be read", String(error), directory));
    return [];
  }
}

/** As in Ansible only the first counts of a directory or file without an ending, `.yml`, `.yaml` and `.json`. */
async function filesOf(draft: Draft, directory: string, there: readonly string[], cwd: string): Promise<string[]> {
  for (const [index, name] of there.entries()) {
    const path = join(directory, name);
    const entry = await stat(resolve(cwd, path)).catch(() => undefined);
    if (entry === undefined) continue;
    for (const other of there.slice(index + 1)) {
      const message = `this is not read, since ${path} is there: as in Ansible only one of them counts`;
      draft.warnings.push(
        refusal("invalid-file", message, `move it into ${path}/, or put the two together`, join(directory, other)),
      );
    }
    return entry.isDirectory() ? filesBelow(draft, path, cwd, 0) : [path];
  }
  return [];
}

/** All files of a directory and of those in it, in the order of their names; hidden ones, backups and other endings are left out. */
async function filesBelow(draft: Draft, directory: string, cwd: string, depth: number): Promise<string[]> {
  const found: string[] = [];
  for (const name of [...(await entriesOf(draft, directory, cwd))].toSorted(byCodePoint)) {
    if (name.startsWith(".") || name.endsWith("~")) continue;
    const path = join(directory, name);
    const ending = extname(name);
    const entry = await stat(resolve(cwd, path)).catch(() => undefined);
    if (entry?.isDirectory() === true) {
      if (ending === "" && depth < DEEPEST) found.push(...(await filesBelow(draft, path, cwd, depth + 1)));
    } else if (entry?.isFile() === true && (ending === "" || YAML_ENDINGS.has(ending))) found.push(path);
  }
  return found;
}

type ReadVars = { readonly path: string; readonly read: Awaited<ReturnType<typeof readOpened>> };

async function readAll({ open }: Draft, paths: readonly string[], cwd: string): Promise<ReadVars[]> {
  const all: ReadVars[] = [];
  for (let at = 0; at < paths.length; at += AT_ONCE) {
    const some = paths.slice(at, at + AT_ONCE);
    all.push(
      ...(await Promise.all(some.map(async (path) => ({ path, read: await readOpened(resolve(cwd, path), open) })))),
    );
  }
  return all;
}
