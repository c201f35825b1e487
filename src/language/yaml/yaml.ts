import {
  CHOMPING_CLIP,
  COLLECTION_STYLE,
  constructFromEvents,
  EVENT_ID,
  parseEvents,
  SCALAR_STYLE,
  YAMLException,
  type Event,
  type Schema,
} from "js-yaml";
import type { Fault } from "../../model/fault.ts";
import type { Opener } from "../../model/secret.ts";
import {
  aliasFault,
  bombFault,
  conflictFaults,
  documentFaults,
  empty,
  keyFaults,
  refuse,
  syntaxFault,
} from "./faults.ts";
import { culpritOf } from "./culprit.ts";
import { gapAt, lostIn, without, type Gap } from "./gaps.ts";
import { offsetsOf } from "./offsets.ts";
import { schemaOf } from "./schemas.ts";
import { inFileOrder, sourceOf, type Place, type Source } from "./source.ts";
import { find, lastPath, lostPaths, mergedIn, type Path } from "./path.ts";
import { resolved, treeOf, type Alias, type Node } from "./tree.ts";

/** A YAML document: its value, and where each part of it stands in the file. */
export type Yaml = {
  readonly value: unknown;
  /** The name that its faults say. */
  readonly file: string;
  /** Where the value at `path` (or its key) stands; the closest thing above it that exists when it does not. */
  place(path: Path, which?: "key" | "value"): Place;
  /** Where `length` characters stand that begin at `offset` of the text at `path`, up to the end of the line that they begin on. */
  within(path: Path, offset: number, length: number): Place;
  /** Whether the text at `path` is written over several lines that YAML joins into one. */
  joined(path: Path): boolean;
  /** An `invalid-file` fault at `path`. */
  fault(path: Path, message: string, hint?: string, which?: "key" | "value"): Fault;
  /** The same at a place that is known already. */
  faultAt(place: Place, message: string, hint?: string): Fault;
};

/** `core` is YAML 1.2 (runbooks); `yaml11` is what Ansible reads: `yes` is true and `0777` is 511. */
export type YamlOptions = {
  readonly file: string;
  readonly schema: "core" | "yaml11";
  /** Nothing of the text may be shown: faults tell their place only. */
  readonly hidden?: boolean | undefined;
  /** Whether the keys of the mapping at a path must be texts, as they must without this; else they become texts, as JSON writes them. */
  readonly textKeys?: ((path: readonly string[]) => boolean) | undefined;
  /** Whether a mistake that spoils a few lines leaves the rest to be read: what these lines were to bring is `lost` then. For what is only checked. */
  readonly mend?: boolean;
  /** Opens what `!vault` marks, with `yaml11` only. */
  readonly open?: Opener | undefined;
};

/** Reads one YAML document, or says everything that is wrong with it as YAML. */
export function parseYaml(text: string, options: YamlOptions): Yaml | Fault[] {
  const { yaml, faults } = readYaml(text, options);
  return yaml === undefined || faults.length > 0 ? [...faults] : yaml;
}

/** What came of reading a document: its value where it has one, and what is wrong with it. */
export type ReadYaml = {
  readonly yaml?: Yaml;
  readonly faults: readonly Fault[];
  /**
   * What is not known: where aliases lead nowhere (nothing stands there), and what lines were to bring that could not be read. One that ends in `<<`
   * stands for anything that the mapping which holds it may have had besides.
   */
  readonly lost?: readonly Path[];
  /** Where a mistake of YAML ends the reading: the lines before its own, if they are a document. */
  readonly head?: Yaml;
  /** What stands last of `yaml` or `head`, where lines follow that are not read. */
  readonly open?: Path;
};

