import { existsSync } from "node:fs";
import { SqliteRecord } from "../journal/sqlite.ts";
import type { RunRecord } from "../model/run-record.ts";
import type { Schedule } from "../model/schedule.ts";
import type { BookedFire, Pause } from "../schedule/book.ts";
import { preview, type Previewed } from "../schedule/preview.ts";
import { heldUp } from "../schedule/settle.ts";

/** What is on record of schedules. */
export type Recorded = {
  /** Newest first. */
  readonly runs: readonly RunRecord[];
  /** The last fires of each, oldest first. */
  readonly fires: readonly BookedFire[];
  readonly pauses: readonly Pause[];
};

/** What is on record of schedules; to look makes no record where there is none. */
export async function recorded(directory: string): Promise<Recorded> {
  if (!existsSync(directory)) return { runs: [], fires: [], pauses: [] };
  await using record = SqliteRecord.open(directory);
  const { book } = record;
  return { runs: await record.runs(), fires: await book.latest(), pauses: await book.pauses() };
}

/** Who has paused what; to look makes no record here either. */
export async function pausesOf(directory: string): Promise<readonly Pause[]> {
  if (!existsSync(directory)) return [];
  await using record = SqliteRecord.open(directory);
  return await record.book.pauses();
}

/** The fires of a schedule in some time, also as to who has paused it. */
export function firesUnder(
  pauses: readonly Pause[],
  schedule: Schedule,
  span: Parameters<typeof preview>[1],
): { readonly fires: readonly Previewed[]; readonly more: boolean } {
  const pause = pauses.find((each) => each.schedule === schedule.name);
  const { fires, more } = preview(schedule, span);
  return { fires: fires.map((fire) => heldUp(fire, { now: fire.at, pause })), more };
}
