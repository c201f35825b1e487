import {
  EVENT_ID,
  getScalarValue,
  SCALAR_STYLE,
  type AliasEvent,
  type Event,
  type ScalarEvent,
  type ScalarStyle,
} from "js-yaml";

/** One node of a YAML document with its offsets. `size` counts the nodes in it with every alias written out. */
export type Node = { readonly start: number; end: number; size: number } & (
  | {
      readonly kind: "scalar";
      readonly style: ScalarStyle;
      readonly tagged: boolean;
      readonly text: string;
      readonly indent: number;
    }
  | { readonly kind: "sequence"; readonly items: Node[] }
  | {
      readonly kind: "mapping";
      readonly pairs: Pair[];
      /** The pair that counts where a name is given twice: the last one. */
      readonly named: Map<string, Pair>;
    }
  | { readonly kind: "alias"; readonly name: string; readonly target: Node | undefined; readonly open: boolean }
);
/** One entry of a mapping. */
export type Pair = { readonly key: Node; readonly value: Node };

/** `*name`; a lost one has no target, or stands inside of it (`open`). */
export type Alias = Node & { readonly kind: "alias" };

/** The root nodes of the documents in an event stream, and every alias in file order. */
export type Tree = {
  readonly roots: readonly Node[];
  readonly aliases: readonly Alias[];
  /** Those of the last document, by their names. */
  readonly anchors: ReadonlyMap<string, Node>;
};

/** Builds the tree of places beside js-yaml's own values, which forget where they came from. */
export function treeOf(text: string, events: readonly Event[]): Tree {
  const growth: Growth = { text, roots: [], aliases: [], frames: [], anchors: new Map(), last: 0 };
  for (const event of events) grow(growth, event);
  return growth;
}

/** A tree that is being built. */
type Growth = {
  readonly text: string;
  readonly roots: Node[];
  readonly aliases: Alias[];
  /** The collections that are open, the innermost last. */
  readonly frames: { readonly node: Node; key: Node | undefined }[];
  readonly anchors: Map<string, Node>;
  /** Where the last node ended. */
  last: number;
};

function grow(growth: Growth, event: Event): void {
  const { text, frames, anchors } = growth;
  switch (event.type) {
    case EVENT_ID.DOCUMENT:
      return anchors.clear();
    case EVENT_ID.SCALAR: {
      const item = frames.at(-1)?.node.kind === "sequence";
      return add(growth, anchored(growth, event, scalar(text, event, growth.last, item)));
    }
    case EVENT_ID.SEQUENCE:
    case EVENT_ID.MAPPING: {
      const place = { start: event.start, end: event.start + 1, size: 1 };
      const node: Node =
        event.type === EVENT_ID.SEQUENCE
          ? { kind: "sequence", items: [], ...place }
          : { kind: "mapping", pairs: [], named: new Map(), ...place };
      frames.push({ node: anchored(growth, event, node), key: undefined });
      return undefined;
    }
    case EVENT_ID.ALIAS: {
      const node = alias(growth, event);
      growth.aliases.push(node);
      return add(growth, node);
    }
    case EVENT_ID.POP: {
      // A document's own pop finds no frame.
      const node = frames.pop()?.node;
      return node === undefined ? undefined : add(growth, closed(text, node));
    }
  }
}

/** Puts a finished node where it belongs: into the innermost open collection, or beside the roots. */
function add(growth: Growth, node: Node): void {
  const frame = growth.frames.at(-1);
  growth.last = Math.max(growth.last, node.end);
  if (frame === undefined) growth.roots.push(node);
  else if (frame.node.kind === "sequence") frame.node.items.push(node);
  else if (frame.node.kind === "mapping" && frame.key !== undefined) {
    const pair = { key: frame.key, value: node };
    frame.node.pairs.push(pair);
    frame.node.named.set(keyName(frame.key), pair);
    frame.key = undefined;
  } else frame.key = node;
}

function anchored({ text, anchors }: Growth, event: { anchorStart: number; anchorEnd: number }, node: Node): Node {
  if (event.anchorStart >= 0) anchors.set(text.slice(event.anchorStart, event.anchorEnd), node);
  return node;
}

function alias({ text, anchors, frames }: Growth, event: AliasEvent): Alias {
  const name = text.slice(event.anchorStart, event.anchorEnd);
  const target = anchors.get(name);
  const open = frames.some((frame) => frame.node === target);
  const size = target === undefined || open ? 1 : target.size;
  return { kind: "alias", name, target, open, start: event.anchorStart - 1, end: event.anchorEnd, size };
}

/** What a node stands for: an alias is its anchor's node. */
export function resolved(node: Node): Node {
  return node.kind === "alias" && node.target !== undefined ? resolved(node.target) : node;
}

/** A key as the value has it. */
export function keyName(key: Node): string {
  const node = resolved(key);
  return node.kind === "scalar" ? node.text : "";
}

const DASH = /^:?(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*-(?=\s|$)/;

function scalar(text: string, event: ScalarEvent, last: number, item: boolean): Node {
  const { style, indent } = event;
  const quoted = style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED ? 1 : 0;
  // An empty value has no offsets: the dash of its list, or else the end of what came before it, is the closest place.
  const absent = event.valueStart < 0;
  const dash = absent && item ? (DASH.exec(text.slice(last))?.[0].length ?? 0) : 0;
  return {
    kind: "scalar",
    style,
    tagged: event.tagStart >= 0,
    text: getScalarValue(text, event),
    indent,
    start: absent ? Math.max(0, last + dash - 1) : event.valueStart - quoted,
    end: absent ? last + dash : event.valueEnd + quoted,
    size: 1,
  };
}

/** A collection with its extent and size, once all of it is known. */
function closed(text: string, node: Node): Node {
  const children =
    node.kind === "sequence"
      ? node.items
      : node.kind === "mapping"
        ? node.pairs.flatMap(({ key, value }) => [key, value])
        : [];
  for (const child of children) {
    node.size += child.size;
    node.end = Math.max(node.end, child.end);
  }
  if (/[[{]/.test(text.charAt(node.start)))
    node.end += /^[\s,]*[\]}]/.exec(text.slice(node.end, node.end + 80))?.[0].length ?? 0;
  return node;
}
