import type { Node } from "web-tree-sitter";
import { evaluate } from "./expressions.ts";
import { children, execute, invoke, STATEMENTS } from "./interpreter.ts";
import { type Arguments, type Context, type Emit, functionNamed, named, set } from "./scope.ts";
import { isBlock, text } from "./values.ts";

const SWITCHES = new Set([
  "-force",
  "-recurse",
  "-passthru",
  "-compress",
  "-literal",
  "-wait",
  "-nonewline",
  "-asarray",
]);

export function quiet(context: Context): Context {
  return { ...context, emit: async () => undefined };
}

/** What a pipeline or an expression comes to: nothing, one value, or an array. */
export async function valueOf(node: Node, context: Context): Promise<unknown> {
  const single = node.type === "pipeline" ? named(node)[0] : undefined;
  const expression = single?.type === "pipeline_chain" && named(single).length === 1 ? named(single)[0] : undefined;
  if (expression !== undefined && expression.type !== "command") return evaluate(expression, context);
  const values: unknown[] = [];
  const collecting = { ...context, emit: async (value: unknown) => void values.push(value) };
  if (node.type === "pipeline") await execute(node, collecting);
  else if (STATEMENTS[node.type] !== undefined) await execute(node, collecting);
  else if (/^(?:while_condition|for_condition)$/.test(node.type)) await children(node, collecting);
  else return evaluate(node, context);
  return values.length === 0 ? null : values.length === 1 ? values[0] : values;
}

async function emitAll(value: unknown, { emit }: Context): Promise<void> {
  if (value === undefined) return;
  if (Array.isArray(value)) for (const each of value) await emit(each);
  else await emit(value);
}

export async function pipeline(node: Node, context: Context): Promise<void> {
  const [first] = named(node);
  if (first === undefined) return;
  if (first.type === "assignment_expression") return assignment(first, context);
  const stages = named(first);
  const [head, ...rest] = stages;
  if (head === undefined) return;
  await stage(head, null, rest, context);
}

async function stage(
  node: Node,
  input: readonly unknown[] | null,
  rest: readonly Node[],
  context: Context,
): Promise<void> {
  const [next, ...others] = rest;
  const gathered: unknown[] = [];
  const streams = next !== undefined && /^(?:foreach-object|where-object)\b/i.test(next.text);
  const emit: Emit =
    next === undefined
      ? context.emit
      : async (value) => (streams ? stage(next, [value], others, context) : void gathered.push(value));
  const inner = { ...context, emit };
  if (node.type === "command") await command(node, input, inner);
  else await emitAll(await evaluate(node, inner), inner);
  if (next !== undefined && !streams) await stage(next, gathered, others, context);
}

async function assignment(node: Node, context: Context): Promise<void> {
  const [target, operator, source] = named(node);
  if (target === undefined || operator === undefined || source === undefined) return;
  let value = await valueOf(source, context);
  if (operator.text === "+=") value = await context.shell.types.add(await evaluate(target, context), value);
  await assign(target, value, context);
}

async function assign(target: Node, value: unknown, context: Context): Promise<void> {
  const only = named(target);
  if (target.type === "variable") return set(context, target.text, value);
  if (target.type === "member_access" || target.type === "element_access") {
    const [owner, key] = only;
    if (owner === undefined || key === undefined) return;
    const name = target.type === "member_access" ? key.text : await valueOf(key, context);
    return context.shell.types.setMember(await evaluate(owner, context), name, value);
  }
  const [inner] = only;
  if (inner !== undefined) await assign(inner, value, context);
}

async function command(node: Node, input: readonly unknown[] | null, context: Context): Promise<void> {
  const parts = named(node);
  const operator = parts.find(({ type }) => type === "command_invokation_operator")?.text;
  const name = parts.find(({ type }) => type === "command_name" || type === "command_name_expr");
  if (name === undefined) return;
  const elements = parts.filter(({ type }) => type === "command_elements").flatMap(named);
  const merged = elements.some(({ type, text: said }) => type === "redirection" && /[3-6]>&1/.test(said));
  const inner = merged ? { ...context, warn: context.shell.types.warnInto(context.emit) } : context;
  const args = await argumentsOf(elements, inner);
  const target = name.type === "command_name" ? name.text : await evaluate(name, inner);
  if (isBlock(target)) return invoke(target.node, args.positional, inner, operator === ".");
  const called = text(target);
  const own = functionNamed(context.scope, called);
  if (own !== undefined) return invoke(own, args.positional, inner);
  await context.shell.command(called, args, input, inner);
}

async function argumentsOf(elements: readonly Node[], context: Context): Promise<Arguments> {
  const given: [string, unknown][] = [];
  const positional: unknown[] = [];
  let waiting: string | null = null;
  for (const element of elements) {
    if (["command_argument_sep", "redirection"].includes(element.type)) continue;
    if (element.type === "command_parameter") {
      if (waiting !== null) given.push([waiting, true]);
      const parameter = element.text.toLowerCase();
      waiting = SWITCHES.has(parameter) ? null : parameter;
      if (waiting === null) given.push([parameter, true]);
      continue;
    }
    const value = element.type === "generic_token" ? element.text : await evaluate(element, context);
    if (waiting === null) positional.push(value);
    else given.push([waiting, value]);
    waiting = null;
  }
  if (waiting !== null) given.push([waiting, true]);
  return { named: new Map(given), positional };
}
