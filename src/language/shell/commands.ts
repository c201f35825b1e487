import { expect, skip } from "./lines.ts";
import { assign, giveUp, looking, peekWord, type Reader } from "./reader.ts";
import { ask, readSimple, redirect } from "./simple.ts";
import type { CaseBranch, Command, List, Word } from "./tree.ts";
import { arithmetic, readWord } from "./words.ts";

/** Reads one command of any kind. */
export function readCommand(reader: Reader): Command {
  const { at } = reader;
  const compound = readCompound(reader);
  if (compound === undefined) return readSimple(reader);
  skip(reader, false);
  while (descriptor(reader) || redirect(reader)) skip(reader, false);
  if (compound.kind === "loop" || compound.kind === "function")
    reader.regions.push({ kind: compound.kind, start: at, end: reader.at });
  return { ...compound, at, end: reader.at };
}

type Bare = Command extends infer C ? (C extends Command ? Omit<C, "at" | "end"> : never) : never;

function readCompound(reader: Reader): Bare | undefined {
  if (looking(reader, "((") && arithmetic(reader, reader.at + 2)) return { kind: "test", opening: "((" };
  if (looking(reader, "(")) {
    const start = reader.at;
    reader.at += 1;
    const body = reader.commands(reader);
    expect(reader, ")");
    reader.regions.push({ kind: "subshell", start, end: reader.at });
    return { kind: "group", body };
  }
  // bash takes nearly every word for a function's name.
  if (/^[^\s;&|<>()$`"'\\#={}!][^\s;&|<>()$`"'\\=]*\s*\(\s*\)/.test(reader.text.slice(reader.at, reader.at + 100))) {
    return readFunction(reader);
  }
  switch (peekWord(reader)) {
    case "{":
      return { kind: "group", body: block(reader, "{", "}") };
    case "if":
      return readIf(reader);
    case "while":
    case "until": {
      reader.at += 5;
      return { kind: "loop", head: reader.commands(reader), body: block(reader, "do", "done") };
    }
    case "for":
    case "select":
      return readFor(reader);
    case "case":
      return readCase(reader);
    case "[[":
      return readTest(reader);
    case "function":
      reader.at += "function".length;
      skip(reader, false);
      return readFunction(reader);
  }
  return undefined;
}

function readIf(reader: Reader): Bare {
  const conditions: List[] = [];
  const branches: List[] = [];
  for (let word = "if"; word === "if" || word === "elif"; word = peekWord(reader)) {
    expect(reader, word);
    conditions.push(reader.commands(reader));
    expect(reader, "then");
    branches.push(reader.commands(reader));
  }
  if (peekWord(reader) === "else") {
    expect(reader, "else");
    branches.push(reader.commands(reader));
  }
  expect(reader, "fi");
  return { kind: "if", conditions, branches };
}

function readFor(reader: Reader): Bare {
  reader.at += peekWord(reader).length;
  skip(reader, false);
  if (looking(reader, "((")) {
    const end = reader.text.indexOf("))", reader.at);
    if (end < 0) giveUp();
    for (const [, name = ""] of reader.text.slice(reader.at, end).matchAll(/([A-Za-z_]\w*)\s*=(?!=)/g))
      assign(reader, name);
    reader.at = end + 2;
  } else {
    assign(reader, readWord(reader)?.raw ?? giveUp());
    skip(reader, true);
    if (peekWord(reader) === "in") {
      expect(reader, "in");
      do skip(reader, false);
      while (readWord(reader) !== undefined);
    }
  }
  skip(reader, true);
  if (looking(reader, ";")) reader.at += 1;
  return { kind: "loop", head: [], body: block(reader, "do", "done") };
}

function readCase(reader: Reader): Bare {
  expect(reader, "case");
  skip(reader, false);
  const subject = readWord(reader) ?? giveUp();
  expect(reader, "in");
  const branches: CaseBranch[] = [];
  for (;;) {
    skip(reader, true);
    if (peekWord(reader) === "esac") break;
    branches.push(readBranch(reader));
  }
  expect(reader, "esac");
  return { kind: "case", subject, branches };
}

function readBranch(reader: Reader): CaseBranch {
  if (looking(reader, "(")) reader.at += 1;
  const patterns: Word[] = [];
  for (;;) {
    skip(reader, false);
    patterns.push(readWord(reader) ?? giveUp());
    skip(reader, false);
    if (!looking(reader, "|")) break;
    reader.at += 1;
  }
  expect(reader, ")");
  const body = reader.commands(reader);
  // `;;`, and bash's `;&` and `;;&`.
  reader.at += /^(;;&|;;|;&)?/.exec(reader.text.slice(reader.at, reader.at + 3))?.[0].length ?? 0;
  return { patterns, body };
}

/** `[[ … ]]`: operators and patterns of its own; only the words in it matter here. */
function readTest(reader: Reader): Bare {
  let asking = false;
  for (;;) {
    // Behind one of its operators `#` is a part of a pattern.
    if (!/[(|]/.test(reader.text.charAt(reader.at - 1))) skip(reader, true);
    const word = readWord(reader);
    if (word?.raw === "]]") return { kind: "test", opening: "[[" };
    if (asking && word !== undefined) ask(reader, word);
    asking = word?.raw === "-v";
    if (word !== undefined) continue;
    if (reader.at >= reader.text.length) giveUp();
    reader.at += 1;
  }
}

/** The number before a redirection of a compound command: `2>`. */
function descriptor(reader: Reader): boolean {
  const number = /^\d+(?=[<>])/.exec(reader.text.slice(reader.at, reader.at + 4))?.[0] ?? "";
  reader.at += number.length;
  return number !== "";
}

/** From its name on. */
function readFunction(reader: Reader): Bare {
  const name = readWord(reader)?.raw ?? "";
  skip(reader, false);
  if (looking(reader, "(")) {
    reader.at += 1;
    expect(reader, ")");
  }
  skip(reader, true);
  return { kind: "function", name, body: readCommand(reader) };
}

/** The commands between two words. */
function block(reader: Reader, opening: string, closing: string): List {
  expect(reader, opening);
  const body = reader.commands(reader);
  expect(reader, closing);
  return body;
}
