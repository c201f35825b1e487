import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Reader } from "../daemon/ports.ts";
import { findRunbook } from "../load/library.ts";
import { openSchedules, type OpenedSchedules } from "../load/schedules.ts";
import { isFault } from "../model/fault.ts";
import { lookup } from "./library.ts";
import { replaceFile } from "./whole-file.ts";

/** ms between two looks whether files have changed. */
const PAUSE = 5_000;

/** Reads one file of schedules. */
export type ScheduleReader = Reader & {
  /** Reads it the next time, whether anything has changed or not. */
  again(): void;
  /** A file that holds what was right the last time; null: there is none. */
  inForce(): string | null;
  /** The last that was right; null: there was none. */
  current(): OpenedSchedules | null;
};

/** Reads a file of schedules where it, or a runbook or a policy that it names, is another than before, and keeps a copy of what was right. */
export function scheduleReader(file: string, copy: string): ScheduleReader {
  let kept = false;
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
    inForce: () => (kept ? copy : null),
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
      const { schedules, text, faults } = opened;
      if (schedules === undefined || text === undefined) return { faults };
      current = opened;
      kept = (await replaceFile(copy, () => text, 0o600)) === null;
      return { schedules };
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