/** Like `parseYaml`, but where the mistakes leave a value (keys given twice; with `mend`, lines that are no YAML), gives that too, so that what is wrong inside it can be told in the same go. */
export function readYaml(text: string, options: YamlOptions): ReadYaml {
  const told: Fault[] = [];
  const gaps: Gap[] = [];
  for (let rest = text; ;) {
    const read = readDocument(rest, options, gaps);
    told.push(...read.faults);
    if (!("cut" in read)) return { ...read, faults: inFileOrder(told) };
    const { cut, gap } = read;
    if (gap === undefined || gap.start <= (gaps.at(-1)?.start ?? -1) || gaps.length >= MOST_GAPS) {
      const {
        yaml: head,
        faults = [],
        last = [],
        lost = [],
      }: Partial<Document> = cut === 0 ? {} : readDocument(rest.slice(0, cut), options, gaps);
      return head === undefined
        ? { faults: inFileOrder(told) }
        : { head, open: last, lost, faults: inFileOrder([...faults, ...told]) };
    }
    gaps.push(gap);
    rest = without(rest, gap);
  }
}

/** Mistakes that are left out one after the other, each for another reading. */
const MOST_GAPS = 20;
/** Characters of a text that is read so often. */
const MOST_MENDED = 100_000;

type Document = ReadYaml & { readonly last?: Path };

/** `last` is what stands last; `cut`, where the line begins on which a syntax error ended the reading, and `gap` the lines without which it may go on. */
function readDocument(
  text: string,
  options: YamlOptions,
  gaps: readonly Gap[],
): Document | { readonly yaml?: never; readonly faults: readonly Fault[]; readonly cut: number; readonly gap?: Gap } {
  const refused = refuse(text, options.file);
  if (refused !== undefined) return { faults: [refused] };
  const source = sourceOf(text, options.file, options.hidden);
  const schema = schemaOf(options);
  const conflicts = conflictFaults(source);
  if (conflicts.length > 0) return { faults: conflicts };
  let keys: Fault[] = [];
  let odd: Fault[] = [];
  try {
    const events = parseEvents(text, { filename: options.file });
    const tree = treeOf(text, events);
    const [root, second] = tree.roots;
    if (root === undefined) return { faults: gaps.length > 0 ? [] : [empty(options.file)] };
    const aliases = tree.aliases.filter(({ start }) => second === undefined || start < second.start);
    const bomb = bombFault(source, aliases);
    if (bomb !== undefined) return { faults: [bomb] };
    const wrong = aliases.map((alias) => aliasFault(source, alias, tree.anchors.keys()));
    // Of an anchor that has gone with a mistake, that mistake says enough.
    const gone = ({ name }: Alias): boolean => gaps.some(({ anchors }) => anchors.has(name));
    const told = aliases.flatMap((alias, at) => (wrong[at] === undefined || gone(alias) ? [] : [wrong[at]]));
    odd = [...documentFaults(source, tree), ...told];
    keys = keyFaults(source, schema, root, options.textKeys);
    const faults = inFileOrder([...odd, ...keys]);
    const all = firstDocument(events);
    // Few documents have one, and all that are read pass here.
    const whole = wrong.every((fault) => fault === undefined);
    const lost = whole ? [] : lostPaths(root);
    if (lost === undefined) return { faults };
    const value = valueOf(text, whole ? all : withoutLost(all, { root, aliases, wrong }), schema);
    const yaml = yamlOf(source, root, value, new Map(told.map((fault) => [fault.where, fault])));
    const last = lastPath(root);
    const missing = [...lost, ...gaps.flatMap((gap) => lostIn(root, text, gap))];
    return { yaml, faults, lost: missing, last, ...(second === undefined ? {} : { open: last }) };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    // What is to be merged and is not there any more makes it throw, too.
    if (gaps.length > 0 && /cannot merge|abnormal merge/.test(error.reason))
      return { faults: [...odd, ...keys], cut: gaps[0]?.start ?? 0 };
    // A key that is no text may be what made it throw.
    const culprit = culpritOf(text, error);
    const faults = [...odd, ...keys, ...(keys.length > 0 ? [] : [syntaxFault(source, error, culprit)])];
    const mended = options.mend === true && keys.length === 0 && text.length <= MOST_MENDED;
    const gap = mended ? gapAt(text, culprit) : undefined;
    const before = (error.mark?.position ?? 0) - 1;
    return {
      faults,
      ...(gap === undefined ? {} : { gap }),
      cut: Math.max(text.lastIndexOf("\n", before), text.lastIndexOf("\r", before)) + 1,
    };
  }
}

