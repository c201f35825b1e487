import { SCALAR_STYLE, type Schema, type YAMLException } from "js-yaml";
import type { Fault } from "../../model/fault.ts";
import type { Place, Source } from "./source.ts";
import { didYouMean } from "../suggest.ts";
import type { Culprit } from "./culprit.ts";
import { keyName, resolved, type Alias, type Node, type Tree } from "./tree.ts";

/** Characters that a file may have. */
const MAX_CHARACTERS = 1_000_000;
/** Nodes that aliases may add: enough for every honest use, and far from what hangs a reader. */
const MAX_ALIASED = 10_000;

/** Why a text is not even read as YAML: too large, binary, empty. */
export function refuse(text: string, file: string): Fault | undefined {
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

/** A file without a document. */
export function empty(file: string): Fault {
  return { kind: "invalid-file", message: "the file is empty", hint: "expected a YAML document", where: `${file}:1:1` };
}

/** More than one document in the file. */
export function documentFaults(source: Source, { roots: [first, second] }: Tree): Fault[] {
  if (first === undefined || second === undefined) return [];
  const after = source.text.slice(first.end);
  // An empty one has no place of its own, and one that dots begin has no dashes.
  const marks = Array.from(after.matchAll(/^---(?=\s|$)/gm), ({ index }) => first.end + index);
  const mark = marks.findLast((offset) => offset < second.start) ?? (second.start < first.end ? marks[0] : undefined);
  const at = mark === undefined ? source.place(second.start, second.end) : source.place(mark, mark + 3);
  const hint = `put each in a file of its own, or remove the line \`${mark === undefined ? "..." : "---"}\` between them`;
  return [source.fault(at, "a second document begins here, and one is expected", hint)];
}

/** What git leaves where two versions of a file could not be joined. */
export function conflictFaults(source: Source): Fault[] {
  const message = "git could not join two versions of this file: here begins what differs";
  const hint = "settle it, and remove the lines that begin with <<<<<<<, ======= and >>>>>>>";
  const end = source.text.lastIndexOf("\n>>>>>>>");
  return Array.from(source.text.matchAll(/^<{7}(?: .*)?$/gm))
    .filter(({ index }) => index < end)
    .map(({ 0: mark, index }) => source.fault(source.place(index, index + mark.length), message, hint));
}

/** Aliases that together make a document too large to hold: it must not even be written out. */
export function bombFault(source: Source, aliases: readonly Alias[]): Fault | undefined {
  let added = 0;
  for (const alias of aliases) {
    added += alias.size;
    if (added <= MAX_ALIASED) continue;
    const message = `aliases make this document larger than ${MAX_ALIASED.toLocaleString("en")} values`;
    return source.fault(nodePlace(source, alias), message, "write out what is needed instead of nesting aliases");
  }
  return undefined;
}

/** An alias that leads nowhere, or into itself. */
export function aliasFault(source: Source, alias: Alias, anchors: Iterable<string>): Fault | undefined {
  const at = nodePlace(source, alias);
  if (alias.target === undefined) {
    const message = `*${alias.name} refers to an anchor that is not there`;
    return source.fault(at, message, didYouMean(alias.name, anchors) ?? `define it before with &${alias.name}`);
  }
  if (!alias.open) return undefined;
  return source.fault(at, `*${alias.name} stands inside of what it refers to`, "a value cannot hold itself");
}

function nodePlace(source: Source, { start, end }: Node): Place {
  return source.place(start, end);
}

/** Keys that are given twice, and keys that are no text where they must be one (or cannot be made one). */
export function keyFaults(
  source: Source,
  schema: Schema,
  node: Node,
  textKeys: (path: readonly string[]) => boolean = () => true,
  path: readonly string[] = [],
): Fault[] {
  if (node.kind === "sequence")
    return node.items.flatMap((item, index) => keyFaults(source, schema, item, textKeys, [...path, String(index)]));
  if (node.kind !== "mapping") return [];
  const any = !textKeys(path);
  const seen = new Map<string, Place>();
  return node.pairs.flatMap(({ key, value }) => {
    const at = source.place(key.start, key.end);
    const inside = keyFaults(source, schema, value, textKeys, [...path, keyName(key)]);
    // One that leads nowhere is told as that.
    if (resolved(key).kind === "alias") return inside;
    const wrong = keyFault(source, schema, key, at, any);
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

function keyFault(source: Source, schema: Schema, key: Node, at: Place, any: boolean): Fault | undefined {
  const node = resolved(key);
  if (node.kind !== "scalar") return source.fault(at, "a key must be a text, and this is a list or a mapping");
  if (any || node.style !== SCALAR_STYLE.PLAIN || node.tagged) return undefined;
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

const NEIGHBOURS = "indent it as its neighbours are";
const OPEN = "something that was opened before is still open here";
const UNCLOSED = "close the `[`, the `{` or the quote that was opened before";

/** js-yaml's reasons in words that help. The first pair that fits counts; the second pattern is for the line, in which U+0000 marks the place. */
const ADVICE: readonly (readonly [reason: RegExp, line: RegExp, message: string, hint: string])[] = [
  [/tab char/, /^/, "a tab is used for indentation, and YAML allows only spaces", "replace it with spaces"],
  [
    /<!vault>/,
    /^/,
    "a value encrypted by ansible-vault cannot be read",
    "decrypt it, or leave it out and give it when asked",
  ],
  [/unknown \w+ tag/, /^/, "this YAML tag is not known here", "leave out the word that begins with !"],
  [/deficient indentation|unexpected end/, /^/, OPEN, UNCLOSED],
  [
    /bad indentation/,
    /:\s.*\0:/,
    "a second colon: a text that holds `: ` must be in quotes",
    "put all of the text in quotes",
  ],
  [/bad indentation/, /\0[@%`]/, "a text cannot begin with this character unless it is in quotes", "put it in quotes"],
  [
    /bad indentation|end of the stream or/,
    /["'\]}]\s*\0/,
    "this stands behind what a quote or bracket has closed",
    "a text with quotes or brackets of its own must be in quotes as a whole, or begin with `|` and a new line",
  ],
  [/bad indentation/, /^/, "this line does not fit in with the lines before it", NEIGHBOURS],
  [/end of the stream or/, /^/, "this does not belong to what stands before it", NEIGHBOURS],
  [
    /missed comma/,
    /^/,
    "a comma is missing before this",
    "a text with blanks, quotes or a colon in it must be in quotes",
  ],
  [/unknown escape/, /^/, "\\ begins no known escape here", "write \\\\ for a backslash, or use single quotes"],
  [/non-printable/, /^/, "there is a control character here", "remove it"],
];

/** What js-yaml refuses, in words that help. */
export function syntaxFault(source: Source, error: YAMLException, { at: start, key, opener }: Culprit): Fault {
  const at = source.place(start, start + 1);
  if (key) {
    const hint = "write `key: value`; the lines of a script are indented further than its key";
    return source.fault(at, "no colon and blank ends a key here", hint);
  }
  const line = source.line(at.line);
  const marked = `${line.slice(0, at.column - 1)}\0${line.slice(at.column - 1)}`;
  const known = ADVICE.find(([reason, pattern]) => reason.test(error.reason) && pattern.test(marked));
  const from = opener === undefined || /missed comma/.test(error.reason) ? at.line : source.place(opener, opener).line;
  if (from < at.line) return source.fault(at, OPEN, `${UNCLOSED}, perhaps on line ${from}`);
  if (known !== undefined) return source.fault(at, known[2], known[3]);
  return source.fault(at, `this is not valid YAML: ${error.reason}`);
}
