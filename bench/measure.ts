import { spawn } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";

/** What a command and everything below it has cost: seconds and bytes. `tree` is null unless memory was asked for. */
export type Cost = {
  readonly wall: number;
  readonly cpu: number;
  readonly largest: number;
  readonly tree: number | null;
  readonly exit: number;
};

/** A command that can be measured. Its stdin is empty, its stdout and stderr go to files. */
export type Command = { readonly argv: readonly string[]; readonly env?: Readonly<Record<string, string>> };

const TOOL = join(import.meta.dirname, "measure.py");
const PYTHON = "/usr/bin/python3";

/** Runs a command to its end, writes `stdout` and `stderr` into `dir`, and says what it cost. With `memory` the times are not worth anything. */
export async function measure(command: Command, dir: string, memory = false): Promise<Cost> {
  const result = join(dir, "cost.json");
  await using stdout = await open(join(dir, "stdout"), "w");
  await using stderr = await open(join(dir, "stderr"), "w");
  const child = spawn(PYTHON, [TOOL, result, ...(memory ? ["--memory"] : []), "--", ...command.argv], {
    stdio: ["ignore", stdout.fd, stderr.fd],
    env: { ...environment(), ...command.env },
    cwd: dir,
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once("error", reject);
  child.once("close", () => resolve());
  await promise;
  return JSON.parse(await readFile(result, "utf8")) as Cost;
}

/** No agent, no terminal, no colours, and nothing of the person's own set-up but the path. */
function environment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "/usr/bin:/bin", HOME: process.env["HOME"] ?? "/", LC_ALL: "C.UTF-8" };
}

const BURN = `
import os, sys, time
def burn(seconds):
    while time.process_time() < seconds: pass
if os.fork() == 0:
    burn(0.3)
    os._exit(0)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        burn(0.3)
        os._exit(0)
    os._exit(0)
os.wait(); os.wait()
time.sleep(1)
`;

/** CPU seconds that the tool sees of a child and a detached orphan that burn 0.3 each: the proof that it misses nothing. */
export async function provenCpu(dir: string): Promise<number> {
  return (await measure({ argv: [PYTHON, "-c", BURN] }, dir)).cpu;
}
