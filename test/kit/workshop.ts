import { spawn } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { text } from "node:stream/consumers";

/** How a command ended and what it printed. */
export type Ran = { readonly exit: number | null; readonly out: string; readonly err: string };

/** A directory of its own with files in it, and our command to run there. Ends with everything in it. */
export type Workshop = AsyncDisposable & {
  readonly directory: string;
  write(path: string, content: string | Uint8Array): Promise<void>;
  /** Runs `runbook …` as a user would, without a terminal and without the caller's settings. */
  run(...argv: readonly string[]): Promise<Ran>;
};

const MAIN = resolve(import.meta.dirname, "../../src/cli/main.ts");

/** Makes a workshop with these files (path → content). */
export async function workshop(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<Workshop> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "runbook-workshop-")));
  const write = async (path: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  };
  for (const [path, content] of Object.entries(files)) await write(path, content);
  return {
    directory,
    write,
    run: (...argv) => run(directory, argv),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

async function run(cwd: string, argv: readonly string[]): Promise<Ran> {
  const env = { PATH: process.env["PATH"], HOME: cwd, NO_COLOR: "1" };
  const child = spawn(process.execPath, [MAIN, ...argv], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const exit = new Promise<number | null>((done) => child.once("close", done));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { exit: code, out, err };
}
