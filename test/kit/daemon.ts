import { mkdtemp, rm } from "node:fs/promises";
import { newBridge, type Bridge } from "../../src/daemon/bridge.ts";
import type { DaemonParts, Errand, Line, Reading, Starter } from "../../src/daemon/ports.ts";
import { serve, stop } from "../../src/daemon/serve.ts";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { thisWriter } from "../../src/journal/writer.ts";
import type { Event } from "../../src/model/event.ts";
import type { Schedule } from "../../src/model/schedule.ts";
import type { ProcessEnd } from "../../src/schedule/aftermath.ts";
import { handClock, type HandClock } from "./hand-clock.ts";
import { PLAN } from "./plans.ts";

const SELF = { writer: thisWriter(), by: "test" };

/** What a stand-in of a process does: nothing is put on record where `silent`; `asks`: it ends with a question; `dies`: without an end on record. */
export type Part = {
  readonly takes?: number;
  readonly exit?: number;
  readonly silent?: boolean;
  readonly asks?: boolean;
  readonly dies?: boolean;
  /** Goes on although it was asked to stop. */
  readonly deaf?: boolean;
};

/** One process that was started, and when. */
export type Started = { readonly at: number; readonly errand: Errand; stops: number; ended: number | null };

/** A state directory with a clock that goes by hand, in which daemons start stand-ins of processes that write to the real record. */
export type Night = AsyncDisposable & {
  readonly clock: HandClock;
  readonly directory: string;
  readonly record: SqliteRecord;
  readonly started: readonly Started[];
  readonly lines: readonly Line[];
  /** What the next processes do; the default: one minute, and a good end. */
  play: (errand: Errand) => Part;
  /** The schedules from now on; what is wrong with them, where it is a list of texts. */
  write(schedules: readonly Schedule[] | { readonly faults: readonly string[] }): void;
  /** A daemon, until it ends. */
  daemon(parts?: Partial<DaemonParts>): { readonly bridge: Bridge; readonly ended: Promise<void> };
  /** Puts events on the record of a run. */
  append(run: string, ...events: readonly Event[]): Promise<void>;
};

