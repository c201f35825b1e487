import { SCALAR_STYLE, type ScalarStyle } from "js-yaml";
import { isSound, openerBefore, type Culprit } from "./culprit.ts";
import { begins, BLOCK, DASHES, isTabbed, lineAt, nextLine, outline, type Line } from "./layout.ts";
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

/** The lines that a mistake spoils; undefined where more may be wrong than can be told. */
export function gapAt(text: string, { at, local, opener }: Culprit): Gap | undefined {
  const own = lineAt(text, at);
  // Within brackets over several lines, all of them go.
  const bracket = local && !isSound(text.slice(0, own.start)) ? openerBefore(text, own) : undefined;
  const from = bracket ?? (local ? at : opener);
  const line = from === undefined ? undefined : lineAt(text, from);
  if (line === undefined || line.text === "") return undefined;
  const dashes = DASHES.exec(line.text)?.[0].length ?? 0;
  const column = dashes === 0 ? line.column : dashes;
  const beyond = dashes === 0 ? reach(text, line, column) : column;
  let end = line.end;
  const opens = /[[{][^\]}]*$/.test(line.text);
  while (end < text.length) {
    const next = lineAt(text, end + 1);
    // What closes a bracket of its own may stand beside it.
    const closes = opens && next.column >= column && /^\s*[\]}]/.test(next.text);
    if (next.text.trim() !== "" && next.column <= beyond && !closes) break;
    end = next.end;
  }
  const word = /^\s*["']?([\w-]+)/.exec(line.text.slice(dashes))?.[1];
  const start = line.start + dashes;
  const anchors = new Set(Array.from(text.slice(start, end).matchAll(/&([^\s,[\]{}]+)/g), ([, name = ""]) => name));
  return { start, end, column, beyond, tabs: isTabbed(line), word, anchors };
}

/** The column beyond which all that follows a line belongs to it, or to a text that it has torn apart. */
function reach(text: string, line: Line, column: number): number {
  // Nothing but an item stands where the dashes of a list do.
  const above = outline(text, line).filter((each) => !each.dash || each.column !== column || /^\s*- /.test(line.text));
  if (above.length === 0) return column;
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
  const under = next !== undefined && next.column > (/^\s*-\s/.test(line.text) ? 0 : outer - 1);
  return Math.min(outer, block, under ? next.column - 1 : Infinity);
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
  // Where its column is that of none of them, it may have been meant for any.
  const sure = outer !== undefined && outer.column === column;
  const torn = tornBy(root, gap, around.at(-1));
  const own = [
    ...(sure
      ? [[...outer.path, word]]
      : around.filter((each) => tabs || each.column < column).map(({ path }) => [...path, word])),
    ...(outer === undefined || sure ? [] : [[...outer.path, "<<"]]),
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
  // One that holds nothing was to hold what is gone.
  const block = node.kind === "scalar" && (BLOCKS.has(node.style) || node.text === "");
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
