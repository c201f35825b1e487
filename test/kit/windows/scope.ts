import type { Node } from "web-tree-sitter";
import type { Expressions } from "./expressions.ts";

/** Variables and functions of one scope; names have no case. */
export type Scope = {
  readonly variables: Map<string, unknown>;
  readonly functions: Map<string, Node>;
  readonly outer: Scope | null;
  strict: boolean;
};

export type Emit = (value: unknown) => Promise<void>;

/** Where a piece of a script runs: its variables, who gets what it prints, and where warnings go. */
export type Context = {
  readonly scope: Scope;
  readonly emit: Emit;
  readonly warn: (kind: "WarningRecord" | "InformationRecord", message: string) => Promise<void>;
  readonly shell: Shell;
  /** The thread that it runs on: one that is aborted stops at its next statement, and its `finally` blocks run. */
  readonly thread: { aborted: boolean };
};

/** What the language does not do by itself. */
export type Shell = {
  command(name: string, args: Arguments, input: readonly unknown[] | null, context: Context): Promise<void>;
  variable(name: string): unknown;
  /** Whether it is one of the shell's own. */
  setVariable(name: string, value: unknown): boolean;
  readonly types: Expressions;
  readonly oldParser: boolean;
};

export type Arguments = { readonly named: ReadonlyMap<string, unknown>; readonly positional: readonly unknown[] };

export function newScope(outer: Scope | null): Scope {
  return { variables: new Map(), functions: new Map(), outer, strict: outer?.strict ?? false };
}

export function named(node: Node): Node[] {
  return node.namedChildren.flatMap((child) => (child === null || child.type === "comment" ? [] : [child]));
}

export function find(node: Node, types: readonly string[]): Node | null {
  if (types.includes(node.type)) return node;
  for (const child of named(node)) {
    if (["script_block_expression", "statement_list", "statement_block"].includes(child.type)) continue;
    const found = find(child, types);
    if (found !== null) return found;
  }
  return null;
}

export function all(node: Node, type: string): Node[] {
  return node.type === type ? [node] : named(node).flatMap((child) => all(child, type));
}

export function set(context: Context, name: string, value: unknown): void {
  const plain = name.slice(1).toLowerCase();
  if (!/^(?:global|script):/.test(plain)) return void context.scope.variables.set(plain, value);
  let { scope } = context;
  while (scope.outer !== null) scope = scope.outer;
  const bare = plain.replace(/^\w+:/, "");
  if (!context.shell.setVariable(bare, value)) scope.variables.set(bare, value);
}

export function lookUp(scope: Scope, name: string): unknown {
  for (let at: Scope | null = scope; at !== null; at = at.outer)
    if (at.variables.has(name)) return at.variables.get(name);
  return undefined;
}

export function functionNamed(scope: Scope, name: string): Node | undefined {
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    const found = at.functions.get(name.toLowerCase());
    if (found !== undefined) return found;
  }
  return undefined;
}
