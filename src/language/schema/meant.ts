import type * as z from "zod";
import { suggest } from "../suggest.ts";
import type { Path } from "../yaml/path.ts";
import type { Yaml } from "../yaml/yaml.ts";
import type { Dialect } from "./dialect.ts";
import { keysAt } from "./keys.ts";
import { pathOf, valueAt } from "./schema-faults.ts";

type Issue = z.core.$ZodIssue;

/** A key of the mapping at `path`, and what it was meant to be called. */
export type Misnamed = { readonly path: Path; readonly key: string; readonly meant: string; readonly issue: Issue };

/** The keys whose names the issues refuse and that stand for one which is not there: their values are worth reading as that one's. */
export function misnamed(dialect: Dialect, value: unknown, issues: readonly Issue[]): readonly Misnamed[] {
  const found = new Map<string, Misnamed>();
  for (const each of issues.flatMap((issue) => named(dialect, value, issue))) {
    const { path, meant } = each;
    const there = valueAt(value, path);
    const free = typeof there === "object" && there !== null && !Object.hasOwn(there, meant);
    const name = JSON.stringify([...path, meant]);
    if (free && !found.has(name)) found.set(name, each);
  }
  return [...found.values()];
}

function named(dialect: Dialect, value: unknown, issue: Issue): Misnamed[] {
  const path = pathOf(issue);
  if (issue.code === "unrecognized_keys") return unknown(dialect, value, path, issue.keys);
  const key = path.at(-1);
  if (typeof key !== "string") return [];
  const above = path.slice(0, -1);
  // Of a mapping that does not say which of several it is, nothing else is said.
  if (issue.code === "invalid_union" && issue.discriminator === key) {
    const others = Object.keys(Object(valueAt(value, above)));
    return unknown(dialect, value, above, others).filter(({ meant }) => meant === key);
  }
  if (issue.code !== "invalid_key") return [];
  const { meant } = dialect.badKey(key, false);
  return meant === undefined ? [] : [{ path: above, key, meant, issue }];
}

function unknown(dialect: Dialect, value: unknown, path: Path, keys: readonly string[]): Misnamed[] {
  const known = keysAt(dialect, path, valueAt(value, path));
  return keys.flatMap((key) => {
    const meant = known.includes(key) ? undefined : suggest(key, known);
    const issue: Issue = { code: "unrecognized_keys", keys: [key], path: [...path], message: "" };
    return meant === undefined ? [] : [{ path, key, meant, issue }];
  });
}

/** A path of the document with its keys as they were meant, as the file has it. */
export function written(renamed: readonly Misnamed[], path: Path): Path {
  const found = renamed.find(
    ({ path: above, meant }) => path.length > above.length && path[above.length] === meant && startsWith(path, above),
  );
  return found === undefined ? path : path.with(found.path.length, found.key);
}

/** A path of the file, as it is where its keys are called as they were meant. */
export function asMeant(renamed: readonly Misnamed[], path: Path): Path {
  const found = renamed.find(
    ({ path: above, key }) => path.length > above.length && path[above.length] === key && startsWith(path, above),
  );
  return found === undefined ? path : path.with(found.path.length, found.meant);
}

/** The document with its keys called as they were meant, and every place in it where the file has it. */
export function withMeant(yaml: Yaml, renamed: readonly Misnamed[]): Yaml {
  return {
    ...yaml,
    value: renamed.reduce((value, each) => rename(value, each.path, each), yaml.value),
    place: (path, which) => yaml.place(written(renamed, path), which),
    within: (path, offset, length) => yaml.within(written(renamed, path), offset, length),
    joined: (path) => yaml.joined(written(renamed, path)),
    fault: (path, message, hint, which) => yaml.fault(written(renamed, path), message, hint, which),
  };
}

function startsWith(path: Path, above: Path): boolean {
  return above.every((part, at) => part === path[at]);
}

/** A copy in which the key of one mapping has another name and its old place. */
function rename(value: unknown, [part, ...rest]: Path, { key, meant }: Pick<Misnamed, "key" | "meant">): unknown {
  if (Array.isArray(value))
    return value.map((item: unknown, at) => (at === part ? rename(item, rest, { key, meant }) : item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]): [string, unknown] => {
      if (part === undefined) return [name === key ? meant : name, inner];
      return [name, name === part ? rename(inner, rest, { key, meant }) : inner];
    }),
  );
}
