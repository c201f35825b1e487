import { parseEvents, SCALAR_STYLE, type ScalarStyle, type YAMLException } from "js-yaml";
import { find, type Path } from "./path.ts";
import { keyName, resolved, type Node } from "./tree.ts";

/** Lines that are not read because of a mistake of YAML in the first of them. */
export type Gap = {
  /** Offsets: behind the dashes of the first line, where it has some, up to the end of the last. */
  readonly start: number;
  readonly end: number;
  /** The column (from 0) at which it begins, and the one that all of its further lines are indented beyond. */
  readonly column: number;
  readonly beyond: number;
  /** Its column is not known: tabs are before it. */
  readonly tabs: boolean;
  /** The key that its first line seems to begin with. */
  readonly word: string | undefined;
  /** The anchors that go with it. */
  readonly anchors: ReadonlySet<string>;
};

type Line = { readonly start: number; readonly end: number; readonly text: string; readonly column: number };
/** `dash`: its column is that of a dash. */
type Above = Line & { readonly dash: boolean };

/** Mistakes that spoil their own line and what is indented under it, and nothing else. */
const LOCAL =
  /^(tab characters must not|bad indentation of a (mapping|sequence) entry|can not read a block mapping entry|a whitespace character is expected|unknown escape sequence|expected hexadecimal|bad explicit indentation width|repeat of (a chomping|an indentation)|name of an (alias|anchor) node|unknown \w+ tag|expected the node content)/;
