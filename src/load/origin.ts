import { resolve } from "node:path";
import type { InputOrigin } from "../model/origin.ts";
import { Secret, type Opened } from "../model/secret.ts";
import { runProgram } from "./program.ts";
import { readText } from "./text.ts";

/** Bytes that a value may have. */
const MAX_VALUE = 1_000_000;
/** Seconds that a program may take to print one. */
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
  const value = text.replace(/\r?\n$/, "");
  const hint = "see that it holds the value";
  return value === "" ? { problem: "it is empty", hint } : { secret: new Secret(value) };
}

/** Nothing of what it says is told: that may be the secret. */
async function printed([program = "", ...args]: readonly string[], cwd: string): Promise<Opened> {
  const end = await runProgram(program, args, { cwd, seconds: PATIENCE, most: MAX_VALUE });
  const hint = "run it by hand to see what it says";
  return "problem" in end ? { problem: `${program}: ${end.problem}`, hint } : opened(end.stdout.toString("utf8"));
}
