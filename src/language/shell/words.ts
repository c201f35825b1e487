import { assign, refer, giveUp, nameAt, type Reader } from "./reader.ts";
import type { Word } from "./tree.ts";

const META = new Set([" ", "\t", "\n", ";", "&", "|", "<", ">", "(", ")"]);

/** Reads one word, or nothing where there is none. */
export function readWord(reader: Reader): Word | undefined {
  const { text, at } = reader;
  let literal: string | undefined = "";
  const append = (more: string | undefined): void => {
    literal = literal === undefined || more === undefined ? undefined : literal + more;
  };
  while (reader.at < text.length) {
    const char = text.charAt(reader.at);
    if ((char === "<" || char === ">") && text.charAt(reader.at + 1) === "(") {
      reader.at += 2;
      append(substitution(reader));
    } else if (char === "(" && /^[A-Za-z_]\w*\+?=$/.test(text.slice(at, reader.at))) append(array(reader));
    else if (META.has(char)) break;
    else append(piece(reader, char));
  }
  return reader.at === at ? undefined : { raw: text.slice(at, reader.at), at, literal };
}

/** Reads one quoted or unquoted piece of a word; undefined where something is expanded. */
export function piece(reader: Reader, char: string): string | undefined {
  if (char === "'") return single(reader);
  if (char === '"') return double(reader);
  if (char === "$") return dollar(reader, false);
  if (char === "`") return backquote(reader);
  if (char !== "\\") {
    reader.at += 1;
    return char;
  }
  const next = reader.text.charAt(reader.at + 1);
  reader.at += 2;
  return next === "\n" ? "" : next;
}

function single(reader: Reader): string {
  const end = reader.text.indexOf("'", reader.at + 1);
  if (end < 0) giveUp();
  const inner = reader.text.slice(reader.at + 1, end);
  reader.at = end + 1;
  return inner;
}

function double(reader: Reader): string | undefined {
  reader.at += 1;
  let literal: string | undefined = "";
  for (;;) {
    const char = reader.text.charAt(reader.at);
    if (char === "") giveUp();
    if (char === '"') break;
    const more = char === "'" ? plain(reader) : char === "$" ? dollar(reader, true) : piece(reader, char);
    literal = literal === undefined || more === undefined ? undefined : literal + more;
  }
  reader.at += 1;
  return literal;
}

function plain(reader: Reader): string {
  reader.at += 1;
  return reader.text.charAt(reader.at - 1);
}

function backquote(reader: Reader): undefined {
  const start = reader.at + 1;
  let end = start;
  while (end < reader.text.length && reader.text.charAt(end) !== "`") end += reader.text.charAt(end) === "\\" ? 2 : 1;
  if (end >= reader.text.length) giveUp();
  // The same text up to the closing quote, so that offsets stay those of the script.
  const inner: Reader = { ...reader, text: `${reader.text.slice(0, end)})`, at: start, pending: [] };
  reader.substitutions.push(reader.commands(inner));
  reader.opaque ||= inner.opaque;
  reader.regions.push({ kind: "subshell", start, end });
  reader.at = end + 1;
  return undefined;
}