const UNCLOSED = /^(unexpected end|deficient indentation|missed comma)/;
/** Characters that are read to find where something was opened. */
const MOST_READ = 10_000_000;
const DASHES = /^ *(?:- +)+/;
const KEY = /^\s*(?:- +)*[^\s#].*?:(?:\s|$)/;
const BLOCK = /(?:^\s*|:\s+|-\s+)(?:[&!]\S+\s+)*[|>][-+0-9]*\s*(?:#.*)?$/;
/** `run:|` and `run |`, which begin no text. */
const GLUED = /^\s*(?:- +)*[\w-]+(?::| +)[|>][-+0-9]*\s*$/;
/** Columns from one stop of a tab to the next. */
const TAB = 8;

/** The lines that a mistake spoils which is told at an offset; undefined where more may be wrong than can be told. */
export function gapAt(text: string, error: YAMLException, at: number): Gap | undefined {
  const line = lineAt(text, isLocal(text, error) ? at : (openerOf(text, error) ?? text.length));
  if (line.text === "") return undefined;
  const dashes = DASHES.exec(line.text)?.[0].length ?? 0;
  const column = dashes === 0 ? line.column : dashes;
  const beyond = dashes === 0 ? reach(text, line, column) : column;
  let end = line.end;
  while (end < text.length) {
    const next = lineAt(text, end + 1);
    if (next.text.trim() !== "" && next.column <= beyond) break;
    end = next.end;
  }
  const word = /^\s*["']?([\w-]+)/.exec(line.text.slice(dashes))?.[1];
  const start = line.start + dashes;
  const anchors = new Set(Array.from(text.slice(start, end).matchAll(/&([^\s,[\]{}]+)/g), ([, name = ""]) => name));
  return { start, end, column, beyond, tabs: isTabbed(line), word, anchors };
}

function isLocal(text: string, { reason, mark }: YAMLException): boolean {
  const at = mark?.position ?? 0;
  const before = text.slice(lineAt(text, at).start, at);
  // Behind a quote that was opened on an earlier line, that line is the one to mend.
  return LOCAL.test(reason) && (!/["']\s*$/.test(before) || isClosed(before));
}

/** Where the line begins on which something was opened that is never closed, or in the wrong place; undefined where that cannot be told, or is none of this. */
export function openerOf(text: string, error: YAMLException): number | undefined {
  if (isLocal(text, error) || !(UNCLOSED.test(error.reason) || LOCAL.test(error.reason))) return undefined;
  let room = MOST_READ;
  for (let line = lineAt(text, error.mark?.position ?? 0); room > 0; line = lineAt(text, line.start - 1)) {
    room -= line.start;
    if (line.start === 0 || (/["'[{]/.test(line.text) && isSound(text.slice(0, line.start)))) return line.start;
  }
  return undefined;
}

function isSound(text: string): boolean {
  try {
    parseEvents(text, {});
    return true;
  } catch {
    return false;
  }
}

/** The column beyond which all that follows a line belongs to it, or to a text that it has torn apart. */
function reach(text: string, line: Line, column: number): number {
  // Nothing but an item stands where the dashes of a list do.
  const above = outline(text, line).filter(({ dash }) => !dash || /^\s*- /.test(line.text));
  const tabs = isTabbed(line);
  const [nearest, second] = above;
  // A text that is not indented further than its key.
  if (nearest !== undefined && nearest.column === column && BLOCK.test(nearest.text)) return second?.column ?? -1;
  // The first of what the line above opens has the others beside it.
  const first = nearest !== undefined && nearest.column < column && /:\s*(#.*)?$/.test(nearest.text);
  if (!tabs && (first || above.some((each) => each.column === column))) return column;
  const outer = above.find((each) => tabs || each.column < column)?.column ?? -1;
  const block = above.findLast((each) => begins(each) && (tabs || each.column < column))?.column ?? Infinity;
  // Where it should have begun is not known: what is to be under it tells.
  const opens = /^\s*-\s|:\s*(#.*)?$/.test(line.text) || begins(line);
  const next = opens ? nextLine(text, line) : undefined;
  return Math.min(outer, block, (next?.column ?? Infinity) - 1);
}

function isTabbed({ text }: Line): boolean {
  return /^ *\t/.test(text);
}

function begins({ text }: Line): boolean {
  return BLOCK.test(text) || GLUED.test(text);
}

function nextLine(text: string, { end }: Line): Line | undefined {
  for (let at = end + 1; at < text.length;) {
    const line = lineAt(text, at);
    if (line.text.trim() !== "") return line;
    at = line.end + 1;
  }
  return undefined;
}

/** The lines above one that are indented less and less, from the nearest on. */
function outline(text: string, from: Line): readonly Above[] {
  const found: Above[] = [];
  for (let line = from; line.start > 0;) {
    line = lineAt(text, line.start - 1);
    if (line.text.trim() === "" || line.text.trimStart().startsWith("#")) continue;
    const dashes = DASHES.exec(line.text)?.[0].length ?? 0;
    for (const column of dashes > 0 ? [dashes, line.column] : [line.column]) {
      if (column < (found.at(-1)?.column ?? Infinity))
        found.push({ ...line, column, dash: column !== dashes && dashes > 0 });
    }
    if (line.column === 0) break;
  }
  return found;
}

/** Where a key without a colon and a blank begins, if one runs on up to an offset; `colon`: whether it is ended there. */
export function keyBefore(text: string, at: number, colon: boolean): number | undefined {
  const glued = outline(text, lineAt(text, at)).findLast(begins);
  if (glued !== undefined && GLUED.test(glued.text)) return glued.start + glued.text.search(/\S/);
  if (!colon) return commented(text, at);
  let found: Line | undefined;
  for (let line = lineAt(text, at); line.start > 0;) {
    line = lineAt(text, line.start - 1);
    if (line.text.trim() === "" || line.text.trimStart().startsWith("#")) continue;
    if (KEY.test(line.text)) break;
    if (found === undefined || line.column <= found.column) found = line;
  }
  return found === undefined ? undefined : found.start + found.text.search(/\S/);
}

/** The line above, where it is a key that a comment ends instead of a colon. */
function commented(text: string, at: number): number | undefined {
  const line = lineAt(text, at);
  const above = line.start > 0 ? lineAt(text, line.start - 1) : line;
  const ended =
    above.column === line.column && /^\s*[^\s#].* #/.test(above.text) && !KEY.test(above.text.replace(/ #.*/, ""));
  return ended && above !== line ? above.start + above.text.search(/\S/) : undefined;
}

/** The text with comments in the place of a gap's lines: every offset stays what it was. */
export function without(text: string, { start, end }: Gap): string {
  const lines = text.slice(start, end).split("\n");
  const blank = lines.map((line, index) =>
    line === "" || (index === 0 && start > 0 && text.charAt(start - 1) !== "\n")
      ? " ".repeat(line.length)
      : `#${" ".repeat(line.length - 1)}`,
  );
  return text.slice(0, start) + blank.join("\n") + text.slice(end);
}

/** What a document lacks because of a gap: values that are not known or not whole, and mappings (`<<`) that something may have stood in. */
export function lostIn(root: Node, text: string, gap: Gap): readonly Path[] {
  const { column, beyond, tabs, word = "<<" } = gap;
  const around = collectionsAt(root, text, gap);
  const deeper = around.filter((each) => each.column > beyond && each.column !== column);
  const outer = around.findLast((each) => each.column <= column) ?? around[0];
  const torn = tornBy(root, gap, around.at(-1));
  const own = [
    ...(outer === undefined ? [] : [[...outer.path, word]]),
    ...(tabs ? around.map(({ path }) => [...path, word]) : []),
    ...(outer === undefined || outer.column === column ? [] : [[...outer.path, "<<"]]),
    ...deeper.flatMap(({ path }) => [
      [...path, word],
      [...path, "<<"],
    ]),
    ...(torn === undefined ? [] : [torn]),
  ];
  const nodes = new Set(
    [...around.slice(1).map(({ path }) => path), ...(torn === undefined ? [] : [torn])]
      .map((path) => find(root, path).node)
      .map(resolved),
  );
  return [...own, ...aliasesOf(root, nodes)];
}

/** The value before a gap, where that may be a part of it: one in quotes or brackets is whole. */
function tornBy(root: Node, { column }: Gap, innermost: Around | undefined): Path | undefined {
  if (innermost?.last === undefined) return undefined;
  const { node } = find(root, innermost.last);
  const block = node.kind === "scalar" && BLOCKS.has(node.style);
  return block || column > innermost.column ? innermost.last : undefined;
}

const BLOCKS: ReadonlySet<ScalarStyle> = new Set([SCALAR_STYLE.LITERAL_BLOCK, SCALAR_STYLE.FOLDED_BLOCK]);

/** Where a document repeats one of these. */
function aliasesOf(node: Node, targets: ReadonlySet<Node>, path: Path = []): Path[] {
  if (node.kind === "alias") return targets.has(resolved(node)) ? [path] : [];
  if (node.kind === "sequence") return node.items.flatMap((item, at) => aliasesOf(item, targets, [...path, at]));
  if (node.kind !== "mapping") return [];
  return node.pairs.flatMap(({ key, value }) => aliasesOf(value, targets, [...path, keyName(key)]));
}

type Around = { readonly path: Path; readonly column: number; readonly last: Path | undefined };

/** The collections that a gap stands in or behind, from the root on, each with the path of the last value before the gap. */
function collectionsAt(root: Node, text: string, gap: Gap): readonly Around[] {
  const found: Around[] = [];
  for (let node: Node | undefined = root, path: Path = []; node !== undefined;) {
    if ((node.kind !== "mapping" && node.kind !== "sequence") || /[[{]/.test(text.charAt(node.start))) break;
    const line = lineAt(text, node.start);
    const inner = innerAt(node, text, gap);
    const last: Path | undefined = inner === undefined ? undefined : [...path, inner.part];
    found.push({ path, column: node.start - line.start, last });
    [node, path] = [inner?.node, last ?? path];
  }
  return found;
}

/** The part of a collection that a gap stands in or behind. */
function innerAt(
  node: Node,
  text: string,
  { start, column }: Gap,
): { readonly part: string | number; readonly node: Node } | undefined {
  if (node.kind === "mapping") {
    const pair = node.pairs.findLast(({ key }) => key.start < start);
    return pair === undefined ? undefined : { part: keyName(pair.key), node: resolved(pair.value) };
  }
  if (node.kind !== "sequence") return undefined;
  const before = node.items.findLastIndex((item) => item.start < start);
  const line = lineAt(text, start);
  // The gap begins behind the dash of an item, of which the rest is on the lines that follow.
  const own = start > line.start && column === start - line.start && (node.items[before]?.start ?? -1) < line.start;
  const at = own && node.items[before + 1] !== undefined ? before + 1 : before;
  const item = node.items[at];
  return item === undefined ? undefined : { part: at, node: resolved(item) };
}

function lineAt(text: string, offset: number): Line {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const stop = text.indexOf("\n", offset);
  const end = stop < 0 ? text.length : stop;
  const line = text.slice(start, end);
  return { start, end, text: line, column: indentOf(line) };
}

/** Columns before the first word of a line. */
function indentOf(line: string): number {
  let column = 0;
  for (const char of line) {
    if (char === "\t") column += TAB - (column % TAB);
    else if (char === " ") column += 1;
    else break;
  }
  return column;
}

/** Whether the quote that ends a stretch of a line begins on it, too. */
function isClosed(before: string): boolean {
  const quote = before.trimEnd().at(-1) ?? "";
  return before.split(quote).length % 2 === 1;
}
