import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { sweepRuns } from "./leftovers.ts";
import { withOwnMemory } from "./own-memory.ts";

/** How a command ended and what it printed. `exit` is null where a signal ended it. */
export type Ran = { readonly exit: number | null; readonly out: string; readonly err: string };

/** A command that is running. */
export type Running = {
  readonly child: ChildProcess;
  /** Waits until either stream holds `text`; fails when the command ends without it. */
  readonly seen: (text: string) => Promise<void>;
  readonly ended: Promise<Ran>;
};

/** A directory of its own with files in it, and our command to run there. Ends with everything in it. */
export type Workshop = AsyncDisposable & {
  readonly directory: string;
  write(path: string, content: string | Uint8Array): Promise<void>;
  /** Runs `runbook …` as a user would, without a terminal and without the caller's settings. */
  run(...argv: readonly string[]): Promise<Ran>;
  /** The same with further variables in its environment. */
  runWith(env: Readonly<Record<string, string>>, ...argv: readonly string[]): Promise<Ran>;
  /** Starts `runbook …` and does not wait. */
  start(...argv: readonly string[]): Running;
  /** The same with further variables in its environment. */
  startWith(env: Readonly<Record<string, string>>, ...argv: readonly string[]): Running;
};

const MAIN = resolve(import.meta.dirname, "../../bin/runbook.js");

/** Makes a workshop with these files (path → content). */
export async function workshop(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<Workshop> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "runbook-workshop-")));
  // In memory, as it is where secrets may go.
  const memory = existsSync("/dev/shm") ? await mkdtemp("/dev/shm/runbook-workshop-") : directory;
  await chmod(memory, 0o1777);
  const running = new Set<ChildProcess>();
  const write = async (path: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  };
  for (const [path, content] of Object.entries(files)) await write(path, content);
  const begin = (env: Readonly<Record<string, string>>, argv: readonly string[]): Running => {
    const command = start({ cwd: directory, memory }, env, argv);
    running.add(command.child);
    void command.ended.then(() => running.delete(command.child));
    return command;
  };
  return {
    directory,
    write,
    run: (...argv) => begin({}, argv).ended,
    runWith: (env, ...argv) => begin(env, argv).ended,
    start: (...argv) => begin({}, argv),
    startWith: (env, ...argv) => begin(env, argv),
    [Symbol.asyncDispose]: async () => {
      for (const child of running) child.kill("SIGKILL");
      await sweepRuns(directory);
      for (const each of [directory, memory]) await rm(each, { recursive: true, force: true });
    },
  };
}

function start(
  { cwd, memory }: { readonly cwd: string; readonly memory: string },
  more: Readonly<Record<string, string>>,
  argv: readonly string[],
): Running {
  const env = { PATH: process.env["PATH"], HOME: cwd, NO_COLOR: "1", ...more };
  const [command, ...args] = withOwnMemory([process.execPath, MAIN, ...argv], memory);
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const parts: { out: Buffer[]; err: Buffer[] } = { out: [], err: [] };
  const waiting = new Set<() => void>();
  const take = (to: Buffer[]) => (chunk: Buffer) => {
    to.push(chunk);
    for (const look of waiting) look();
  };
  child.stdout.on("data", take(parts.out));
  child.stderr.on("data", take(parts.err));
  const so = () => ({ out: Buffer.concat(parts.out).toString("utf8"), err: Buffer.concat(parts.err).toString("utf8") });
  const ended = new Promise<Ran>((done) => child.once("close", (exit) => done({ exit, ...so() })));
  const seen = (text: string): Promise<void> =>
    new Promise((found, missed) => {
      const look = (): void => {
        const { out, err } = so();
        if (!`${out}${err}`.includes(text)) return;
        waiting.delete(look);
        found();
      };
      waiting.add(look);
      void ended.then(({ out, err }) => missed(new Error(`ended without \`${text}\`\n${out}${err}`)));
      look();
    });
  return { child, seen, ended };
}
