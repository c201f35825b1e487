import type * as z from "zod";
import type { Fault } from "../../model/fault.ts";
import type { Dialect } from "./dialect.ts";
import { homesOf, keysAt } from "./keys.ts";
import { didYouMean, suggest } from "../suggest.ts";
import type { Path } from "../yaml/path.ts";
import type { Yaml } from "../yaml/yaml.ts";

type Issue = z.core.$ZodIssue;

const WORDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a mapping",
  record: "a mapping",
  array: "a list",
};

/** What the schema does not allow, as faults that say what was expected and what was found. */
export function schemaFaults(dialect: Dialect, yaml: Yaml, issues: readonly Issue[]): Fault[] {
  const misspelt = new Set(issues.flatMap((issue) => meantKeys(dialect, yaml, issue)));
  // zod measures an empty list that should have been a text as well.
  const mistyped = new Set(
    issues.filter(({ code }) => code === "invalid_type").map((issue) => pathOf(issue).join("\0")),
  );
  return issues
    .filter((issue) => issue.code !== "too_small" || !mistyped.has(pathOf(issue).join("\0")))
    .filter((issue) => !misspelt.has(pathOf(issue).join("\0")) || valueAt(yaml.value, pathOf(issue)) !== undefined)
    .flatMap((issue) =>
      faultsOf(dialect, yaml, issue).map((fault) => dialect.discreet?.(fault, pathOf(issue)) ?? fault),
    );
}

/** The value at the end of a path, undefined where there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, part) =>
      typeof at === "object" && at !== null && Object.hasOwn(at, part)
        ? (at as Record<string, unknown>)[part]
        : undefined,
    value,
  );
}

/** The place of an issue as keys and indices. */
export function pathOf(issue: Issue): (string | number)[] {
  return issue.path.map((part) => (typeof part === "number" ? part : String(part)));
}

/** Keys that an unknown key stands for: that they are missing need not be said as well. */
function meantKeys(dialect: Dialect, yaml: Yaml, issue: Issue): string[] {
  if (issue.code !== "unrecognized_keys") return [];
  const path = pathOf(issue);
  const known = keysAt(dialect, path, valueAt(yaml.value, path));
  return issue.keys.flatMap((key) => suggest(key, known) ?? []).map((key) => [...path, key].join("\0"));
}

function faultsOf(dialect: Dialect, yaml: Yaml, issue: Issue): Fault[] {
  const path = pathOf(issue);
  const value = valueAt(yaml.value, path);
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(dialect, path, value);
    return issue.keys.map((key) => unknownKey(dialect, yaml, path, known, key));
  }
  if (issue.code === "invalid_key") return [badName(dialect, yaml, path, issue)];
  if (value === undefined) return [missing(dialect, yaml, path, issue)];
  const inner = innerIssues(issue, value);
  if (inner.length > 0)
    return inner.flatMap((each) => faultsOf(dialect, yaml, { ...each, path: [...issue.path, ...each.path] }));
  const expected = expectation(issue, value);
  return [
    yaml.fault(
      path,
      `${subject(dialect, path)}: expected ${expected}, found ${shown(value)}`,
      hintFor(dialect, issue, value, path),
    ),
  ];
}

/** What is wrong inside a mapping that may also be given in a short form. */
function innerIssues(issue: Issue, value: unknown): Issue[] {
  if (issue.code !== "invalid_union" || typeof value !== "object") return [];
  return issue.errors.find((errors) => errors.some((error) => error.path.length > 0)) ?? [];
}

function unknownKey(dialect: Dialect, yaml: Yaml, path: Path, known: readonly string[], key: string): Fault {
  // What it is in already is no better place.
  const homes = homesOf(dialect, key).filter((home) => !path.some((part) => home === `\`${part}\``));
  const moved = homes.length > 0 ? `it belongs in ${homes.join(" or ")}` : `expected one of ${known.join(", ")}`;
  const message = `unknown key \`${key}\` in ${within(dialect, path)}`;
  const [, name = "", text = ""] = /^(\w+):(.+)$/.exec(key) ?? [];
  if (known.includes(name))
    return yaml.fault([...path, key], message, `write \`${name}: ${text}\`, with a blank`, "key");
  return yaml.fault([...path, key], message, didYouMean(key, known) ?? moved, "key");
}

function badName(dialect: Dialect, yaml: Yaml, path: Path, issue: Extract<Issue, { code: "invalid_key" }>): Fault {
  const { message, hint } = dialect.badKey(String(path.at(-1)), issue.issues[0]?.code === "too_big");
  return yaml.fault(path, message, hint, "key");
}

function missing(dialect: Dialect, yaml: Yaml, path: Path, issue: Issue): Fault {
  const parent = path.slice(0, -1);
  const message = `\`${path.at(-1)}\` is missing in ${within(dialect, parent)}`;
  return yaml.fault(parent, message, `expected ${expectation(issue, undefined)}`, "key");
}

