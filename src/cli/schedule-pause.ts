import { resolve } from "node:path";
import { SqliteRecord } from "../journal/sqlite.ts";
import type { Fault } from "../model/fault.ts";
import type { Pause } from "../schedule/book.ts";
import { holds, pauseWords } from "../schedule/settle.ts";
import { clean } from "../view/clean.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";
import { scheduled, type ScheduleOptions } from "./schedule.ts";
import { pausesOf, tellOther } from "./schedule-book.ts";
import { stateDir, stateOption } from "./state.ts";
import { userName } from "./user.ts";

type Options = Pick<ScheduleOptions, "schedules"> & { readonly state?: string | undefined };

/** How a schedule is paused; `for` in seconds. */
export type PauseOptions = Options & { readonly for?: number | undefined; readonly reason?: string | undefined };

/** Lets a schedule not fire: on record, so that it holds for every daemon there, and after each start of one. */
export async function schedulePause(name: string, options: PauseOptions, io: Io): Promise<number | readonly Fault[]> {
  if (options.for !== undefined && (options.for === 0 || options.for > LONGEST)) return [noPause()];
  const opened = await scheduled(name, options);
  if (!("schedules" in opened)) return opened;
  const state = resolve(stateDir(options.state, process.env));
  await using record = SqliteRecord.open(state);
  const now = Date.now();
  const pause: Pause = {
    schedule: name,
    by: userName(process.env),
    since: now,
    until: options.for === undefined ? null : now + options.for * 1000,
    reason: options.reason === "" ? null : (options.reason ?? null),
  };
  const before = (await record.book.pauses()).find((each) => each.schedule === name && holds(each, now));
  tellOther(await record.book.source(), opened.path, io);
  await record.book.pause(pause);
  io.err(`Schedule ${name} is ${clean(pauseWords(pause))}\n`);
  if (before !== undefined) io.err(`This is in the place of the pause before: ${clean(pauseWords(before))}\n`);
  io.err(`What runs goes on. \`runbook schedule resume ${name}${stateOption(state, process.env)}\` ends the pause.\n`);
  return EXIT.ok;
}

/** Seconds. */
const LONGEST = 10 * 366 * 86_400;

function noPause(): Fault {
  const message = "expected a time of up to ten years, which is not over at once";
  return { kind: "usage", where: "--for", message, hint: "leave it out: then it lasts until it is resumed" };
}

/** Lets a schedule fire again. */
export async function scheduleResume(name: string, options: Options, io: Io): Promise<number | readonly Fault[]> {
  const state = stateDir(options.state, process.env);
  const pause = (await pausesOf(state)).find((each) => each.schedule === name && holds(each, Date.now()));
  if (pause !== undefined) {
    await using record = SqliteRecord.open(state);
    await record.book.unpause(name);
    io.err(`Schedule ${clean(name)} fires again; it was ${clean(pauseWords(pause))}\n`);
    return EXIT.ok;
  }
  // One that is not in the file any more may have been paused: only where it was not, its name matters.
  const opened = await scheduled(name, options);
  if (!("schedules" in opened)) return opened;
  io.err(`Schedule ${clean(name)} was not paused.\n`);
  return EXIT.ok;
}
