import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

/** A process that can be told from a later one with the same number. `started` is in clock ticks since boot, null once it is gone. */
const Known = z.object({ pid: z.int().positive(), started: z.string() });
export type KnownProcess = z.infer<typeof Known>;

/** What is known of a lab that is up. */
export const LabState = z.object({
  server: Known,
  isolation: z.string(),
  hosts: z.array(z.object({ name: z.string(), port: z.int(), about: z.string(), init: Known })),
});
export type LabState = z.infer<typeof LabState>;

const file = (directory: string) => join(directory, "lab.json");

/** The recorded lab, or null when there is none (or its record is not readable, which comes to the same). */
export function readState(directory: string): LabState | null {
  try {
    return LabState.parse(JSON.parse(readFileSync(file(directory), "utf8")));
  } catch {
    return null;
  }
}

/** Records the lab, all at once. */
export function writeState(directory: string, state: LabState): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(`${file(directory)}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file(directory)}.new`, file(directory));
}

/** Takes the record away. */
export function forgetState(directory: string): void {
  rmSync(file(directory), { force: true });
}

/** The process that has this number now; null when there is none. */
export function identify(pid: number): KnownProcess | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may hold anything: count the fields from the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, started] = [fields[0], fields[19]];
    return started === undefined || state === "Z" ? null : { pid, started };
  } catch {
    return null;
  }
}

/** Whether this very process still runs. */
export function runs(known: KnownProcess): boolean {
  return identify(known.pid)?.started === known.started;
}

/** Asks a process to end, waits, and insists after `patience` ms. Never touches a later process with the same number. */
export async function end(known: KnownProcess, patience: number): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (!runs(known)) return;
    process.kill(known.pid, signal);
    const deadline = Date.now() + patience;
    while (runs(known) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
