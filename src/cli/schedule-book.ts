import { existsSync, realpathSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Freeze } from "../engine/state.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import type { RunRecord } from "../model/run-record.ts";
import type { Schedule } from "../model/schedule.ts";
import type { BookedFire, KnownSchedule, Pause } from "../schedule/book.ts";
import { preview, type Previewed } from "../schedule/preview.ts";
import { heldUp, knownFor, leftOut } from "../schedule/settle.ts";
import { tell, type Io } from "./io.ts";

/** Whether two paths lead to one file of schedules: by their names, also where a link is put in the place of another, or by where they lead now. */
export function isSameFile(one: string, other: string): boolean {
  return resolve(one) === resolve(other) || realFile(one) === realFile(other);
}

/** One that is not there yet has only its name. */
function realFile(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return resolve(file);
  }
}

/** Says that a daemon goes by another file with this record; one that is gone was moved, or is not used any more. */
export function tellOther(source: string | null, file: string, io: Io): void {
  if (source === null || isSameFile(source, file) || !existsSync(source)) return;
  const message = `this record is kept for ${source}: pauses and counts here are those of its schedules`;
  tell([{ kind: "usage", where: file, message, hint: "a --state belongs to one file of schedules" }], io, "warning");
}

/** What is on record of schedules. */
export type Recorded = {
  /** Newest first. */
  readonly runs: readonly RunRecord[];
  /** The last fires of each, oldest first. */
  readonly fires: readonly BookedFire[];
  readonly pauses: readonly Pause[];
  /** How far each has got. */
  readonly known: readonly KnownSchedule[];
  /** The file of schedules that the daemon goes by; null: there was none. */
  readonly source: string | null;
  /** Who lets no fix start; null: nobody. */
  readonly frozen: Freeze | null;
};

/** False only where there is certainly none: what may not be looked at is told by whoever opens it. */
function isRecord(directory: string): boolean {
  try {
    return statSync(join(directory, "runbook.db"), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/** What is on record of schedules; to look makes no record where there is none. */
export async function recorded(directory: string): Promise<Recorded> {
  if (!isRecord(directory)) return { runs: [], fires: [], pauses: [], known: [], source: null, frozen: null };
  await using record = SqliteRecord.open(directory);
  const { book } = record;
  const [fires, pauses, source] = [await book.latest(), await book.pauses(), await book.source()];
  const [known, frozen] = [await book.known(), await record.desk.orders.frozen()];
  return { runs: await record.runs(), fires, pauses, known, source, frozen };
}

/** Who has paused what; to look makes no record here either. */
export async function pausesOf(directory: string): Promise<readonly Pause[]> {
  if (!isRecord(directory)) return [];
  await using record = SqliteRecord.open(directory);
  return await record.book.pauses();
}

/** What is on record of fires to come: who has paused which schedule, and how far each has got. */
export type HeldUp = Pick<Recorded, "pauses" | "known">;

/** What holds fires up; to look makes no record here either. */
export async function heldUpOf(directory: string): Promise<HeldUp> {
  if (!isRecord(directory)) return { pauses: [], known: [] };
  await using record = SqliteRecord.open(directory);
  return { pauses: await record.book.pauses(), known: await record.book.known() };
}

/** The fires of a schedule in some time, also as to who has paused it, and whether the clock was set back to before what has fired. */
export function firesUnder(
  { pauses, known }: HeldUp,
  schedule: Schedule,
  span: Parameters<typeof preview>[1],
): { readonly fires: readonly Previewed[]; readonly more: boolean } {
  const now = Date.now();
  const pause = pauses.find((each) => each.schedule === schedule.name);
  const got = knownFor(
    schedule,
    known.find((each) => each.schedule === schedule.name),
    now,
  );
  const { fires, more } = preview(schedule, span);
  return { fires: fires.map((fire) => leftOut(heldUp(fire, { now: fire.at, pause }), got, now)), more };
}
