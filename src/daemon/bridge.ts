import type { Schedule } from "../model/schedule.ts";
import type { BookedFire, KnownSchedule } from "../schedule/book.ts";
import { newStatus, type DaemonStatus } from "../schedule/status.ts";
import { newCrew, type Crew } from "./crew.ts";
import type { DaemonParts, Line } from "./ports.ts";

/** What a daemon has in mind while it goes on. Everything that must outlive it is in the book. */
export type Bridge = {
  readonly parts: DaemonParts;
  readonly status: DaemonStatus;
  readonly crew: Crew;
  /** Null: none could be read yet. */
  schedules: readonly Schedule[] | null;
  readonly known: Map<string, KnownSchedule>;
  /** Schedule → when it fires next; Infinity: never. Those that are left out are to be looked at. */
  readonly next: Map<string, number>;
  /** When fires were last decided on. */
  decided: number;
  /** Fires that are due and have no process yet → when somebody was last there to begin them. */
  readonly attended: Map<number, number>;
  /** Whether the clock was odd the last time. */
  clockOdd: boolean;
  /** When what is over was last taken out of the book. */
  tidied: number;
  /** Whether nothing new is begun. */
  stopping: boolean;
  /** Whether what runs is left alone. */
  leaving: boolean;
  /** Fires when it has ended. */
  readonly over: AbortController;
  /** Whether nobody is waited for any more. */
  gone: boolean;
  /** Ends the nap, or the next one at once. */
  wake: () => void;
  /** Sleeps for ms, or until somebody wakes it. */
  nap: (ms: number) => Promise<void>;
};

/** A daemon that knows nothing yet. `status`: what is told of it, where that has begun before. */
export function newBridge(parts: DaemonParts, status: DaemonStatus = newStatus(parts.ticks())): Bridge {
  let awake = false;
  let nap: AbortController | null = null;
  const wake = (): void => {
    awake = true;
    nap?.abort();
  };
  return {
    parts,
    status,
    crew: newCrew(parts.starter, wake),
    schedules: null,
    known: new Map(),
    next: new Map(),
    decided: 0,
    attended: new Map(),
    clockOdd: false,
    tidied: 0,
    stopping: false,
    leaving: false,
    gone: false,
    over: new AbortController(),
    wake,
    nap: async (ms) => {
      if (!awake) {
        nap = new AbortController();
        await parts.clock.sleep(ms, nap.signal).catch(() => undefined);
        nap = null;
      }
      awake = false;
    },
  };
}

/** What every line about a fire names. */
export function aboutFire({
  schedule,
  nominal,
  run,
}: Pick<BookedFire, "schedule" | "nominal" | "run">): Omit<Line, "level" | "event"> {
  return { schedule, fire: new Date(nominal).toISOString(), run };
}
