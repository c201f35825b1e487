import { readCommand } from "./commands.ts";
import { skip } from "./lines.ts";
import { looking, peekWord, type Reader } from "./reader.ts";
import type { AndOr, List, Pipeline, ShellScript } from "./tree.ts";

const CLOSERS = new Set(["then", "else", "elif", "fi", "do", "done", "esac", "}"]);

/** Reads a script for `sh` or `bash`; undefined when it is not understood. Whether it is valid is for a real shell to say. */
export function readShell(text: string): ShellScript | undefined {
  const reader: Reader = {
    text,
    at: 0,
    references: [],
    assigned: new Set(),
    heredocs: [],
    substitutions: [],
    pending: [],
    unclosed: [],
    opaque: false,
    commands: readList,
  };
  try {
    const list = readList(reader);
    reader.unclosed.push(...reader.pending);
    return reader.at < text.length ? undefined : { ...reader, list };
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
    list.push(readAndOr(reader));
    skip(reader, false);
    if (looking(reader, ";;") || looking(reader, ";&")) return list;
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
    if (!looking(reader, "|") || looking(reader, "||")) return { negated, commands };
    reader.at += looking(reader, "|&") ? 2 : 1;
    skip(reader, true);
    commands.push(readCommand(reader));
  }
}
