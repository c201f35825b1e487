import type { Node } from "web-tree-sitter";

/** A terminating error of the stand-in, as PowerShell has them. */
export class PsError extends Error {
  readonly type: string;
  /** Line in the script where it was thrown; null: not known yet. */
  line: number | null;
  constructor(message: string, type = "RuntimeException", line: number | null = null) {
    super(message);
    this.type = type;
    this.line = line;
  }
}

/** What leaves a script without being an error. */
export class Leave extends Error {
  readonly how: "exit" | "return" | "break" | "continue";
  readonly code: number;
  constructor(how: Leave["how"], code = 0) {
    super(how);
    this.how = how;
    this.code = code;
  }
}

/** A script block: the tree of one, to be run later. */
export type Block = { readonly kind: "block"; readonly node: Node };
export type TypeRef = { readonly kind: "type"; readonly name: string };
/** An object with members, whose names have no case; `type` is what `GetType().Name` says. */
export type Thing = {
  readonly kind: "thing";
  readonly type: string;
  readonly members: Map<string, unknown>;
  readonly methods: Map<string, (...args: readonly unknown[]) => unknown>;
  /** What else happens when a member is set. */
  readonly setters?: ReadonlyMap<string, (value: unknown) => void>;
};
export type Hash = { readonly kind: "hash"; readonly entries: Map<string, readonly [key: unknown, value: unknown]> };

export function thing(
  type: string,
  members: Readonly<Record<string, unknown>> = {},
  methods: Readonly<Record<string, (...args: readonly unknown[]) => unknown>> = {},
): Thing {
  return { kind: "thing", type, members: withoutCase(members), methods: withoutCase(methods) };
}

function withoutCase<T>(all: Readonly<Record<string, T>>): Map<string, T> {
  return new Map(Object.entries(all).map(([name, value]) => [name.toLowerCase(), value]));
}

function isKind<K extends string>(value: unknown, kind: K): value is { kind: K } {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === kind;
}
export const isBlock = (value: unknown): value is Block => isKind(value, "block");
export const isType = (value: unknown): value is TypeRef => isKind(value, "type");
export const isThing = (value: unknown): value is Thing => isKind(value, "thing");
export const isHash = (value: unknown): value is Hash => isKind(value, "hash");

export function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}

export function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return value.map(text).join(" ");
  if (value instanceof Date) return value.toISOString();
  if (isThing(value)) {
    const own = value.members.get("message");
    return own === undefined ? value.type : text(own);
  }
  if (typeof value === "object") return isHash(value) ? "System.Collections.Hashtable" : "System.Object";
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function number(value: unknown): number {
  if (value === null || value === undefined || value === "") return 0;
  if (value instanceof Date) return value.getTime();
  const found = typeof value === "boolean" ? Number(value) : Number(text(value).trim());
  if (Number.isNaN(found)) throw new PsError(`Cannot convert value "${text(value)}" to type "System.Int32".`);
  return found;
}

export function truth(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 1 ? truth(value[0]) : value.length > 1;
  return value !== null && value !== undefined && value !== false && value !== 0 && value !== "";
}

/** Compares as PowerShell does: by the type of what stands left. */
export function compare(left: unknown, right: unknown, exact = false): number {
  if (left === null || left === undefined || right === null || right === undefined) {
    return (left ?? null) === (right ?? null) ? 0 : left === null || left === undefined ? -1 : 1;
  }
  if (typeof left === "number" || left instanceof Date) return number(left) - number(right);
  if (typeof left === "boolean") return Number(left) - Number(truth(right));
  const [a, b] = exact ? [text(left), text(right)] : [text(left).toLowerCase(), text(right).toLowerCase()];
  return a === b ? 0 : a < b ? -1 : 1;
}

/** What `-like` takes. */
export function wildcard(pattern: string): RegExp {
  const escaped = pattern
    .replaceAll(/[.+^${}()|\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${escaped}$`, "is");
}
