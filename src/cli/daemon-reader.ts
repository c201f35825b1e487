import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Reader } from "../daemon/ports.ts";
import { findRunbook } from "../load/library.ts";
import { openSchedules, type OpenedSchedules } from "../load/schedules.ts";
import { isFault } from "../model/fault.ts";
import { lookup } from "./library.ts";

/** ms between two looks whether files have changed. */
const PAUSE = 5_000;

/** Reads a file of schedules where it, or a runbook or a policy that it names, is another than before. `again`: the next time in any case; `current`: the last that was right, null before that. */
export function scheduleReader(file: string): Reader & { again(): void; current(): OpenedSchedules | null } {
  let watched: readonly string[] = [resolve(file)];
  let prints: string | null = null;
  let current: OpenedSchedules | null = null;
  let looked = Number.NEGATIVE_INFINITY;
  return {
    current: () => current,
    again: () => {
      prints = null;
      looked = Number.NEGATIVE_INFINITY;
    },
    read: async () => {
      if (performance.now() - looked < PAUSE) return null;
      looked = performance.now();
      if (prints !== null && (await printsOf(watched)) === prints) return null;
      const opened = await openSchedules(
        { option: file, env: process.env, cwd: process.cwd() },
        { now: Date.now(), searches: (directory) => lookup(process.env, directory).searchPath },
      );
      watched = await filesOf(opened, file, watched);
      prints = await printsOf(watched);
      if (opened.schedules !== undefined) current = opened;
      return opened.schedules === undefined ? { faults: opened.faults } : { schedules: opened.schedules };
    },
  };
}

/** The file and all that it names; where it is wrong, what it named before. */
async function filesOf(
  { schedules, directory }: OpenedSchedules,
  file: string,
  before: readonly string[],
): Promise<readonly string[]> {
  if (schedules === undefined) return before;
  const at = lookup(process.env, directory);
  const names = schedules.flatMap(({ task }) => (task.kind === "run" ? [task.runbook] : task.runbooks));
  const found = await Promise.all([...new Set(names)].map((name) => findRunbook(name, at)));
  const runbooks = found.flatMap((each) => (isFault(each) ? [] : [resolve(directory, each.path)]));
  const policies = schedules.flatMap(({ policy }) => (policy === null ? [] : [resolve(directory, policy)]));
  return [...new Set([resolve(file), ...runbooks, ...policies])];
}

/** What tells files from what they were. */
async function printsOf(files: readonly string[]): Promise<string> {
  const prints = await Promise.all(
    files.map((file) =>
      stat(file, { bigint: true }).then(
        ({ ino, size, mtimeNs, ctimeNs }) => `${ino} ${size} ${mtimeNs} ${ctimeNs}`,
        () => "none",
      ),
    ),
  );
  return prints.join("\n");
}
