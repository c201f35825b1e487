import { pythonText } from "./literal-text.ts";

/** A value that was read, or undefined where the text is none of Python's literals. */
export type Literal = { readonly value: unknown } | undefined;

/** A text with the place up to which it has been read. */
type Cursor = { readonly text: string; at: number; depth: number };

const NUMBER =
  /(?:\d+(?:_\d+)*\.(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?|\d+(?:_\d+)*e[+-]?\d+(?:_\d+)*|0x(?:_?[\da-f])+|0o(?:_?[0-7])+|0b(?:_?[01])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["True", true],
  ["False", false],
  ["None", null],
]);
/** Nesting that no inventory has. */
const DEEPEST = 50;

/**
 * Reads a text as `ast.literal_eval` of Python does: numbers, texts in quotes, lists, tuples, mappings, True, False, None. Whole numbers that
 * would lose digits, and what only Python has (complex numbers), stay text.
 */
export function pythonLiteral(text: string): Literal {
  const cursor: Cursor = { text, at: 0, depth: 0 };
  const list = items(cursor, "");
  if (list === undefined || list.values.length === 0) return undefined;
  return list.comma ? { value: list.values } : { value: list.values[0] };
}

/** Values with commas between them up to `close` (or to the end), and whether there was a comma. */
function items(cursor: Cursor, close: string): { readonly values: unknown[]; readonly comma: boolean } | undefined {
  const values: unknown[] = [];
  let comma = false;
  for (;;) {
    if (ends(cursor, close)) return { values, comma };
    const item = value(cursor);
    if (item === undefined) return undefined;
    values.push(item.value);
    if (ends(cursor, close)) return { values, comma };
    if (cursor.text[cursor.at] !== ",") return undefined;
    cursor.at += 1;
    comma = true;
  }
}

function value(cursor: Cursor): Literal {
  space(cursor);
  const { text, at } = cursor;
  const first = text[at] ?? "";
  if (cursor.depth > DEEPEST) return undefined;
  if (/[\d.+-]/.test(first)) return number(cursor);
  if (first === "(" || first === "[" || first === "{") return collection(cursor, first);
  const word = /[A-Za-z]+(?!\w)/y;
  word.lastIndex = at;
  const [name = ""] = word.exec(text) ?? [];
  if (WORDS.has(name)) {
    cursor.at += name.length;
    return { value: WORDS.get(name) };
  }
  return texts(cursor);
}

function number(cursor: Cursor): Literal {
  const sign = /[+-]/.test(cursor.text[cursor.at] ?? "") ? cursor.text[cursor.at] : "";
  if (sign !== "") cursor.at += 1;
  space(cursor);
  NUMBER.lastIndex = cursor.at;
  const [written] = NUMBER.exec(cursor.text) ?? [];
  if (written === undefined || /[\w.]/.test(cursor.text[cursor.at + written.length] ?? "")) return undefined;
  cursor.at += written.length;
  const digits = written.replaceAll("_", "");
  const found = Number(digits) * (sign === "-" ? -1 : 1);
  const whole = !/[.e]/i.test(digits) || /^0x/i.test(digits);
  // What a number of ours cannot hold is kept as it was written.
  if (!Number.isFinite(found) || (whole && !Number.isSafeInteger(found))) return { value: `${sign}${digits}` };
  return { value: found === 0 ? 0 : found };
}

/** Neighbours are joined, as in Python: `'a' "b"` is one text; but not bytes and characters. */
function texts(cursor: Cursor): Literal {
  let joined: string | undefined;
  let bytes: boolean | undefined;
  for (;;) {
    space(cursor);
    const piece = pythonText(cursor.text, cursor.at);
    if (piece === undefined) return joined === undefined ? undefined : { value: joined };
    if (piece.bytes !== (bytes ?? piece.bytes)) return undefined;
    joined = (joined ?? "") + piece.value;
    bytes = piece.bytes;
    cursor.at = piece.end;
  }
}

function collection(cursor: Cursor, open: "(" | "[" | "{"): Literal {
  cursor.at += 1;
  cursor.depth += 1;
  const found = open === "{" ? braces(cursor) : brackets(cursor, open);
  cursor.depth -= 1;
  return found;
}

function brackets(cursor: Cursor, open: "(" | "["): Literal {
  const list = items(cursor, open === "(" ? ")" : "]");
  if (list === undefined) return undefined;
  const grouped = open === "(" && !list.comma && list.values.length === 1;
  return { value: grouped ? list.values[0] : list.values };
}

/** A mapping, or a set, which is a list to us. */
function braces(cursor: Cursor): Literal {
  const start = cursor.at;
  const first = value(cursor);
  space(cursor);
  if (first !== undefined && cursor.text[cursor.at] !== ":") {
    cursor.at = start;
    const set = items(cursor, "}");
    return set === undefined ? undefined : { value: [...new Set(set.values)] };
  }
  cursor.at = start;
  return mapping(cursor);
}

function mapping(cursor: Cursor): Literal {
  const pairs: (readonly [string, unknown])[] = [];
  for (;;) {
    if (ends(cursor, "}")) return { value: Object.fromEntries(pairs) };
    const key = value(cursor);
    space(cursor);
    if (key === undefined || (typeof key.value === "object" && key.value !== null)) return undefined;
    if (cursor.text[cursor.at] !== ":") return undefined;
    cursor.at += 1;
    const item = value(cursor);
    if (item === undefined) return undefined;
    pairs.push([String(key.value), item.value]);
    if (ends(cursor, "}")) return { value: Object.fromEntries(pairs) };
    if (cursor.text[cursor.at] !== ",") return undefined;
    cursor.at += 1;
  }
}

/** Whether here is the end of a list; steps over it. A comment is an end only outside of brackets. */
function ends(cursor: Cursor, close: string): boolean {
  space(cursor);
  const next = cursor.text[cursor.at] ?? "";
  if (close === "") return next === "" || next === "#";
  if (next !== close) return false;
  cursor.at += 1;
  return true;
}

function space(cursor: Cursor): void {
  while (/[ \t\f]/.test(cursor.text[cursor.at] ?? "")) cursor.at += 1;
}
