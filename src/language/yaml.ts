import {
  constructFromEvents,
  CORE_SCHEMA,
  mergeTag,
  parseEvents,
  SCALAR_STYLE,
  YAML11_SCHEMA,
  YAMLException,
  type Event,
  type Schema,
} from "js-yaml";
import type { Fault } from "../model/fault.ts";
import { inFileOrder, sourceOf, type Place, type Source } from "./source.ts";
import { resolved, treeOf, type Node, type Pair, type Tree } from "./tree.ts";

export type { Place } from "./source.ts";

/** Keys and indices from the root to a value. */
export type Path = readonly (string | number)[];

/** A YAML document: its value, and where each part of it stands in the file. */
export type Yaml = {
  readonly value: unknown;
  /** Where the value at `path` (or its key) stands; the closest thing above it that exists when it does not. */
  place(path: Path, which?: "key" | "value"): Place;
  /** Where `length` characters stand that begin at `line` and `column` (from 0) of the text at `path`. Exact in literal blocks and one-line texts. */
  within(path: Path, line: number, column: number, length: number): Place;
  /** An `invalid-file` fault at `path`. */
  fault(path: Path, message: string, hint?: string, which?: "key" | "value"): Fault;
  /** The same at a place that is known already. */
  faultAt(place: Place, message: string, hint?: string): Fault;
};

/** `core` is YAML 1.2 (runbooks); `yaml11` is what Ansible reads: `yes` is true and `0777` is 511. */
export type YamlOptions = { readonly file: string; readonly schema: "core" | "yaml11" };

/** Characters that a file may have. */
const MAX_CHARACTERS = 1_000_000;
/** Nodes that aliases may add: enough for every honest use, and far from what hangs a reader. */
const MAX_ALIASED = 10_000;

const SCHEMAS: Readonly<Record<YamlOptions["schema"], Schema>> = {
  core: CORE_SCHEMA.withTags(mergeTag),
  yaml11: YAML11_SCHEMA,
};

/** Reads one YAML document, or says everything that is wrong with it as YAML. */
export function parseYaml(text: string, options: YamlOptions): Yaml | Fault[] {
  const { yaml, faults } = readYaml(text, options);
  return yaml === undefined || faults.length > 0 ? faults : yaml;
}

/** Like `parseYaml`, but where the mistakes leave a value (duplicate keys), gives that too, so that what is wrong inside it can be told in the same go. */
export function readYaml(text: string, options: YamlOptions): { readonly yaml?: Yaml; readonly faults: Fault[] } {
  const refused = refuse(text, options.file);
  if (refused !== undefined) return { faults: [refused] };
  const source = sourceOf(text, options.file);
  const schema = SCHEMAS[options.schema];
  let faults: Fault[] = [];
  try {
    const events = parseEvents(text, { filename: options.file });
    const tree = treeOf(text, events);
    const fatal = documentFaults(source, tree) ?? aliasFaults(source, tree);
    if (fatal !== undefined) return { faults: fatal };
    const [root] = tree.roots;
    if (root === undefined) return { faults: [empty(options.file)] };
    faults = inFileOrder(keyFaults(source, schema, root));
    return { yaml: yamlOf(source, root, valueOf(text, events, schema)), faults };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    // A key that is no text may be what made it throw.
    return { faults: faults.length > 0 ? faults : [syntaxFault(source, text, error)] };
  }
}

function refuse(text: string, file: string): Fault | undefined {
  const fault = (message: string, hint: string): Fault => ({
    kind: "invalid-file",
    message,
    hint,
    where: `${file}:1:1`,
  });
  if (text.length > MAX_CHARACTERS) {
    const size = `${(text.length / 1e6).toFixed(1)} MB`;
    return fault(`the file is too large: ${size}, and at most 1 MB is read`, "is it really a YAML file?");
  }
  if (text.includes("\0")) return fault("the file is binary: it holds NUL bytes", "expected a text file in YAML");
  return text.trim() === "" ? empty(file) : undefined;
}

function empty(file: string): Fault {
  return { kind: "invalid-file", message: "the file is empty", hint: "expected a YAML document", where: `${file}:1:1` };
}