/** A night that begins at a time. */
export async function night(start: number, schedules: readonly Schedule[]): Promise<Night> {
  // In memory: a week has thousands of commits, and a disk takes its time for each.
  const directory = await mkdtemp("/dev/shm/runbook-daemon-");
  const clock = handClock(start);
  const record = SqliteRecord.open(directory);
  const started: Started[] = [];
  const lines: Line[] = [];
  let written: Reading = { schedules };
  let version = 1;
  let runs = 0;

  const append = async (run: string, ...events: readonly Event[]): Promise<void> => {
    const seq = (await record.read(run)).length;
    await record.append(events.map((event, at) => ({ run, seq: seq + 1 + at, at: clock.now(), event })));
  };

  const one: Night = {
    clock,
    directory,
    record,
    started,
    lines,
    play: () => ({}),
    append,
    write: (given) => {
      version += 1;
      written =
        "faults" in given
          ? { faults: given.faults.map((message) => ({ kind: "invalid-file", message })) }
          : { schedules: given };
    },
    daemon: (parts = {}) => {
      let read = 0;
      const bridge = newBridge({
        clock,
        // One handle for all: two in one process would wait for each other's transactions, and nothing could go on.
        book: record.book,
        file: "/etc/runbook/schedules.yml",
        isFile: (path) => path === "/etc/runbook/schedules.yml",
        desk: record.desk,
        self: SELF,
        starter: standIns({ clock, record, started, append, play: (errand) => one.play(errand) }),
        reader: {
          read: async () => {
            if (read === version) return null;
            read = version;
            return written;
          },
        },
        refusal: async () => null,
        hail: async () => false,
        newRun: () => `run-${String((runs += 1)).padStart(5, "0")}`,
        say: (line) => void lines.push(line),
        most: 4,
        nap: 15_000,
        patience: 60_000,
        ticks: () => clock.now(),
        chore: async () => undefined,
        ...parts,
      });
      return { bridge, ended: serve(bridge) };
    },
    [Symbol.asyncDispose]: async () => {
      await record[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return one;
}

/** Ends a daemon at a time, and waits until it has ended. */
export async function endAt(one: Night, daemon: ReturnType<Night["daemon"]>, time: number): Promise<void> {
  one.clock.at(time, () => stop(daemon.bridge, "the test"));
  await daemon.ended;
}

/** Ends a daemon at a time as a kill does: nobody is told, nothing is waited for. What it has started goes on. */
export async function killAt(one: Night, { bridge, ended }: ReturnType<Night["daemon"]>, time: number): Promise<void> {
  one.clock.at(time, () => {
    bridge.stopping = true;
    bridge.leaving = true;
    bridge.gone = true;
  });
  await ended;
}

type Stage = {
  readonly clock: HandClock;
  readonly record: SqliteRecord;
  readonly started: Started[];
  readonly append: Night["append"];
  readonly play: (errand: Errand) => Part;
};

const MINUTE = 60_000;
const QUESTION = { host: "host1", step: "step-1" };

/** Stand-ins of processes: they keep the record as real ones do, and take time by the clock. */
function standIns({ clock, record, started, append, play }: Stage): Starter {
  return {
    start: (errand) => {
      const { run } = errand;
      const { takes = MINUTE, exit = 0, silent = false, asks = false, dies = false, deaf = false } = play(errand);
      const entry: Started = { at: clock.now(), errand, stops: 0, ended: null };
      started.push(entry);
      const stopping = new AbortController();
      const live = async (): Promise<ProcessEnd> => {
        if (silent) {
          await clock.sleep(takes, stopping.signal).catch(() => undefined);
          return { code: exit, signal: null };
        }
        const lease = await record.desk.lease(run, SELF);
        if (!("run" in lease)) return { code: 64, signal: null };
        await using _held = lease;
        const first: Event =
          errand.kind === "fire"
            ? { type: "run-started", format: 1, plan: PLAN }
            : { type: "run-resumed", by: "test", attended: false };
        const asked = (await record.book.look([run])).get(run)?.asks === true;
        await append(run, first);
        // What was asked has been decided, or nobody would have gone on with it.
        if (asked) await append(run, { type: "fix-started", ...QUESTION, key: null });
        await clock.sleep(takes, stopping.signal).catch(() => undefined);
        if (dies) return { code: null, signal: "SIGKILL" };
        if (asks) {
          const digest = `digest-${run}`;
          await record.desk.claim({ run, digest, ...QUESTION }, { over: false });
          await append(run, { type: "asked", ...QUESTION, digest });
        }
        const code = stopping.signal.aborted ? 130 : asks ? 3 : exit;
        await append(run, { type: "run-ended", exit: code, outcome: "clear" });
        return { code, signal: null };
      };
      const ended = live().then((end) => {
        entry.ended = clock.now();
        return end;
      });
      return {
        pid: null,
        ended,
        stop: () => {
          entry.stops += 1;
          if (!deaf) stopping.abort();
        },
      };
    },
  };
}

/** What was started, in hours since a time: `1 run`, `4.25 detect`, `5 resume`. */
export function hoursOf({ started }: Night, since: number): string[] {
  return started.map(
    ({ at, errand }) => `${(at - since) / 3_600_000} ${errand.kind === "fire" ? errand.act : "resume"}`,
  );
}

/** Why fires were skipped. */
export function skips(one: Night): string[] {
  return events(one, "skipped").flatMap(({ why }) => (Array.isArray(why) ? [why.join("; ")] : []));
}

/** The lines of the log about one thing. */
export function events({ lines }: Night, name: string): Line[] {
  return lines.filter(({ event }) => event === name);
}
