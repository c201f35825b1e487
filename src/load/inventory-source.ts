import { readdir, stat } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { formOf, YAML_ENDINGS } from "../language/inventory/form.ts";
import type { InventorySource } from "../language/inventory/inventory.ts";
import type { Fault } from "../model/fault.ts";
import type { Opener } from "../model/secret.ts";
import { askProgram } from "./inventory-program.ts";
import { beginsAsProgram } from "./program.ts";
import { readText, unreadable, type Unreadable } from "./text.ts";
import { VAULT_MARK } from "./vault.ts";

/** Bytes that an inventory file may have: as many as the YAML reader takes. */
const MAX_INVENTORY = 1_000_000;

/** Where relative names begin, for how many seconds a program may think, and what opens encrypted files. */
export type ReadFrom = { readonly cwd: string; readonly seconds: number; readonly open: Opener };

/** One `-i`: what was read, what could not be, what is worth a word, and the directory beside which `group_vars` and `host_vars` stand (a list has none). */
export type ReadSource = {
  readonly sources: readonly InventorySource[];
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
  readonly base: string | undefined;
};

/** Directories within directories that are looked into; more is a link that leads back. */
const DEEPEST = 20;

/** What Ansible leaves out of a directory of inventories. */
const LEFT_OUT =
  /^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|ini|cfg|retry)|~)$/;

/** Reads a file, a directory of them, or a list of hosts. */
export async function readSource(source: string, from: ReadFrom): Promise<ReadSource> {
  const { cwd } = from;
  const found = source === "" ? undefined : await stat(resolve(cwd, source)).catch(() => undefined);
  if (found === undefined && source.includes(","))
    return { ...NOTHING, sources: [{ kind: "list", text: source }], base: undefined };
  if (found === undefined && /^[\w.@:[\]-]+$/.test(source) && !YAML_ENDINGS.has(extname(source))) {
    const hint = `if it is a host, write a comma after it: \`-i ${source},\``;
    return unread(refusal("usage", `there is no inventory file ${source}`, hint, source));
  }
  if (found === undefined) {
    const file = await readText(resolve(cwd, source), MAX_INVENTORY);
    const problem = "problem" in file ? file.problem : "it has just appeared";
    return unread(refusal("usage", problem, "-i takes an inventory as Ansible reads it, in YAML or INI", source));
  }
  if (!found.isDirectory()) return { ...(await readFile(source, found.mode, from)), base: dirname(source) };
  const read = await readDirectory(source, from, 0);
  if (read.sources.length === 0 && read.faults.length === 0) return unread(await nothingIn(source, cwd));
  return { ...read, base: source };
}

type Read = Omit<ReadSource, "base">;

const NOTHING: Read = { sources: [], faults: [], warnings: [] };

/** Every inventory of a directory in the order of their names, directories among them in their place. */
async function readDirectory(directory: string, from: ReadFrom, depth: number): Promise<Read> {
  const names = await readdir(resolve(from.cwd, directory)).catch((error: unknown) => String(error));
  if (typeof names === "string")
    return unread(refusal("invalid-file", "the directory cannot be read", names, directory));
  const all: Read[] = [];
  for (const name of names.toSorted(byCodePoint)) {
    if (LEFT_OUT.test(name)) continue;
    const path = join(directory, name);
    const found = await stat(resolve(from.cwd, path)).catch(() => undefined);
    if (found?.isDirectory() !== true) all.push(await readFile(path, found?.mode ?? 0, from));
    else if (depth < DEEPEST) all.push(await readDirectory(path, from, depth + 1));
  }
  return {
    sources: all.flatMap(({ sources }) => sources),
    faults: all.flatMap(({ faults }) => faults),
    warnings: all.flatMap(({ warnings }) => warnings),
  };
}

async function nothingIn(directory: string, cwd: string): Promise<Fault> {
  const names = await readdir(resolve(cwd, directory));
  const left = names.find((name) => /\.(ini|cfg|txt)$/.test(name));
  const hint =
    left === undefined
      ? "put an inventory into it, or name a file: `-i FILE`"
      : `as in Ansible, files that end in ${extname(left)} are left out of a directory: rename it, or name it: \`-i ${join(directory, left)}\``;
  return refusal("usage", "there is no inventory in this directory", hint, directory);
}

async function readFile(source: string, mode: number, from: ReadFrom): Promise<Read> {
  const path = resolve(from.cwd, source);
  const ending = extname(source);
  const program = await beginsAsProgram(path).catch(() => undefined);
  // As for Ansible: what may be executed is asked; on some file systems that is every file, and only these can be started.
  if (program !== undefined && (mode & 0o111) !== 0) {
    const { answer, faults, warnings } = await askProgram(source, from);
    return { sources: answer === undefined ? [] : [{ kind: "program", ...answer }], faults, warnings };
  }
  if (program === "script" && !YAML_ENDINGS.has(ending))
    return unread(refusal("invalid-file", "this is a program that may not be executed", `chmod +x ${source}`, source));
  const file = await readOpened(path, from.open);
  if ("problem" in file) {
    return unread(unreadable(file, source, "-i takes an inventory as Ansible reads it, in YAML or INI"));
  }
  if (ending.toLowerCase() === ".toml") return unread(tomlFault(source));
  const { text, hidden } = file;
  const origin = { file: source, directory: dirname(path), hidden };
  return { ...NOTHING, sources: [{ kind: formOf(text, ending), text, ...origin }] };
}

function tomlFault(source: string): Fault {
  const hint = `\`ansible-inventory -i ${source} --list --yaml > hosts.yml\` makes a YAML file of it`;
  return refusal("invalid-file", "not supported yet: an inventory in TOML", hint, source);
}

/** The text of a file, `hidden` where it was encrypted as a whole; or why there is none. */
export async function readOpened(
  path: string,
  open: Opener,
): Promise<{ readonly text: string; readonly hidden: boolean } | Unreadable> {
  const file = await readText(path, MAX_INVENTORY);
  if ("problem" in file) return file;
  const text = file.text.replace(/^\uFEFF/, "");
  if (!text.startsWith(VAULT_MARK)) return { text, hidden: false };
  const opened = open(text);
  return "secret" in opened ? { text: opened.secret.reveal(), hidden: true } : opened;
}

function unread(fault: Fault): ReadSource {
  return { ...NOTHING, faults: [fault], base: undefined };
}

/** A fault of a source as a whole. */
export function refusal(kind: Fault["kind"], message: string, hint: string, where?: string): Fault {
  return { kind, message, hint, ...(where === undefined ? {} : { where }) };
}

/** Python's order, which is not ours beyond the first 65,536 characters. */
export function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
