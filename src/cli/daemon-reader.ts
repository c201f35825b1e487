import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Reader } from "../daemon/ports.ts";
import { findRunbook } from "../load/library.ts";
import { openSchedules, type OpenedSchedules } from "../load/schedules.ts";
import { isFault, type Fault } from "../model/fault.ts";
import { lookup } from "./library.ts";

/** ms between two looks whether files have changed. */
const PAUSE = 5_000;
/** ms for which nobody must have written to a file before it is taken unasked: they may be in the midst of it, and half of it may be right, too. */
const SETTLED = 2_000;

/** Reads one file of schedules. */
export type ScheduleReader = Reader & {
  /** Reads it the next time, whether anything has changed or not. */
  again(): void;
  /** The last that was right; null: there was none. */
  current(): OpenedSchedules | null;
};

/** How a file is read: how often it is looked at, in ms, and by what. */
type Ways = { readonly pause: number; readonly open: typeof openSchedules };

/** Reads a file of schedules where it, or a runbook or a policy that it names, is another than before. */
export function scheduleReader(
  file: string,
  { pause, open }: Ways = { pause: PAUSE, open: openSchedules },
): ScheduleReader {
  let wanted = true;
  let watched: readonly string[] = [resolve(file)];
  let prints: string | null = null;
  let current: OpenedSchedules | null = null;
  let looked = Number.NEGATIVE_INFINITY;
  return {
    current: () => current,
    again: () => {
      wanted = true;
      looked = Number.NEGATIVE_INFINITY;
    },
    read: async () => {
      if (performance.now() - looked < pause) return null;
      looked = performance.now();
      const before = await printsOf(watched);
      if (!wanted && (before === prints || (await isBeingWritten(file)))) return null;
      wanted = false;
      const opened = await open(
        { option: file, env: process.env, cwd: process.cwd() },
        { now: Date.now(), searches: (directory) => lookup(process.env, directory).searchPath },
      ).catch((error: unknown) => refusalOf(error, file));
      if (isFault(opened)) {
        // Nothing has to change for that.
        wanted = true;
        return { faults: [opened] };
      }
      const named = await filesOf(opened, file, watched);
      // What was changed while it was read is read again.
      prints = (await printsOf(watched)) === before ? await printsOf(named) : null;
      watched = named;
      const { schedules, faults } = opened;
      if (schedules === undefined) return { faults };
      current = opened;
      return { schedules };
    },
  };
}

/** What the system refuses for a while, such as one more process to check scripts with. All else is a bug. */
function refusalOf(error: unknown, file: string): Fault {
  if (!(error instanceof Error && "syscall" in error)) throw error;
  const message = `the schedules cannot be checked: ${error.message}`;
  return { kind: "invalid-file", where: file, message, hint: "this is tried again" };
}

/** One that is dated later than now is taken for what it is: otherwise it would never be. */
async function isBeingWritten(file: string): Promise<boolean> {
  const written = await stat(file).catch(() => null);
  const age = written === null ? 0 : Date.now() - written.mtimeMs;
  return age >= 0 && age < SETTLED;
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