/** Reads what follows a `$`; undefined unless it stands for itself. */
export function dollar(reader: Reader, quoted: boolean): string | undefined {
  const rest = reader.text.slice(reader.at + 1, reader.at + 3);
  if (rest === "((" && arithmetic(reader, reader.at + 3)) return undefined;
  if (rest.startsWith("(")) {
    reader.at += 2;
    return substitution(reader);
  }
  if (rest.startsWith("{")) return brace(reader, quoted);
  if (rest.startsWith("'") && !quoted) return ansi(reader);
  const name = nameAt(reader, reader.at + 1);
  if (name !== "") {
    refer(reader, { name, at: reader.at, length: name.length + 1, optional: false });
    reader.at += name.length + 1;
    return undefined;
  }
  const special = /^[0-9@*#?$!-]/.test(rest);
  reader.at += special ? 2 : 1;
  return special ? undefined : "$";
}

function substitution(reader: Reader): undefined {
  const start = reader.at;
  reader.substitutions.push(reader.commands(reader));
  if (reader.text.charAt(reader.at) !== ")") giveUp();
  reader.regions.push({ kind: "subshell", start, end: reader.at });
  reader.at += 1;
  return undefined;
}

function array(reader: Reader): undefined {
  reader.at += 1;
  for (;;) {
    reader.at += /^(?:\s|#[^\n]*\n)*/.exec(reader.text.slice(reader.at))?.[0].length ?? 0;
    if (reader.text.charAt(reader.at) === ")") break;
    if (readWord(reader) === undefined) giveUp();
  }
  reader.at += 1;
  return undefined;
}

/** `$'…'`: backslashes escape, nothing is expanded. Its value does not matter here. */
function ansi(reader: Reader): undefined {
  reader.at += 2;
  while (reader.at < reader.text.length && reader.text.charAt(reader.at) !== "'") {
    reader.at += reader.text.charAt(reader.at) === "\\" ? 2 : 1;
  }
  reader.at += 1;
  return undefined;
}

function brace(reader: Reader, quoted: boolean): undefined {
  const start = reader.at;
  reader.at += 2;
  const prefix = /[#!]/.test(reader.text.charAt(reader.at)) ? 1 : 0;
  const name = nameAt(reader, reader.at + prefix);
  reader.at += name === "" ? 0 : prefix + name.length;
  const subscript = /^\[[^\]]*\]/.exec(reader.text.slice(reader.at, reader.at + 80))?.[0] ?? "";
  if (/^\[[^\]$`"']*\]:?[-=+?]/.test(reader.text.slice(reader.at, reader.at + 82))) reader.at += subscript.length;
  const operator = /^(:?[-=+?])?/.exec(reader.text.slice(reader.at, reader.at + 2))?.[0] ?? "";
  // `${!x*}` and `${!x@}` are the names that begin with x.
  const names = prefix > 0 && /^[*@]\}/.test(reader.text.slice(reader.at, reader.at + 2));
  if (name !== "" && !names)
    refer(reader, {
      name,
      at: start,
      length: reader.at - start,
      optional: operator !== "" || /^\[[@*]\]/.test(subscript),
    });
  if (operator.endsWith("=")) assign(reader, name);
  for (;;) {
    const char = reader.text.charAt(reader.at);
    if (char === "") giveUp();
    if (char === "}") break;
    // Inside of double quotes, a quote in a default stands for itself.
    if (char === "'" && quoted && operator !== "") plain(reader);
    else piece(reader, char);
  }
  reader.at += 1;
  return undefined;
}

/** Reads `… ))` from an offset on and notes its names; false, with nothing read, where it is no arithmetic. */
export function arithmetic(reader: Reader, start: number): boolean {
  let depth = 0;
  let end = start;
  for (; ; end += 1) {
    const char = reader.text.charAt(end);
    if (char === "" || char === ";") return false;
    if (char === "(") depth += 1;
    if (char !== ")") continue;
    if (depth === 0) break;
    depth -= 1;
  }
  if (reader.text.charAt(end + 1) !== ")") return false;
  reader.at = start;
  while (reader.at < end) arithmeticPiece(reader);
  reader.at = end + 2;
  return true;
}

function arithmeticPiece(reader: Reader): void {
  const char = reader.text.charAt(reader.at);
  if (char === "$") dollar(reader, true);
  else if (char === "`") backquote(reader);
  else if (/[0-9]/.test(char))
    reader.at += /^[0-9][\w#@]*/.exec(reader.text.slice(reader.at, reader.at + 80))?.[0].length ?? 1;
  else {
    const name = nameAt(reader, reader.at);
    if (name === "") {
      reader.at += 1;
      return;
    }
    const after = reader.text.slice(reader.at + name.length, reader.at + name.length + 80);
    if (/^(?:\[[^\]]*\])?\s*([-+*/%&|^]|<<|>>)?=(?!=)/.test(after)) assign(reader, name);
    else refer(reader, { name, at: reader.at, length: name.length, optional: false });
    reader.at += name.length;
  }
}
