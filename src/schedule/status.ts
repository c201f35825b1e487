import type { Schedule } from "../model/schedule.ts";
import type { BookedFire } from "./book.ts";
import type { Act } from "./decide.ts";

/** What the daemon is and does, for its health and its metrics. Times are ms since the epoch. */
export type DaemonStatus = {
  /** `starting`: nobody knows yet whether another is in charge. */
  role: "starting" | "leader" | "standby";
  /** When the loop last came round, by a clock that nobody sets. */
  round: number;
  /** Why the record cannot be used; null: it can. */
  recordFault: string | null;
  /** How many schedules are loaded; null: none could ever be. */
  schedules: number | null;
  /** Faults of the file as it stands now. */
  scheduleFaults: number;
  loadedAt: number | null;
  reloads: number;
  failedReloads: number;
  running: number;
  waiting: number;
  /** Schedule and act, apart by a blank → fires since the daemon began. */
  readonly fires: Map<`${string} ${Act}`, number>;
  /** Schedule → its last fire that was not skipped, and its last run that ended well. */
  readonly lastFire: Map<string, number>;
  readonly lastSuccess: Map<string, number>;
  /** Notification → messages that are still to be delivered, and those that could not be and are kept. */
  readonly outbox: Map<string, { readonly due: number; readonly lost: number }>;
  /** Fires that were given up. */
  givenUp: number;
};

/** A daemon that has just begun; `ticks`: ms by a clock that nobody sets. */
export function newStatus(ticks: number): DaemonStatus {
  return {
    role: "starting",
    round: ticks,
    recordFault: null,
    schedules: null,
    scheduleFaults: 0,
    loadedAt: null,
    reloads: 0,
    failedReloads: 0,
    running: 0,
    waiting: 0,
    fires: new Map(),
    lastFire: new Map(),
    lastSuccess: new Map(),
    outbox: new Map(),
    givenUp: 0,
  };
}

/** Counts a fire by what was done of it. */
export function countFire(
  { fires, lastFire }: DaemonStatus,
  { schedule, at }: Pick<BookedFire, "schedule" | "at">,
  act: Act,
): void {
  const key = `${schedule} ${act}` as const;
  fires.set(key, (fires.get(key) ?? 0) + 1);
  if (act !== "skip") lastFire.set(schedule, at);
}

/** Tells nothing of schedules that are gone: nobody wants to be woken since they do not fire. */
export function tellOnly(
  { fires, lastFire, lastSuccess }: DaemonStatus,
  schedules: readonly Pick<Schedule, "name">[],
): void {
  const names = new Set(schedules.map(({ name }) => name));
  for (const last of [lastFire, lastSuccess]) for (const name of last.keys()) if (!names.has(name)) last.delete(name);
  for (const key of fires.keys()) if (!names.has(key.split(" ")[0] ?? "")) fires.delete(key);
}

/** ms after which a loop that has not come round hangs. */
const HANGS = 60_000;

/** What keeps the daemon from its work, in words that everybody on the machine may read: the log says more. Empty: nothing. */
export function ailmentsOf(status: DaemonStatus, ticks: number): readonly string[] {
  return [
    ...(ticks - status.round > HANGS ? ["its loop has not come round for a minute"] : []),
    ...(status.recordFault === null ? [] : ["the record of runs cannot be used"]),
    ...(status.schedules === null && status.scheduleFaults > 0
      ? ["the file of schedules is wrong, and there is no earlier one"]
      : []),
  ];
}
