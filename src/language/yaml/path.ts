import { keyName, resolved, type Node, type Pair } from "./tree.ts";

/** Keys and indices from the root to a value. */
export type Path = readonly (string | number)[];

/** The node at the end of a path with its key, as far down as there is one; `whole` says whether all of the path was there. */
export function find(root: Node, path: Path): { node: Node; key: Node | undefined; whole: boolean } {
  let node = root;
  let key: Node | undefined;
  for (const part of path) {
    const here = resolved(node);
    const pair = here.kind === "mapping" ? pairOf(here, String(part)) : undefined;
    const next = here.kind === "sequence" ? here.items[Number(part)] : pair?.value;
    if (next === undefined) return { node, key, whole: false };
    node = next;
    key = pair?.key;
  }
  return { node, key, whole: true };
}

/** A mapping's own pair of a name, else one that a merge key (`<<`) brings in. */
function pairOf(mapping: Mapping, name: string): Pair | undefined {
  const own = mapping.named.get(name);
  if (own !== undefined || !mapping.named.has("<<")) return own;
  for (const { key, value } of mapping.pairs) {
    if (keyName(key) !== "<<") continue;
    const merged = resolved(value);
    for (const each of merged.kind === "sequence" ? merged.items.map(resolved) : [merged]) {
      const pair = each.kind === "mapping" ? pairOf(each, name) : undefined;
      if (pair !== undefined) return pair;
    }
  }
  return undefined;
}

type Mapping = Node & { readonly kind: "mapping" };

function isLost(node: Node): boolean {
  return node.kind === "alias" && (node.target === undefined || node.open);
}

/** Whether what stands at a path is not known, by the paths of what is not. */
export function isUnknown(lost: readonly Path[], path: Path): boolean {
  return lost.some((each) => each.length <= path.length && each.every((part, at) => part === path[at]));
}

/** The paths of the aliases that lead nowhere; undefined where one of them is a key. */
export function lostPaths(node: Node, path: Path = []): readonly Path[] | undefined {
  if (isLost(node)) return [path];
  const inner =
    node.kind === "sequence"
      ? node.items.map((item, index) => lostPaths(item, path.at(-1) === "<<" ? path : [...path, index]))
      : node.kind === "mapping"
        ? node.pairs.map(({ key, value }) => (isLost(key) ? undefined : lostPaths(value, [...path, keyName(key)])))
        : [];
  const found: Path[] = [];
  for (const paths of inner) {
    if (paths === undefined) return undefined;
    // One by one: there may be more than a call takes.
    for (const each of paths) found.push(each);
  }
  return found;
}

/** The nodes that are to be merged into a mapping. */
export function mergedIn(node: Node): ReadonlySet<Node> {
  const found = new Set<Node>();
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.kind === "sequence") for (const item of next.items) open.push(item);
    if (next.kind !== "mapping") continue;
    for (const { key, value } of next.pairs) {
      open.push(value);
      if (keyName(key) === "<<") for (const each of value.kind === "sequence" ? value.items : [value]) found.add(each);
    }
  }
  return found;
}

/** The path to what stands last in a document. */
export function lastPath(node: Node): Path {
  const item = node.kind === "sequence" ? node.items.at(-1) : undefined;
  if (node.kind === "sequence" && item !== undefined) return [node.items.length - 1, ...lastPath(item)];
  const pair = node.kind === "mapping" ? node.pairs.at(-1) : undefined;
  return pair === undefined ? [] : [keyName(pair.key), ...lastPath(pair.value)];
}
