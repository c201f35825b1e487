import type { Fault } from "../../model/fault.ts";
import { parseAddress } from "./address.ts";

/** What is taken of the hosts that a name matches: one (negative counts from the end), or from `from` up to before `to`. */
export type Subscript =
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "slice"; readonly from: number; readonly to: number };

/** One part of a pattern. */
export type Term = {
  readonly kind: "union" | "intersection" | "exclusion";
  /** Without `&`, `!` and subscript. A leading `~` says that it is a regular expression. */
  readonly name: string;
  readonly whole: string;
  readonly subscript: Subscript | undefined;
  /** A glob or a regular expression: it may match nothing. */
  readonly open: boolean;
};

/** Takes a pattern apart at its commas, or else at its colons. */
export function parsePattern(pattern: string): readonly Term[] | Fault {
  const texts = splitPattern(pattern);
  if (!Array.isArray(texts)) return texts;
  if (texts.length === 0) return wrong("the host pattern is empty", "write `all` if you mean every host");
  const terms: Term[] = [];
  for (const text of texts) {
    const term = parseTerm(text);
    if ("message" in term) return term;
    terms.push(term);
  }
  return terms;
}

/** Whether a name fits a term: by regular expression from its beginning, or by glob as a whole. */
export function matcher({ name, whole }: Term): ((candidate: string) => boolean) | Fault {
  const source = name.startsWith("~") ? name.slice(1) : `${globSource(name)}$`;
  try {
    const expression = new RegExp(`^(?:${source})`, "s");
    return (candidate) => expression.test(candidate);
  } catch {
    if (!name.startsWith("~"))
      return wrong(
        `\`${whole}\` is neither a slice nor a glob`,
        "a slice counts from 0 at the beginning, as in web[0:2]; one host from the end is web[-1]",
      );
    return wrong(`\`${name}\` is no regular expression`, "what follows ~ is a JavaScript regular expression");
  }
}

/** The parts of a pattern as they are written, without the blanks around them. */
export function splitPattern(pattern: string): string[] | Fault {
  const parts = split(pattern);
  return Array.isArray(parts) ? parts.map((part) => part.trim()).filter((part) => part !== "") : parts;
}

function split(pattern: string): string[] | Fault {
  if (pattern.includes(",")) return pattern.split(",");
  // An IPv6 address has colons of its own; so has a name with a port, which no host has.
  if (pattern.includes(":") && !("error" in parseAddress(pattern))) return [pattern];
  const parts = pattern.match(/(?:[^\s:[\]]|\[[^\]]*\])+/g) ?? [];
  const rest = parts.reduce((left, part) => left.replace(part, ""), pattern);
  return /^[\s:]*$/.test(rest)
    ? parts
    : wrong(`a bracket is not closed in the host pattern \`${pattern}\``, "a slice is written web[0:2]");
}

function parseTerm(text: string): Term | Fault {
  const sign = text[0];
  const kind = sign === "!" ? "exclusion" : sign === "&" ? "intersection" : "union";
  const whole = kind === "union" ? text : text.slice(1).trim();
  if (whole === "")
    return wrong(`\`${text}\` in the host pattern stands before nothing`, "write for instance `web:!db`");
  if (whole.startsWith("@"))
    return wrong(
      `hosts from a file (${whole}) can be named on the command line alone, and without a sign before the @`,
      "write the hosts with commas",
    );
  if (whole.startsWith("~")) return { kind, name: whole, whole, subscript: undefined, open: true };
  const match = /^(.+)\[(?:(-?\d+)|(\d+)([:-])(\d*))\]$/.exec(whole);
  const [, name = whole, index, from, separator, to] = match ?? [];
  if (separator === "-")
    return wrong(`\`${whole}\` is neither a slice nor a glob`, `a slice is written ${name}[${from}:${to}]`);
  return { kind, name, whole, subscript: subscriptOf(index, from, to), open: /[*?[]/.test(name) };
}

/** Ansible's slices hold both of their ends. */
function subscriptOf(
  index: string | undefined,
  from: string | undefined,
  to: string | undefined,
): Subscript | undefined {
  if (index !== undefined) return { kind: "index", index: Number(index) };
  if (from === undefined) return undefined;
  return { kind: "slice", from: Number(from), to: to === undefined || to === "" ? Infinity : Number(to) + 1 };
}

/** A shell glob as the source of a regular expression: `*`, `?`, `[abc]`, `[a-c]`, `[!abc]`. */
function globSource(glob: string): string {
  return glob.replaceAll(/\[(!?)(\]?[^\]]*)\]|[\s\S]/g, (char: string, not?: string, set?: string) => {
    if (set !== undefined && set !== "") return `[${not === "!" ? "^" : ""}${set.replaceAll(/[\\[\]^]/g, "\\$&")}]`;
    if (char === "*") return ".*";
    return char === "?" ? "." : char.replaceAll(/[\\^$.+()[\]{}|/]/g, "\\$&");
  });
}

function wrong(message: string, hint: string): Fault {
  return { kind: "usage", message, hint };
}