function valueOf(text: string, events: Event[], schema: Schema): unknown {
  // `json` lets a later key win instead of throwing at the first duplicate: `keyFaults` reports them all.
  return constructFromEvents(events, { source: text, schema, json: true })[0];
}

function documentFaults(source: Source, { roots }: Tree): Fault[] | undefined {
  const second = roots[1];
  if (second === undefined) return undefined;
  const hint = "put each in a file of its own, or remove the line `---` between them";
  return [
    source.fault(source.place(second.start, second.end), "a second document begins here, and one is expected", hint),
  ];
}

function aliasFaults(source: Source, { aliases }: Tree): Fault[] | undefined {
  let added = 0;
  for (const alias of aliases) {
    const at = source.place(alias.start, alias.end);
    if (alias.target === undefined) {
      return [
        source.fault(
          at,
          `*${alias.name} refers to an anchor that is not there`,
          `define it before with &${alias.name}`,
        ),
      ];
    }
    if (alias.open)
      return [source.fault(at, `*${alias.name} stands inside of what it refers to`, "a value cannot hold itself")];
    added += alias.size;
    if (added > MAX_ALIASED) {
      const message = `aliases make this document larger than ${MAX_ALIASED.toLocaleString("en")} values`;
      return [source.fault(at, message, "write out what is needed instead of nesting aliases")];
    }
  }
  return undefined;
}

/** Keys that are given twice, and keys that are no text. */
function keyFaults(source: Source, schema: Schema, node: Node): Fault[] {
  if (node.kind === "sequence") return node.items.flatMap((item) => keyFaults(source, schema, item));
  if (node.kind !== "mapping") return [];
  const seen = new Map<string, Place>();
  return node.pairs.flatMap(({ key, value }) => {
    const at = source.place(key.start, key.end);
    const inside = keyFaults(source, schema, value);
    const wrong = keyFault(source, schema, key, at);
    if (wrong !== undefined) return [wrong, ...inside];
    const name = keyName(key);
    const first = seen.get(name);
    if (first === undefined || name === "<<") {
      seen.set(name, at);
      return inside;
    }
    return [
      source.fault(at, `\`${name}\` is given twice`, `it is already given on line ${first.line}: remove one`),
      ...inside,
    ];
  });
}

function keyFault(source: Source, schema: Schema, key: Node, at: Place): Fault | undefined {
  const node = resolved(key);
  if (node.kind !== "scalar") return source.fault(at, "a key must be a text, and this is a list or a mapping");
  if (node.style !== SCALAR_STYLE.PLAIN || node.tagged) return undefined;
  const { value } = schema.resolveImplicitScalarTag(node.text);
  if (typeof value === "string") return undefined;
  if (node.text === "") return source.fault(at, "there is no key before this colon");
  return source.fault(
    at,
    `the key ${node.text} is no text: YAML reads it as ${kindOf(value)}`,
    `write it in quotes: "${node.text}"`,
  );
}

function kindOf(value: unknown): string {
  if (value === null) return "nothing";
  return value instanceof Date ? "a date" : `a ${typeof value}`;
}

function keyName(key: Node): string {
  const node = resolved(key);
  return node.kind === "scalar" ? node.text : "";
}

function yamlOf(source: Source, root: Node, value: unknown): Yaml {
  const place = (path: Path, which: "key" | "value" = "value"): Place => {
    const { node, key, whole } = find(root, path);
    const at = which === "key" && whole ? (key ?? node) : node;
    return nodePlace(source, at);
  };
  return {
    value,
    place,
    within: (path, line, column, length) => {
      const { node, whole } = find(root, path);
      return whole ? textPlace(source, resolved(node), line, column, length) : nodePlace(source, node);
    },
    fault: (path, message, hint, which) => source.fault(place(path, which), message, hint),
    faultAt: (at, message, hint) => source.fault(at, message, hint),
  };
}

