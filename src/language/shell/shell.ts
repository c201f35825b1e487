import { readCommand } from "./commands.ts";
import { skip } from "./lines.ts";
import { looking, peekWord, type Reader } from "./reader.ts";
import type { AndOr, List, Pipeline, ShellScript, Variables } from "./tree.ts";

const CLOSERS = new Set(["then", "else", "elif", "fi", "do", "done", "esac", "}"]);

/** Reads a script for `sh` or `bash`; undefined when it is not understood. Whether it is valid is for a real shell to say. */
export function readShell(text: string): ShellScript | undefined {
  const reader = readerOf(text);
  const list = understood(reader);
  return list === undefined ? undefined : { ...reader, list };
}

/** What can be said of the variables of a script that is not understood: those it reads, as far as it was read, that no other word of it might set. */
export function readBeginning(text: string): Variables {
  const reader = readerOf(text);
  understood(reader);
  const words = new Set(
    Array.from(text.matchAll(/(\$\{?[#!]?)?\b([A-Za-z_]\w*)/g), ([, sign, word = ""]) =>
      sign === undefined ? word : "",
    ),
  );
  const references = reader.references.filter(({ name }) => !words.has(name));
  return {
    references,
    // Where it is not known how the rest goes on, a name that gets a value anywhere has one everywhere.
    assignments: reader.assignments.map(({ name }) => ({ name, at: 0, reach: "shell" })),
    regions: [],
    opaque: words.has("eval") || words.has("source") || /(^|[\s;&|])\.\s/.test(text),
  };
}

function readerOf(text: string): Reader {
  return {
    text,
    at: 0,
    references: [],
    assignments: [],
    regions: [],
    heredocs: [],
    substitutions: [],
    pending: [],
    unclosed: [],
    opaque: false,
    commands: readList,
  };
}

/** All of the reader's text as commands, if it is commands to its end. */
function understood(reader: Reader): List | undefined {
  try {
    const list = readList(reader);
    reader.unclosed.push(...reader.pending);
    return reader.at < reader.text.length ? undefined : list;
  } catch (error) {
    // Too deep a nesting (a RangeError) is not understood either.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Reads commands until something closes them: `)`, `;;`, a closing word, or the end. */
function readList(reader: Reader): List {
  const list: AndOr[] = [];
  for (;;) {
    skip(reader, true);
    if (looking(reader, ";;") || looking(reader, ")") || reader.at >= reader.text.length) return list;
    if (CLOSERS.has(peekWord(reader))) return list;
    const start = reader.at;
    list.push(readAndOr(reader));
    skip(reader, false);
    if (looking(reader, ";;") || looking(reader, ";&")) return list;
    if (looking(reader, "&")) reader.regions.push({ kind: "subshell", start, end: reader.at });
    if (looking(reader, ";") || looking(reader, "&")) reader.at += 1;
  }
}

function readAndOr(reader: Reader): AndOr {
  const pipelines = [readPipeline(reader)];
  const operators: ("&&" | "||")[] = [];
  for (;;) {
    skip(reader, false);
    const operator = looking(reader, "&&") ? "&&" : looking(reader, "||") ? "||" : undefined;
    if (operator === undefined) return { pipelines, operators };
    reader.at += 2;
    skip(reader, true);
    operators.push(operator);
    pipelines.push(readPipeline(reader));
  }
}

function readPipeline(reader: Reader): Pipeline {
  let negated = false;
  while (peekWord(reader) === "!") {
    reader.at += 1;
    negated = !negated;
    skip(reader, false);
  }
  const commands = [readCommand(reader)];
  for (;;) {
    skip(reader, false);
    if (!looking(reader, "|") || looking(reader, "||")) break;
    reader.at += looking(reader, "|&") ? 2 : 1;
    skip(reader, true);
    commands.push(readCommand(reader));
  }
  // bash's `lastpipe` spares the last of them the process of its own.
  const apart = commands.length === 1 ? [] : reader.text.includes("lastpipe") ? commands.slice(0, -1) : commands;
  for (const { at, end } of apart) reader.regions.push({ kind: "subshell", start: at, end });
  return { negated, commands };
}