function firstDocument(events: Event[]): Event[] {
  const second = events.findIndex(({ type }, index) => index > 0 && type === EVENT_ID.DOCUMENT);
  return second < 0 ? events : events.slice(0, second);
}

/** The events with nothing in the place of the aliases that have a fault, and an empty mapping where they are to be `merged`. */
function withoutLost(
  events: readonly Event[],
  { root, aliases, wrong }: { root: Node; aliases: readonly Node[]; wrong: readonly (Fault | undefined)[] },
): Event[] {
  const merged = mergedIn(root);
  let index = -1;
  return events.flatMap((event) => {
    if (event.type !== EVENT_ID.ALIAS) return event;
    index += 1;
    const alias = aliases[index];
    if (alias === undefined || wrong[index] === undefined) return event;
    return merged.has(alias) ? NOTHING_TO_MERGE : NOTHING;
  });
}

const NOTHING: Event = {
  type: EVENT_ID.SCALAR,
  style: SCALAR_STYLE.PLAIN,
  chomping: CHOMPING_CLIP,
  indent: -1,
  fast: false,
  valueStart: -1,
  valueEnd: -1,
  anchorStart: -1,
  anchorEnd: -1,
  tagStart: -1,
  tagEnd: -1,
};

const NOTHING_TO_MERGE: Event[] = [
  {
    type: EVENT_ID.MAPPING,
    style: COLLECTION_STYLE.FLOW,
    start: 0,
    anchorStart: -1,
    anchorEnd: -1,
    tagStart: -1,
    tagEnd: -1,
  },
  { type: EVENT_ID.POP },
];

function valueOf(text: string, events: Event[], schema: Schema): unknown {
  // `json` lets a later key win instead of throwing at the first duplicate: `keyFaults` reports them all.
  return constructFromEvents(events, { source: text, schema, json: true })[0];
}

/** `lost`: faults by their places, of which no other fault is told. */
function yamlOf(
  source: Source,
  root: Node,
  value: unknown,
  lost: ReadonlyMap<string | undefined, Fault | undefined>,
): Yaml {
  const place = (path: Path, which: "key" | "value" = "value"): Place => {
    const { node, key, whole } = find(root, path);
    const at = which === "key" && whole ? (key ?? node) : node;
    return nodePlace(source, at);
  };
  return {
    value,
    file: source.file,
    place,
    within: (path, offset, length) => {
      const { node, whole } = find(root, path);
      return whole ? textPlace(source, resolved(node), offset, length) : nodePlace(source, node);
    },
    joined: (path) => {
      const { node, whole } = find(root, path);
      return whole && isJoined(source, resolved(node));
    },
    fault: (path, message, hint, which) => {
      const fault = source.fault(place(path, which), message, hint);
      return lost.get(fault.where) ?? fault;
    },
    faultAt: (at, message, hint) => source.fault(at, message, hint),
  };
}

function nodePlace(source: Source, node: Node): Place {
  if (node.kind === "scalar" && node.indent >= 0) return textPlace(source, node, 0, node.end);
  // A block mapping is pointed at by its first key: all of its lines would be too much.
  const [first] = node.kind === "mapping" ? node.pairs : [];
  if (first !== undefined && first.key.start === node.start) return source.place(first.key.start, first.key.end);
  return source.place(node.start, node.end);
}

function isJoined(source: Source, node: Node): boolean {
  if (node.kind !== "scalar" || node.style === SCALAR_STYLE.LITERAL_BLOCK) return false;
  // A block ends with the break of its last line.
  const last = source.place(
    Math.max(node.start, node.end - (node.style === SCALAR_STYLE.FOLDED_BLOCK ? 2 : 1)),
    node.end,
  );
  return last.line > source.place(node.start, node.end).line;
}

/** Maps a position in a scalar's decoded text back to the file. */
function textPlace(source: Source, node: Node, offset: number, length: number): Place {
  if (node.kind !== "scalar") return source.place(node.start, node.end);
  const { starts, ends } = offsetsOf(source.text, node);
  const from = starts[Math.min(offset, starts.length - 1)];
  if (from === undefined) return source.place(node.start, node.end);
  return source.place(from, ends[Math.min(offset + length, ends.length) - 1] ?? from);
}