/** What would have been right, to stand after "expected". */
function expectation(issue: Issue, value: unknown): string {
  if (issue.message.startsWith("expected ")) return issue.message.slice("expected ".length);
  switch (issue.code) {
    case "invalid_type":
      return WORDS[issue.expected] ?? issue.expected;
    case "invalid_value":
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(", ")}`;
    case "invalid_union":
      return unionExpectation(issue, value);
    case "too_small":
    case "too_big":
      return sizeExpectation(issue);
    case "unrecognized_keys":
    case "invalid_key":
    case "invalid_element":
    case "invalid_format":
    case "not_multiple_of":
    case "custom":
      return issue.message;
  }
}

function unionExpectation(issue: Extract<Issue, { code: "invalid_union" }>, value: unknown): string {
  if ("options" in issue && Array.isArray(issue.options)) return `one of ${issue.options.map(String).join(", ")}`;
  // A branch that wants another kind of value says nothing to somebody who chose this kind.
  const branches = issue.errors.map((errors) => errors[0]).filter((error) => error !== undefined);
  const near = branches.filter((error) => error.code !== "invalid_type" && typeof value === "string");
  return (near.length > 0 ? near : branches).map((error) => expectation(error, value)).join(" or ");
}

function sizeExpectation(issue: Extract<Issue, { code: "too_small" | "too_big" }>): string {
  const least = issue.code === "too_small";
  const bound = Number(least ? issue.minimum : issue.maximum) + (issue.inclusive === false ? (least ? 1 : -1) : 0);
  if (issue.origin === "string" && least) return "a text that is not empty";
  const unit = issue.origin === "string" ? " characters" : issue.origin === "array" ? " items" : "";
  return `${least ? "at least" : "at most"} ${bound}${unit}`.replace("1 items", "1 item");
}

function hintFor(dialect: Dialect, issue: Issue, value: unknown, path: Path): string | undefined {
  const values: unknown[] = issue.code === "invalid_value" ? issue.values : choices(issue);
  if (typeof value === "string" && values.length > 1) return didYouMean(value, values.map(String));
  const advice = dialect.advise(issue, path, value);
  if (advice !== undefined) return advice;
  if (issue.message.startsWith("expected a duration such")) return durationHint(value);
  if (issue.code !== "invalid_type") return undefined;
  return typeHint(issue.expected, value, path);
}

/** A number without a unit, or a unit that is written out or set apart: `10 seconds`. */
function durationHint(value: unknown): string | undefined {
  if (typeof value === "number") return `write ${value}s for seconds`;
  const [, number, unit = ""] = typeof value === "string" ? (/^(\d+)\s*([a-z]+)$/i.exec(value.trim()) ?? []) : [];
  const short = UNITS.find(([, words]) => words.test(unit))?.[0];
  return number === undefined || short === undefined ? undefined : `write ${number}${short}`;
}

const UNITS = [
  ["ms", /^(ms|msecs?|milliseconds?)$/i],
  ["s", /^s(ecs?|econds?)?$/i],
  ["m", /^m(ins?|inutes?)?$/i],
  ["h", /^h(rs?|ours?)?$/i],
  ["d", /^d(ays?)?$/i],
  ["w", /^w(eeks?)?$/i],
] as const;

/** How the same is written as the type that is expected. */
function typeHint(expected: string, value: unknown, path: Path): string | undefined {
  const text = JSON.stringify(value);
  if (expected === "array") return `write \`${path.at(-1)}: [${text}]\``;
  if (expected !== "string" || value === null) return undefined;
  if (typeof value === "object") return "put a text that begins with [ or { in quotes";
  return `write it in quotes: "${text}"`;
}

function choices(issue: Issue): unknown[] {
  if (issue.code !== "invalid_union") return [];
  if ("options" in issue && Array.isArray(issue.options)) return issue.options;
  return issue.errors
    .flat()
    .flatMap((error) => (error.code === "invalid_value" && error.path.length === 0 ? error.values : []));
}

/** `the number 5`, `nothing`, `a list`, `"text"`. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value !== "string") return JSON.stringify(value);
  const [first = ""] = value.split("\n");
  return value === ""
    ? "an empty text"
    : `"${first.length > 40 || first !== value ? `${first.slice(0, 40)}…` : first}"`;
}

function subject({ whole, items }: Dialect, path: Path): string {
  const name = path.at(-1);
  if (name === undefined) return whole;
  if (typeof name === "string") return `\`${name}\``;
  const item = items[String(path.at(-2))];
  return item === undefined ? `item ${name + 1} of \`${path.at(-2)}\`` : `a ${item}`;
}

/** Like `subject`, for what holds something: `steps` 1 is the second step. */
function within(dialect: Dialect, path: Path): string {
  const name = path.at(-1);
  const item = dialect.items[String(path.at(-2))];
  return typeof name === "number" && item !== undefined ? `${item} ${name + 1}` : subject(dialect, path);
}
