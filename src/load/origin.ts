import { execFile } from "node:child_process";
import { resolve } from "node:path";
import type { InputOrigin } from "../model/origin.ts";
import { Secret, type Opened } from "../model/secret.ts";
import { readText } from "./text.ts";

/** Bytes that a value may have. */
const MAX_VALUE = 1_000_000;
/** ms that a program may take to print one. */
const PATIENCE = 30_000;

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

/** Nothing of what it prints is told: that is the secret. */
function printed([program = "", ...args]: readonly string[], cwd: string): Promise<Opened> {
  const hint = "run it by hand to see what it says";
  const options = { cwd, timeout: PATIENCE, killSignal: "SIGKILL", maxBuffer: MAX_VALUE, encoding: "utf8" } as const;
  return new Promise((done) => {
    const child = execFile(program, args, options, (error, stdout) => {
      if (error === null) return done(opened(stdout));
      const how =
        error.killed === true
          ? "did not end in time"
          : typeof error.code === "number"
            ? `exited ${error.code}`
            : String(error.code);
      done({ problem: `${program} ${how}`, hint });
    });
    child.stdin?.end();
  });
}
