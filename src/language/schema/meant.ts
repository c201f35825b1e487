import * as z from "zod";
import { suggest } from "../suggest.ts";
import type { Path } from "../yaml/path.ts";
import type { Yaml } from "../yaml/yaml.ts";
import type { Dialect } from "./dialect.ts";
import { keysAt, schemasAt } from "./keys.ts";
import { pathOf, valueAt } from "./schema-faults.ts";

type Issue = z.core.$ZodIssue;

/** A key of the mapping at `path`, and what it was meant to be called. */
export type Misnamed = { readonly path: Path; readonly key: string; readonly meant: string; readonly issue: Issue };

/**
 * The keys whose names the issues refuse and that stand for one which is not there: their values are worth reading as that one's, if they are of
 * its kind.
 */
export function misnamedIn(dialect: Dialect, value: unknown, issues: readonly Issue[]): readonly Misnamed[] {
  const found = new Map<string, Misnamed>();
  for (const each of issues.flatMap((issue) => refusedBy(dialect, value, issue))) {
    const { path, key, meant } = each;
    const there = valueAt(value, path);
    const free = typeof there === "object" && there !== null && !Object.hasOwn(there, meant);
    const name = JSON.stringify([...path, meant]);
    const inner = valueAt(there, [key]);
    // A name that is only written badly leaves no doubt what it is.
    const sure = each.issue.code === "invalid_key" && inner !== null;
    if (free && !found.has(name) && (sure || isOfKind(dialect, [...path, meant], inner))) found.set(name, each);
  }
  return [...found.values()];
}

/** Whether a value could stand at a path at all, whatever is wrong inside it. */
function isOfKind(dialect: Dialect, path: Path, value: unknown): boolean {
  const depth = Array.isArray(value) ? 1 : 0;
  return schemasAt(dialect, path).some((schema) => {
    const issues = z.safeParse(schema, value).error?.issues ?? [];
    return !issues.some((issue) => issue.code === "invalid_type" && issue.path.length <= depth);
  });
}

function refusedBy(dialect: Dialect, value: unknown, issue: Issue): Misnamed[] {
  const path = pathOf(issue);
  if (issue.code === "unrecognized_keys") return unknownAmong(dialect, value, path, issue.keys);
  const key = path.at(-1);
  if (typeof key !== "string") return [];
  const above = path.slice(0, -1);
  // Of a mapping that does not say which of several it is, nothing else is said.
  if (issue.code === "invalid_union" && issue.discriminator === key) {
    const others = Object.keys(Object(valueAt(value, above)));
    return unknownAmong(dialect, value, above, others).filter(({ meant }) => meant === key);
  }
  if (issue.code !== "invalid_key") return [];
  const { meant } = dialect.badKey(key, false);
  return meant === undefined ? [] : [{ path: above, key, meant, issue }];
}

function unknownAmong(dialect: Dialect, value: unknown, path: Path, keys: readonly string[]): Misnamed[] {
  return keys.flatMap((key) => {
    const meant = meantBy(dialect, value, path, key);
    const issue: Issue = { code: "unrecognized_keys", keys: [key], path: [...path], message: "" };
    return meant === undefined ? [] : [{ path, key, meant, issue }];
  });
}

/** The key that one of a mapping was most likely meant to be; undefined where it is known, or like none that is. */
export function meantBy(dialect: Dialect, value: unknown, path: Path, key: string): string | undefined {
  const known = keysAt(dialect, path, valueAt(value, path));
  return known.includes(key) ? undefined : suggest(key, known);
}

/** The keys that are called otherwise: by their paths, and by those that they have once they are called as they were meant. */
export type Names = { readonly file: ReadonlyMap<string, Misnamed>; readonly meant: ReadonlyMap<string, Misnamed> };

export function namesOf(renamed: readonly Misnamed[]): Names {
  const by = (part: "key" | "meant"): ReadonlyMap<string, Misnamed> =>
    new Map(renamed.map((each) => [JSON.stringify([...each.path, each[part]]), each]));
  return { file: by("key"), meant: by("meant") };
}

/** A path of the document with its keys as they were meant, as the file has it. */
function written({ meant }: Names, path: Path): Path {
  return replaced(path, meant, "key");
}

/** A path of the file, as it is where its keys are called as they were meant. */
export function asMeant({ file }: Names, path: Path): Path {
  return replaced(path, file, "meant");
}

function replaced(path: Path, names: ReadonlyMap<string, Misnamed>, by: "key" | "meant"): Path {
  for (const [at] of path.entries()) {
    const found = names.get(JSON.stringify(path.slice(0, at + 1)));
    if (found !== undefined) return path.with(at, found[by]);
  }
  return path;
}

/** The document with its keys called as they were meant, and every place in it where the file has it. */
export function withMeant(yaml: Yaml, names: Names): Yaml {
  return {
    ...yaml,
    value: renamed(yaml.value, names, []),
    place: (path, which) => yaml.place(written(names, path), which),
    within: (path, offset, length) => yaml.within(written(names, path), offset, length),
    joined: (path) => yaml.joined(written(names, path)),
    fault: (path, message, hint, which) => yaml.fault(written(names, path), message, hint, which),
  };
}

/** A copy in which keys have other names and their old places. */
function renamed(value: unknown, names: Names, path: Path): unknown {
  if (Array.isArray(value)) return value.map((item: unknown, at) => renamed(item, names, [...path, at]));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]): [string, unknown] => {
      const own = [...path, name];
      return [names.file.get(JSON.stringify(own))?.meant ?? name, renamed(inner, names, own)];
    }),
  );
}
