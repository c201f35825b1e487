import type { Node } from "web-tree-sitter";
import { parsePowershell, powershellFaults } from "../powershell-syntax.ts";
import { pipeline, quiet, valueOf } from "./pipeline.ts";
import { all, type Context, find, lookUp, named, newScope, set } from "./scope.ts";
import { type Block, Leave, list, PsError, text, truth } from "./values.ts";

/** A text as a script block; what does not parse is an error, as it is in PowerShell. */
export function blockOf(source: string, oldParser: boolean): Block {
  const [fault] = powershellFaults(source);
  if (fault !== undefined) throw new PsError(`At line:${fault}`, "ParseException");
  const node = parsePowershell(source);
  if (oldParser && all(node, "redirection").some(({ text: said }) => /[3-6]>&1/.test(said))) {
    throw new PsError("The redirection operator is not supported", "ParseException");
  }
  return { kind: "block", node };
}

/** Runs a script block in a scope of its own, or (`.`) in the one around it. */
export async function invoke(block: Node, args: readonly unknown[], context: Context, dotted = false): Promise<void> {
  const scope = dotted ? context.scope : newScope(context.scope);
  const inner = { ...context, scope };
  for (const [at, name] of parametersOf(block).entries()) scope.variables.set(name, args[at] ?? null);
  try {
    const body = block.type === "function_statement" ? named(block).find(({ type }) => type === "script_block") : block;
    if (body !== undefined) await execute(body, inner);
  } catch (error) {
    if (!(error instanceof Leave && error.how === "return")) throw error;
  }
}

function parametersOf(node: Node): string[] {
  const block = find(node, ["param_block", "function_parameter_declaration"]);
  return block === null
    ? []
    : all(block, "script_parameter").flatMap((each) => {
        const variable = find(each, ["variable"]);
        return variable === null ? [] : [variable.text.slice(1).toLowerCase()];
      });
}

/** Runs statements; errors learn the line that they were thrown in. */
export async function execute(node: Node, context: Context): Promise<void> {
  const run = STATEMENTS[node.type];
  if (context.thread.aborted) {
    context.thread.aborted = false;
    throw new Leave("exit", 255);
  }
  try {
    if (run !== undefined) return await run(node, context);
    if (node.type === "pipeline") return await pipeline(node, context);
    throw new Error(`the stand-in does not know the statement ${node.type}: ${node.text.slice(0, 60)}`);
  } catch (error) {
    if (error instanceof PsError && error.line === null) error.line = node.startPosition.row + 1;
    throw error;
  }
}

export async function children(node: Node, context: Context): Promise<void> {
  for (const child of named(node)) await execute(child, context);
}

const nothing = async (): Promise<void> => undefined;

export const STATEMENTS: Readonly<Record<string, (node: Node, context: Context) => Promise<void>>> = {
  program: children,
  script_block: children,
  script_block_body: children,
  statement_list: children,
  statement_block: children,
  param_block: nothing,
  function_parameter_declaration: nothing,
  empty_statement: nothing,
  comment: nothing,
  if_statement: async (node, context) => {
    const others = named(node).filter(({ type }) => type === "elseif_clauses");
    for (const branch of [node, ...others.flatMap(named)]) {
      const [condition, body] = named(branch);
      if (condition === undefined || body === undefined) continue;
      if (truth(await valueOf(condition, context))) return execute(body, context);
    }
    const otherwise = named(node).find(({ type }) => type === "else_clause");
    if (otherwise !== undefined) await children(otherwise, context);
  },
  foreach_statement: async (node, context) => {
    const [variable, source, body] = named(node).filter(({ type }) => type !== "foreach_parameter");
    if (variable === undefined || source === undefined || body === undefined) return;
    for (const each of list(await valueOf(source, context))) {
      set(context, variable.text, each);
      if (!(await round(body, context))) return;
    }
  },
  for_statement: async (node, context) => {
    const part = (name: string): Node | null => node.childForFieldName(name);
    const body = named(node).at(-1);
    const [start, condition, step] = [part("for_initializer"), part("for_condition"), part("for_iterator")];
    if (start !== null) await children(start, quiet(context));
    const goesOn = async (): Promise<boolean> => condition === null || truth(await valueOf(condition, context));
    while (await goesOn()) {
      if (body !== undefined && !(await round(body, context))) return;
      if (step !== null) await children(step, quiet(context));
    }
  },
  while_statement: async (node, context) => {
    const [condition, body] = named(node);
    if (condition === undefined || body === undefined) return;
    while (truth(await valueOf(condition, context))) if (!(await round(body, context))) return;
  },
  do_statement: async (node, context) => {
    const [body, condition] = named(node);
    if (condition === undefined || body === undefined) return;
    do if (!(await round(body, context))) return;
    while (truth(await valueOf(condition, context)));
  },
  try_statement: tryStatement,
  function_statement: async (node, { scope }) => {
    const name = named(node).find(({ type }) => type === "function_name");
    scope.functions.set(name?.text.toLowerCase() ?? "", node);
  },
  function_name: nothing,
  flow_control_statement: async (node, context) => {
    const [value] = named(node);
    const [word = ""] = node.text.split(/\s/, 1);
    const how = word.toLowerCase();
    if (how === "throw") throw new PsError(text(value === undefined ? "ScriptHalted" : await valueOf(value, context)));
    if (how === "exit") throw new Leave("exit", value === undefined ? 0 : Number(await valueOf(value, context)));
    if (how === "return" && value !== undefined) await execute(value, context);
    if (how === "return" || how === "break" || how === "continue") throw new Leave(how);
  },
};

let rounds = 0;

/** False: the loop is left. Lets what runs beside it have a turn. */
async function round(body: Node, context: Context): Promise<boolean> {
  if (++rounds % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  try {
    await execute(body, context);
    return true;
  } catch (error) {
    if (error instanceof Leave && error.how === "continue") return true;
    if (error instanceof Leave && error.how === "break") return false;
    throw error;
  }
}

async function tryStatement(node: Node, context: Context): Promise<void> {
  const parts = named(node);
  const finish = parts.find(({ type }) => type === "finally_clause");
  try {
    const [body] = parts;
    if (body !== undefined) await execute(body, context);
  } catch (error) {
    if (!(error instanceof PsError)) throw error;
    const clause = parts
      .filter(({ type }) => type === "catch_clauses")
      .flatMap(named)
      .find((each) => catches(each, error));
    const body = clause === undefined ? undefined : named(clause).at(-1);
    if (body === undefined) throw error;
    const before = lookUp(context.scope, "_");
    context.scope.variables.set("_", context.shell.types.errorRecord(error));
    await execute(body, context);
    context.scope.variables.set("_", before);
  } finally {
    if (finish !== undefined) await children(finish, context);
  }
}

function catches(clause: Node, error: PsError): boolean {
  const wanted = named(clause).find(({ type }) => type === "catch_type_list");
  return wanted === undefined || wanted.text.toLowerCase().includes(error.type.toLowerCase());
}
