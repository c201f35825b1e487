import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { FaultError } from "../model/fault.ts";

/** What these signatures are for; one that was given for anything else (a commit, a file) is not taken for a decision. */
export const NAMESPACE = "runbook-decision";

/** How a program ended, with what it printed. `code` null: it could not be started. */
export type Said = { readonly code: number | null; readonly out: string; readonly err: string };

/** What shells say of a program that a signal ended. */
const KILLED = 128;

/** How a program is given its input: a text, or the terminal of ours for what it asks. */
type Input = { readonly text: string } | "terminal";

/**
 * Runs a program without a shell. Nothing secret may be among its arguments: every user of the machine can read them. While it asks on the
 * terminal, Ctrl-C is for it alone: we go on, and take away what we have written.
 */
export async function runProgram(
  command: string,
  argv: readonly string[],
  input: Input,
  listen: (line: string) => void = () => undefined,
): Promise<Said> {
  const asks = input === "terminal" && process.stdin.isTTY;
  const child = asks
    ? spawn(command, argv, { stdio: ["inherit", "pipe", "pipe"] })
    : spawn(command, argv, { stdio: "pipe" });
  // One that ends before it has read all of it is told by its exit code.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(input === "terminal" ? "" : input.text);
  const ended = new Promise<number | null>((done) => {
    child.once("error", () => done(null));
    child.once("close", (code) => done(code ?? KILLED));
  });
  if (asks) process.on("SIGINT", notForUs);
  try {
    const [out, err, code] = await Promise.all([text(child.stdout), heard(child.stderr, listen), ended]);
    return { code, out, err };
  } finally {
    process.off("SIGINT", notForUs);
  }
}

const notForUs = (): void => undefined;

/** All that a stream said; each line is passed on as it comes, since it may ask somebody to touch their key. */
async function heard(stream: NodeJS.ReadableStream, listen: (line: string) => void): Promise<string> {
  let all = "";
  let told = 0;
  for await (const chunk of stream) {
    all += String(chunk);
    for (let end = all.indexOf("\n", told); end >= 0; end = all.indexOf("\n", told)) {
      listen(all.slice(told, end));
      told = end + 1;
    }
  }
  return all;
}

/** Files in a directory that nobody else can look into, for as long as `use` takes. Throws a usage fault where they cannot be written. */
export async function withPrivateFiles<T>(
  files: Readonly<Record<string, string>>,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = await written(() => mkdtemp(join(tmpdir(), "runbook-sign-")));
  try {
    for (const [name, content] of Object.entries(files)) {
      await written(() => writeFile(join(directory, name), content, { mode: 0o600, flag: "wx" }));
    }
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function written<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `what \`ssh-keygen\` is to read cannot be written: ${why}`;
    const hint = "make room there, or name another directory with $TMPDIR";
    throw new FaultError({ kind: "usage", where: tmpdir(), message, hint });
  }
}

/** Why `ssh-keygen` did not do as asked, in its own words. */
export function wordsOf({ code, err }: Said): string {
  if (code === null) return "`ssh-keygen` could not be run: it comes with OpenSSH";
  if (code === KILLED) return "it was given up";
  const lines = err.split("\n").filter((line) => line.trim() !== "");
  return lines.at(-1)?.trim() ?? `ssh-keygen exited ${code}`;
}
