import { openSchedules } from "../load/schedules.ts";
import type { Fault } from "../model/fault.ts";
import type { Io } from "./io.ts";
import { lookup } from "./library.ts";
import { tellLinted, type LintOptions } from "./lint.ts";

/** Checks a file of schedules and tells everything that is wrong with it. Warnings do not fail. */
export async function scheduleLint(
  file: string | undefined,
  options: LintOptions,
  io: Io,
): Promise<number | readonly Fault[]> {
  const { env } = process;
  const opened = await openSchedules(
    { option: file, env, cwd: process.cwd() },
    { now: Date.now(), searches: (directory) => lookup(env, directory).searchPath },
  );
  if (opened.faults.some((fault) => fault.kind === "usage")) return opened.faults;
  return tellLinted([opened], options, io);
}
