import { resolve } from "node:path";
import type { InputOrigin } from "../model/origin.ts";
import { Secret, type Opened } from "../model/secret.ts";
import { runProgram } from "./program.ts";
import { readText } from "./text.ts";

/** Bytes that a value from elsewhere may have: of an input it is sent to every host with every script. */
export const MAX_VALUE = 1_000_000;
/** Seconds that a program may take to print one: it may ask a store of secrets elsewhere. */
const PATIENCE = 30;

/** The value that comes from the environment, a file or a program. What begins nowhere begins in `directory`. One newline at its end is not part of it. */
export async function readOrigin(
  { env, file, command }: InputOrigin,
  surroundings: { readonly env: NodeJS.ProcessEnv; readonly directory: string },
): Promise<Opened> {
  if (env !== undefined) {
    const value = surroundings.env[env];
    const hint = "set it where runbook is started";
    return value === undefined ? { problem: `the variable ${env} is not set in the environment`, hint } : opened(value);
  }
  if (file !== undefined) {
    const read = await readText(resolve(surroundings.directory, file), MAX_VALUE);
    const hint = "paths begin where the file is that names them";
    return "problem" in read ? { problem: `${file}: ${read.problem}`, hint } : opened(read.text);
  }
  if (command !== undefined) return printed(command, surroundings.directory);
  return { problem: "nothing says where it comes from", hint: "expected one of env, file, command" };
}

function opened(text: string): Opened {
  const value = withoutEnd(text);
  const hint = "see that it holds the value";
  return value === "" ? { problem: "it is empty", hint } : { secret: new Secret(value) };
}

async function printed(argv: readonly string[], cwd: string): Promise<Opened> {
  const value = await printedText(argv, cwd);
  return "problem" in value ? { ...value, hint: "run it by hand to see what it says" } : opened(value.text);
}

/** The text that a program prints, whole, or which program and why not. Nothing of what it says is told: that may be the secret. */
export async function printedText(
  [program = "", ...args]: readonly string[],
  cwd: string,
): Promise<{ readonly text: string } | { readonly problem: string }> {
  const end = await runProgram(program, args, { cwd, seconds: PATIENCE, most: MAX_VALUE });
  if ("problem" in end) return { problem: `${program}: ${end.problem}` };
  if (end.stdout.includes(0)) return { problem: `${program}: it prints NUL bytes` };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(end.stdout) };
  } catch {
    return { problem: `${program}: it prints what is not text in UTF-8` };
  }
}

/** A value without the line break at its end, which is no part of it. */
export function withoutEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}
