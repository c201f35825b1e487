import { getScalarValue, type Event, EVENT_ID, SCALAR_STYLE, type ScalarEvent, type ScalarStyle } from "js-yaml";

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

type Frame = { readonly node: Node; key: Node | undefined };

/** The root nodes of the documents in an event stream, and every alias in file order. */
export type Tree = { readonly roots: readonly Node[]; readonly aliases: readonly (Node & { kind: "alias" })[] };

/** Builds the tree of places beside js-yaml's own values, which forget where they came from. */
export function treeOf(text: string, events: readonly Event[]): Tree {
  const roots: Node[] = [];
  const aliases: (Node & { kind: "alias" })[] = [];
  const frames: Frame[] = [];
  const anchors = new Map<string, Node>();
  let last = 0;

  const add = (node: Node): void => {
    const frame = frames.at(-1);
    if (frame === undefined) roots.push(node);
    else if (frame.node.kind === "sequence") frame.node.items.push(node);
    else if (frame.node.kind === "mapping" && frame.key !== undefined) {
      const pair = { key: frame.key, value: node };
      frame.node.pairs.push(pair);
      frame.node.named.set(keyName(frame.key), pair);
      frame.key = undefined;
    } else frame.key = node;
    last = Math.max(last, node.end);
  };
  const anchor = (event: { anchorStart: number; anchorEnd: number }, node: Node): void => {
    if (event.anchorStart >= 0) anchors.set(text.slice(event.anchorStart, event.anchorEnd), node);
  };

  for (const event of events) {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        anchors.clear();
        break;
      case EVENT_ID.SCALAR: {
        const item = frames.at(-1)?.node.kind === "sequence";
        const node = scalar(text, event, last, item);
        anchor(event, node);
        add(node);
        break;
      }
      case EVENT_ID.SEQUENCE:
      case EVENT_ID.MAPPING: {
        const place = { start: event.start, end: event.start + 1, size: 1 };
        const node: Node =
          event.type === EVENT_ID.SEQUENCE
            ? { kind: "sequence", items: [], ...place }
            : { kind: "mapping", pairs: [], named: new Map(), ...place };
        anchor(event, node);
        frames.push({ node, key: undefined });
        break;
      }
      case EVENT_ID.ALIAS: {
        const name = text.slice(event.anchorStart, event.anchorEnd);
        const target = anchors.get(name);
        const open = frames.some((frame) => frame.node === target);
        const size = target === undefined || open ? 1 : target.size;
        const node = {
          kind: "alias",
          name,
          target,
          open,
          start: event.anchorStart - 1,
          end: event.anchorEnd,
          size,
        } as const;
        aliases.push(node);
        add(node);
        break;
      }
      case EVENT_ID.POP: {
        // A document's own pop finds no frame.
        const node = frames.pop()?.node;
        if (node === undefined) break;
        close(text, node);
        add(node);
        break;
      }
    }
  }
  return { roots, aliases };
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

/** Fixes a collection's extent and size once all of it is known. */
function close(text: string, node: Node): void {
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
}
