import { glob, readdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { IGNORED_OPTIONS, LACKING_OPTIONS } from "../../language/inventory/ssh-names.ts";
import { matchesPattern } from "../hostkeys/knownhosts.ts";

/**
 * What tells hosts apart in a configuration: the lines of `Host`, and names that `HostName` gives.
 * Null: only ssh can tell (`Match`, files named after a host), so each host is a kind of its own.
 */
export type Kind = {
  readonly blocks: readonly (readonly string[])[];
  readonly names: ReadonlySet<string>;
  /** All that it says of any host, where that is so little that no ssh needs to be asked. Null: there is more. */
  readonly plain: ReadonlyMap<string, readonly string[]> | null;
} | null;

/** What Debian and others say in /etc for everybody: in these words it means what it says, and the first one counts. */
const PLAIN: ReadonlySet<string> = LACKING_OPTIONS.union(new Set(["hashknownhosts"]));
const HARMLESS: ReadonlySet<string> = IGNORED_OPTIONS.union(new Set(["match", "include"]));

/** Includes in each other, as deep as ssh goes. */
const DEEPEST = 16;

/** Reads what tells hosts apart in configuration files and all that they include. A block more than ssh sees makes kinds finer, never wrong. */
export async function kindsOfFiles(files: readonly string[], home: string): Promise<Kind> {
  const blocks: string[][] = [];
  const names = new Set<string>();
  const said = new Map<string, readonly string[]>();
  let plain = true;
  let again = false;
  const read = async (file: string, depth: number): Promise<boolean> => {
    if (depth > DEEPEST) return false;
    const text = await readFile(file, "utf8").catch(() => "");
    for (const line of text.split(/\r?\n/)) {
      const [, word = "", rest = ""] = /^\s*([a-z0-9]+)(?:\s*=\s*|\s+)(.*?)\s*$/is.exec(line) ?? [];
      const [name, values] = [word.toLowerCase(), rest.replaceAll('"', "").split(/\s+/)];
      if (name === "host") blocks.push(values);
      if (PLAIN.has(name)) said.set(name, said.get(name) ?? values);
      else if (name === "host") plain &&= rest === "*";
      else if (name === "" ? !/^\s*(?:#|$)/.test(line) : !HARMLESS.has(name)) plain = false;
      if (name === "hostname") names.add(rest.toLowerCase());
      if (name === "match" && /^final\b/i.test(rest)) again = true;
      if (name === "include" && !(await include(values, file, depth))) return false;
      if (onlySshCanTell(name, rest)) return false;
    }
    return true;
  };
  const include = async (values: readonly string[], from: string, depth: number): Promise<boolean> => {
    const base = from.startsWith("/etc/ssh/") ? "/etc/ssh" : join(home, ".ssh");
    for (const value of values) {
      if (/[%$]|^~[^/]/.test(value)) return false;
      const pattern = value.startsWith("~/") ? join(home, value.slice(2)) : value;
      if (await isEmpty(dirname(resolve(base, pattern)))) continue;
      for await (const file of glob(pattern, { cwd: base })) {
        if (!(await read(file.startsWith("/") ? file : join(base, file), depth + 1))) return false;
      }
    }
    return true;
  };
  for (const file of files) if (!(await read(file, 0))) return null;
  // Read a second time, all blocks are about the name that they gave in the first.
  return again && names.size > 0 ? null : { blocks, names, plain: plain ? said : null };
}

/** Said of most systems' ssh_config.d, and sooner than Node has loaded what looks for patterns. A pattern itself is no directory. */
async function isEmpty(directory: string): Promise<boolean> {
  if (/[*?[{\\]/.test(directory)) return false;
  return (await readdir(directory).catch(() => [])).length === 0;
}

function onlySshCanTell(name: string, value: string): boolean {
  switch (name) {
    case "match":
      return !/^(?:final\s+)?all$/i.test(value);
    case "hostname":
      return /%[^%h]/.test(value);
    case "userknownhostsfile":
      return /%[^%]/.test(value);
    case "canonicalizehostname":
      return !/^no$/i.test(value);
  }
  return false;
}

/** The same for all hosts of which a configuration says the same. */
export function kindOf(kind: Kind, address: string): string {
  if (kind === null || kind.names.has(address.toLowerCase())) return `=${address}`;
  // Unlike elsewhere, ssh minds the case here.
  return kind.blocks.map((patterns) => (isAbout(patterns, address) ? "1" : "0")).join("");
}

/** What `HostName` makes of a host's own name. */
function made(line: string, name: string): string {
  return line.replaceAll(/%([%h])/g, (_, token) => (token === "h" ? name : "%"));
}

/**
 * The name that a configuration gives a host of the same kind as another, which it called `hostName`: `HostName %h.example` makes each its own.
 * Undefined: it may have come from several lines.
 */
export function nameLike(
  kind: Kind,
  other: { readonly address: string; readonly hostName: string },
  address: string,
): string | undefined {
  const lines = [...(kind?.names ?? [])].filter(
    (line) => made(line, other.address.toLowerCase()) === other.hostName.toLowerCase(),
  );
  const [line] = lines;
  return line === undefined || lines.length > 1 ? undefined : made(line, address).toLowerCase();
}

function isAbout(patterns: readonly string[], name: string): boolean {
  const [no, yes] = [true, false].map((negated) => patterns.filter((pattern) => pattern.startsWith("!") === negated));
  if (no?.some((pattern) => matchesPattern(pattern.slice(1), name)) === true) return false;
  return yes?.some((pattern) => matchesPattern(pattern, name)) === true;
}
