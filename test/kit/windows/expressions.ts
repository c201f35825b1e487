import type { Node } from "web-tree-sitter";
import { execute } from "./interpreter.ts";
import { valueOf } from "./pipeline.ts";
import { type Context, lookUp, named, set } from "./scope.ts";
import {
  compare,
  isHash,
  isThing,
  isType,
  list,
  number,
  PsError,
  text,
  type Thing,
  truth,
  wildcard,
} from "./values.ts";

/** What values can do that depends on the host played. */
export type Expressions = {
  member(owner: unknown, name: string, strict: boolean): unknown;
  setMember(owner: unknown, name: unknown, value: unknown): void;
  call(owner: unknown, name: string, args: readonly unknown[]): unknown;
  cast(type: string, value: unknown): unknown;
  isA(value: unknown, type: string): boolean;
  add(left: unknown, right: unknown): unknown;
  errorRecord(error: PsError): Thing;
  warnInto(emit: (value: unknown) => Promise<void>): Context["warn"];
};

/** The value of an expression. Undefined: it has none, as a cast to void. */
export async function evaluate(node: Node, context: Context): Promise<unknown> {
  const how = EXPRESSIONS[node.type.replace("_argument_expression", "_expression")];
  const parts = named(node);
  const [only] = parts;
  if (how !== undefined && !(isChain(node) && parts.length === 1 && node.children.length === 1))
    return how(node, parts, context);
  if (only !== undefined && parts.length === 1) return evaluate(only, context);
  throw new Error(`the stand-in does not know the expression ${node.type}: ${node.text.slice(0, 60)}`);
}

const CHAINS =
  /^(?:logical|bitwise|comparison|additive|multiplicative|format|range|array_literal|unary)_(?:argument_)?expression$/;
const isChain = (node: Node): boolean => CHAINS.test(node.type) || node.type === "expression_with_unary_operator";

type How = (node: Node, parts: readonly Node[], context: Context) => Promise<unknown>;

const EXPRESSIONS: Readonly<Record<string, How>> = {
  logical_expression: async (node, [left, right], context) => {
    const yes = truth(await of(left, context));
    const operator = operatorOf(node);
    if (operator === "-and") return yes && truth(await of(right, context));
    if (operator === "-or") return yes || truth(await of(right, context));
    throw new Error(`the stand-in does not know ${operator}`);
  },
  comparison_expression: async (_, [left, operator, right], context) => {
    const word = operator?.text.toLowerCase() ?? "";
    const type = right === undefined ? undefined : await of(right, context);
    return comparison(word, await of(left, context), type, context);
  },
  additive_expression: async (node, [left, right], context) => {
    const [a, b] = [await of(left, context), await of(right, context)];
    return operatorOf(node) === "+" ? context.shell.types.add(a, b) : number(a) - number(b);
  },
  multiplicative_expression: async (node, [left, right], context) => {
    const [a, b] = [await of(left, context), await of(right, context)];
    const operator = operatorOf(node);
    if (operator === "*") return typeof a === "string" ? a.repeat(number(b)) : number(a) * number(b);
    return operator === "/" ? number(a) / number(b) : number(a) % number(b);
  },
  range_expression: async (_, [left, right], context) => {
    const [from, to] = [number(await of(left, context)), number(await of(right, context))];
    const step = from <= to ? 1 : -1;
    return Array.from({ length: Math.abs(to - from) + 1 }, (__, at) => from + at * step);
  },
  array_literal_expression: async (_, parts, context) => {
    const values: unknown[] = [];
    for (const part of parts) if (part.type !== "command_argument_sep") values.push(await evaluate(part, context));
    return values.length === 1 ? values[0] : values;
  },
  expression_with_unary_operator: async (node, parts, context) => {
    const operator = operatorOf(node);
    const value = await of(parts.at(-1), context);
    if (operator === "-not" || operator === "!") return !truth(value);
    if (operator === "-join") return list(value).map(text).join("");
    if (operator === "-") return -number(value);
    if (operator === ",") return [value];
    throw new Error(`the stand-in does not know ${operator}`);
  },
  cast_expression: async (_, [type, value], context) => {
    const name = type?.text.slice(1, -1).toLowerCase() ?? "";
    const cast = await of(value, context);
    return name === "void" ? undefined : context.shell.types.cast(name, cast);
  },
  variable: async (node, _, context) => variable(node.text, context),
  post_increment_expression: async (node, [target], context) => {
    const before = number(await of(target, context));
    if (target !== undefined) set(context, target.text, operatorOf(node) === "--" ? before - 1 : before + 1);
    return undefined;
  },
  decimal_integer_literal: async (node) => Number(node.text),
  hexadecimal_integer_literal: async (node) => Number(node.text),
  real_literal: async (node) => Number(node.text),
  verbatim_string_characters: async (node) =>
    node.text.slice(1, -1).replaceAll(/['\u2018-\u201B](['\u2018-\u201B])/g, "$1"),
  verbatim_here_string_characters: async (node) => node.text.replace(/^@'\r?\n/, "").replace(/\r?\n'@$/, ""),
  expandable_string_literal: (node, parts, context) => expanded(node, parts, context, node.text.length - 1),
  array_expression: async (node, _, context) => [...(await collected(node, context))],
  sub_expression: async (node, _, context) => {
    const values = await collected(node, context);
    return values.length === 1 ? values[0] : values.length === 0 ? null : values;
  },
  parenthesized_expression: async (_, [inner], context) => (inner === undefined ? null : valueOf(inner, context)),
  pipeline: (node, _, context) => valueOf(node, context),
  hash_literal_expression: async (node, _, context) => {
    const entries = new Map<string, readonly [unknown, unknown]>();
    const body = named(node).find(({ type }) => type === "hash_literal_body");
    for (const entry of body === undefined ? [] : named(body)) {
      const [key, value] = named(entry);
      if (key === undefined || value === undefined) continue;
      const name = /^['"]/.test(key.text) ? await evaluate(key, context) : key.text;
      entries.set(text(name).toLowerCase(), [name, await valueOf(value, context)]);
    }
    return { kind: "hash", entries };
  },
  script_block_expression: async (_, [block]) => ({ kind: "block", node: block }),
  type_literal: async (node) => ({ kind: "type", name: node.text.slice(1, -1).toLowerCase() }),
  member_access: async (_, [owner, name], context) =>
    context.shell.types.member(await of(owner, context), name?.text ?? "", context.scope.strict),
  element_access: async (_, [owner, key], context) => element(await of(owner, context), await of(key, context)),
  invokation_expression: async (_, [owner, name, args], context) => {
    const given: unknown[] = [];
    const written = args === undefined ? undefined : named(args)[0];
    for (const each of written === undefined ? [] : named(written)) given.push(await evaluate(each, context));
    return context.shell.types.call(await of(owner, context), name?.text ?? "", given);
  },
};

