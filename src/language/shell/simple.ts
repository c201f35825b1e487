import { skip } from "./lines.ts";
import { assign, giveUp, refer, type Reader } from "./reader.ts";
import type { Assignment, Command, Word } from "./tree.ts";
import { readWord } from "./words.ts";

const DECLARERS = new Set([
  "export",
  "readonly",
  "local",
  "declare",
  "typeset",
  "read",
  "mapfile",
  "readarray",
  "getopts",
  "let",
  "unset",
]);
/** They set a variable of the function that they stand in. */
const LOCAL = new Set(["local", "declare", "typeset"]);
/** What is set before them stays, as these builtins are the shell itself. */
const SPECIAL = new Set(": . break continue eval exec exit return set shift source times trap".split(" "));
const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*/;

/** Reads a simple command: assignments, words and redirections. */
export function readSimple(reader: Reader): Command {
  const { at } = reader;
  const assignments: Word[] = [];
  const words: Word[] = [];
  let end = at;
  for (; ; end = reader.at) {
    skip(reader, false);
    if (redirect(reader)) continue;
    const word = readWord(reader);
    if (word === undefined) break;
    if (/^(\d+|\{\w+\})$/.test(word.raw) && /[<>]/.test(reader.text.charAt(reader.at))) {
      // bash's `exec {fd}<file`.
      if (word.raw.startsWith("{")) assign(reader, word.raw.slice(1, -1));
      continue;
    }
    if (words.length > 0 || !/^[A-Za-z_]\w*(\[[^\]]*\])?\+?=/.test(word.raw)) words.push(word);
    else assignments.push(word);
  }
  if (end === at) giveUp();
  note(reader, assignments, words);
  return { kind: "simple", assignments, words, at, end };
}

/** Notes which names a simple command gives a value. */
function note(reader: Reader, assignments: readonly Word[], words: readonly Word[]): void {
  const skipped = words.findIndex((word) => !["command", "builtin", "-p"].includes(word.raw));
  const [first, ...rest] = words.slice(Math.max(0, skipped));
  // A backslash keeps a word from being an alias.
  const command = first === undefined ? undefined : { ...first, raw: first.raw.replace(/^\\/, "") };
  const lasting = command === undefined || SPECIAL.has(command.raw) || DECLARERS.has(command.raw);
  for (const word of assignments) set(reader, word, lasting ? "shell" : "command");
  if (command === undefined) return;
  const asking = ["[", "test"].includes(command.raw) ? rest.findIndex(({ raw }) => raw === "-v") : -1;
  const asked = asking < 0 ? undefined : rest[asking + 1];
  if (asked !== undefined) ask(reader, asked);
  reader.opaque ||= setsAnything(command, rest);
  if (command.raw === "time") for (const word of rest) if (/^[A-Za-z_]\w*=/.test(word.raw)) set(reader, word, "shell");
  if (command.raw === "trap" && rest[0] !== undefined)
    for (const name of assignedIn(rest[0])) assign(reader, name, rest[0].at);
  if (command.raw === "let") for (const word of rest) for (const name of assignedIn(word)) assign(reader, name);
  const waited = command.raw === "wait" ? rest[rest.findIndex(({ raw }) => raw === "-p") + 1] : undefined;
  if (waited !== undefined) set(reader, waited, "shell");
  const local = LOCAL.has(command.raw) && !rest.some(({ raw }) => /^-\w*g/.test(raw));
  if (DECLARERS.has(command.raw)) for (const word of rest) set(reader, word, local ? "local" : "shell");
  const target = command.raw === "printf" && rest[0]?.raw === "-v" ? rest[1] : undefined;
  if (target !== undefined) set(reader, target, "shell");
}

/** Whether a command may set a variable whose name is not known by reading, or makes it no mistake to read one that is not set. */
function setsAnything({ raw }: Word, rest: readonly Word[]): boolean {
  if (["eval", ".", "source", "coproc"].includes(raw)) return true;
  if (raw === "set")
    return rest.some((word, at) => /^\+\w*u/.test(word.raw) || (word.raw === "nounset" && rest[at - 1]?.raw === "+o"));
  if (raw === "printf") return rest[0]?.raw === "-v" && nameOf(rest[1]) === undefined;
  if (!DECLARERS.has(raw) || raw === "unset" || raw === "let") return false;
  // A name that stands for another.
  if (LOCAL.has(raw) && rest.some((word) => /^-\w*n/.test(word.raw))) return true;
  const reads = raw === "read" || raw === "mapfile" || raw === "readarray";
  const names = rest.filter(
    (_, at) => !(reads && /^-\w*[^ra]$/.test(rest[at - 1]?.raw ?? "")) && !(raw === "getopts" && at === 0),
  );
  return names.some((word) => /^["']?[\w$`]/.test(word.raw) && nameOf(word) === undefined);
}

/** The names that get a value in a text of commands or of arithmetic. */
function assignedIn({ raw }: Word): readonly string[] {
  return Array.from(
    raw.matchAll(/(?<![\w$])([A-Za-z_]\w*)(?:\[[^\]]*\])?\s*[-+*/%&|^]?=(?!=)/g),
    ([, name = ""]) => name,
  );
}

/** From the end of the word on: `x=$x` reads before it sets. */
function set(reader: Reader, word: Word, reach: Assignment["reach"]): void {
  const name = nameOf(word);
  if (name !== undefined) assign(reader, name, word.at + word.raw.length, reach);
}

/** bash's `-v name` asks whether there is such a variable. */
export function ask(reader: Reader, { raw, at }: Word): void {
  const name = SHELL_NAME.exec(raw)?.[0];
  if (name !== undefined) refer(reader, { name, at, length: raw.length, optional: true });
}

/** The name at the beginning of a word; undefined where it is made of something that is expanded. */
function nameOf(word: Word | undefined): string | undefined {
  const text = word?.raw.replace(/^["']/, "") ?? "";
  const name = SHELL_NAME.exec(text)?.[0];
  return name === undefined || /^[$`]/.test(text.slice(name.length)) ? undefined : name;
}

/** Reads one redirection, if there is one. */
export function redirect(reader: Reader): boolean {
  const operator = /^(&>>|&>|<<<|<<-|<<|<>|<&|<(?!\()|>>|>&|>\||>(?!\())/.exec(
    reader.text.slice(reader.at, reader.at + 3),
  )?.[0];
  if (operator === undefined) return false;
  const { at } = reader;
  reader.at += operator.length;
  skip(reader, false);
  const target = readWord(reader) ?? giveUp();
  if (operator !== "<<" && operator !== "<<-") return true;
  reader.heredocs.push(at);
  const end = target.literal ?? target.raw;
  reader.pending.push({ at, end, quoted: /["'\\]/.test(target.raw), tabs: operator === "<<-" });
  return true;
}