/** The node at the end of a path with its key, as far down as there is one; `whole` says whether all of the path was there. */
function find(root: Node, path: Path): { node: Node; key: Node | undefined; whole: boolean } {
  let node = root;
  let key: Node | undefined;
  for (const part of path) {
    const here = resolved(node);
    const pair = here.kind === "mapping" ? pairOf(here.pairs, String(part)) : undefined;
    const next = here.kind === "sequence" ? here.items[Number(part)] : pair?.value;
    if (next === undefined) return { node, key, whole: false };
    node = next;
    key = pair?.key;
  }
  return { node, key, whole: true };
}

/** The last pair of a name wins, as it does in the value; else one that a merge key (`<<`) brings in. */
function pairOf(pairs: readonly Pair[], name: string): Pair | undefined {
  const own = pairs.findLast(({ key }) => keyName(key) === name);
  if (own !== undefined) return own;
  for (const { key, value } of pairs) {
    if (keyName(key) !== "<<") continue;
    const merged = resolved(value);
    for (const each of merged.kind === "sequence" ? merged.items.map(resolved) : [merged]) {
      const pair = each.kind === "mapping" ? pairOf(each.pairs, name) : undefined;
      if (pair !== undefined) return pair;
    }
  }
  return undefined;
}

function nodePlace(source: Source, node: Node): Place {
  if (node.kind === "scalar" && node.indent >= 0) return textPlace(source, node, 0, 0, node.end);
  // A block mapping is pointed at by its first key: all of its lines would be too much.
  const [first] = node.kind === "mapping" ? node.pairs : [];
  if (first !== undefined && first.key.start === node.start) return source.place(first.key.start, first.key.end);
  return source.place(node.start, node.end);
}

/** Maps a position in a scalar's decoded text back to the file. */
function textPlace(source: Source, node: Node, line: number, column: number, length: number): Place {
  const first = source.place(node.start, node.end);
  if (node.kind !== "scalar") return first;
  if (node.style === SCALAR_STYLE.LITERAL_BLOCK) {
    const number = first.line + line;
    const from = node.indent + column + 1;
    const rest = source.line(number).length - from + 1;
    return { line: number, column: from, length: Math.max(1, Math.min(length, rest)) };
  }
  const quote = node.style === SCALAR_STYLE.PLAIN ? 0 : 1;
  const start = node.start + quote + column;
  return line === 0 && start < node.end ? source.place(start, start + length) : first;
}

const NEIGHBOURS = "indent it as its neighbours are";
const UNCLOSED = "close the `[`, the `{` or the quote that was opened before";

/** js-yaml's reasons in words that help. The first pattern that fits counts; it may look at the text from the place on. */
const ADVICE: readonly (readonly [reason: RegExp, here: RegExp, message: string, hint: string])[] = [
  [/tab char/, /^/, "a tab is used for indentation, and YAML allows only spaces", "replace it with spaces"],
  [
    /<!vault>/,
    /^/,
    "a value encrypted by ansible-vault cannot be read",
    "decrypt it, or leave it out and give it when asked",
  ],
  [/unknown \w+ tag/, /^/, "this YAML tag is not known here", "leave out the word that begins with !"],
  [/deficient indentation|unexpected end/, /^/, "something that was opened before is still open here", UNCLOSED],
  [
    /bad indentation/,
    /^:/,
    "a second colon: a text that holds `: ` must be in quotes",
    "put all of the text in quotes",
  ],
  [/bad indentation/, /^[@%`]/, "a text cannot begin with this character unless it is in quotes", "put it in quotes"],
  [/bad indentation/, /^/, "this line does not fit in with the lines before it", NEIGHBOURS],
  [/end of the stream or/, /^/, "this does not belong to what stands before it", NEIGHBOURS],
  [/unknown escape/, /^/, "\\ begins no known escape here", "write \\\\ for a backslash, or use single quotes"],
  [/non-printable/, /^/, "there is a control character here", "remove it"],
];

function syntaxFault(source: Source, text: string, error: YAMLException): Fault {
  const start = error.mark?.position ?? 0;
  const at = source.place(start, start + 1);
  const here = text.slice(start, start + 1);
  const known = ADVICE.find(([reason, char]) => reason.test(error.reason) && char.test(here));
  if (known !== undefined) return source.fault(at, known[2], known[3]);
  return source.fault(at, `this is not valid YAML: ${error.reason}`);
}