function of(node: Node | undefined, context: Context): Promise<unknown> {
  return node === undefined ? Promise.resolve(null) : evaluate(node, context);
}

function operatorOf(node: Node): string {
  const token = node.children.find((child) => child !== null && !child.isNamed);
  return token?.text.toLowerCase() ?? "";
}

async function collected(node: Node, context: Context): Promise<unknown[]> {
  const values: unknown[] = [];
  const inner = { ...context, emit: async (value: unknown) => void values.push(value) };
  for (const child of named(node)) await execute(child, inner);
  return values;
}

function variable(written: string, context: Context): unknown {
  const name = written.slice(1).replaceAll(/[{}]/g, "").toLowerCase();
  const bare = name.replace(/^(?:global|script|local):/, "");
  const own = lookUp(context.scope, bare);
  const value = own === undefined ? context.shell.variable(bare) : own;
  if (value === undefined && context.scope.strict) {
    throw new PsError(
      `The variable '$${bare}' cannot be retrieved because it has not been set.`,
      "VariableIsUndefined",
    );
  }
  return value ?? null;
}

async function comparison(word: string, left: unknown, right: unknown, context: Context): Promise<unknown> {
  const exact = /^-c[a-z]/.test(word) && word !== "-contains";
  const plain = exact ? `-${word.slice(2)}` : word;
  const scalar = (test: (one: unknown) => boolean): unknown => (Array.isArray(left) ? left.filter(test) : test(left));
  const flags = exact ? "" : "i";
  switch (plain) {
    case "-eq":
      return scalar((one) => compare(one, right, exact) === 0);
    case "-ne":
      return scalar((one) => compare(one, right, exact) !== 0);
    case "-lt":
      return scalar((one) => compare(one, right, exact) < 0);
    case "-le":
      return scalar((one) => compare(one, right, exact) <= 0);
    case "-gt":
      return scalar((one) => compare(one, right, exact) > 0);
    case "-ge":
      return scalar((one) => compare(one, right, exact) >= 0);
    case "-like":
      return scalar((one) => wildcard(text(right)).test(text(one)));
    case "-notlike":
      return scalar((one) => !wildcard(text(right)).test(text(one)));
    case "-match":
      return scalar((one) => new RegExp(text(right), flags).test(text(one)));
    case "-notmatch":
      return scalar((one) => !new RegExp(text(right), flags).test(text(one)));
    case "-contains":
      return list(left).some((one) => compare(one, right, exact) === 0);
    case "-notcontains":
      return !list(left).some((one) => compare(one, right, exact) === 0);
    case "-replace": {
      const [pattern, by = ""] = list(right);
      return text(left).replaceAll(new RegExp(text(pattern), `g${flags}`), text(by));
    }
    case "-split":
      return text(left).split(new RegExp(text(right), flags));
    case "-join":
      return list(left).map(text).join(text(right));
    case "-f":
      return text(left).replaceAll(/\{(\d+)\}/g, (_, at: string) => text(list(right)[Number(at)]));
    case "-is":
      return isType(right) && context.shell.types.isA(left, right.name);
  }
  throw new Error(`the stand-in does not know ${word}`);
}

function element(owner: unknown, key: unknown): unknown {
  if (isHash(owner)) return owner.entries.get(text(key).toLowerCase())?.[1] ?? null;
  if (isThing(owner)) return owner.members.get(text(key).toLowerCase()) ?? null;
  const all = typeof owner === "string" ? Array.from(owner) : list(owner);
  const at = (index: unknown): unknown => all.at(number(index)) ?? null;
  return Array.isArray(key) ? key.map(at) : at(key);
}

/** The text of a string in double quotes: what stands between its variables, with its escapes, and their values. */
async function expanded(node: Node, parts: readonly Node[], context: Context, end: number): Promise<string> {
  let told = "";
  let from = 1;
  for (const part of parts) {
    const at = part.startIndex - node.startIndex;
    told += unescaped(node.text.slice(from, at)) + text(await evaluate(part, context));
    from = at + part.text.length;
  }
  return told + unescaped(node.text.slice(from, end));
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "0": "\0", a: "\u0007" };

function unescaped(raw: string): string {
  return raw.replaceAll(/`([^])|""/g, (all, char: string | undefined) =>
    char === undefined ? (all[0] ?? "") : (ESCAPES[char] ?? char),
  );
}
