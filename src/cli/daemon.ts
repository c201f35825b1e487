import { dirname, join, resolve } from "node:path";
import { newBridge, type Bridge } from "../daemon/bridge.ts";
import type { Line } from "../daemon/ports.ts";
import { listen, type Page } from "../daemon/listen.ts";
import { serve, stop } from "../daemon/serve.ts";
import { processStarter } from "../daemon/spawn.ts";
import { fold } from "../engine/evolve.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import { isAtWork } from "../journal/writer.ts";
import { schedulesFile, type OpenedSchedules } from "../load/schedules.ts";
import { FaultError, isFault, type Fault } from "../model/fault.ts";
import { daemonHealth, daemonMetrics } from "../report/daemon.ts";
import { jsonText } from "../report/json.ts";
import { systemClock } from "../run/clock.ts";
import { newRunId } from "../run/id.ts";
import { startTelling } from "../notify/notifier.ts";
import { resumeRefusal } from "../run/resume.ts";
import type { Address } from "./daemon-command.ts";
import { scheduleReader } from "./daemon-reader.ts";
import { EXIT } from "./exit.ts";
import { onceReadersGo, type Io } from "./io.ts";
import { listeningOf, notifierOf } from "./notifier.ts";
import { stateDir } from "./state.ts";
import { userName } from "./user.ts";
import { whereabouts } from "./whereabouts.ts";

/** `runbook daemon`'s options. Times are seconds. */
export type DaemonOptions = {
  readonly schedules?: string | undefined;
  readonly state?: string | undefined;
  readonly listen?: Address | undefined;
  readonly parallel: number;
  readonly patience: number;
};

/** What is in force of the file of schedules, for the processes of fires, in the directory of the record. */
const IN_FORCE = "schedules-in-force.yml";

/** ms that it sleeps at most: clocks are set, and laptops sleep. */
const NAP = 15_000;

/** ms between two tries to open the record. */
const AGAIN = 5_000;

/** Runs what schedules say until it is told to end; answers with 0 then. */
export async function daemon(options: DaemonOptions, io: Io): Promise<number | Fault> {
  const { env } = process;
  const file = schedulesFile({ option: options.schedules, env, cwd: process.cwd() });
  if (isFault(file)) return file;
  const state = resolve(stateDir(options.state, env));
  const say = (line: Line): void => io.out(`${lineText(line, Date.now())}\n`);
  await using record = await openedRecord(state, say);
  const { machine: _, ...self } = whereabouts();
  const reader = scheduleReader(file, join(state, IN_FORCE));
  const telling = startTelling(
    notifierOf(record, () => listeningOf(reader.current()), {
      directory: dirname(resolve(file)),
      word: (word) => say({ level: word.state === "sent" ? "info" : "warning", event: "notification", ...word }),
      problem: (problem) => say({ level: "error", event: "notifications", problem }),
    }),
  );
  const bridge = newBridge({
    clock: systemClock,
    book: record.book,
    desk: record.desk,
    self: { writer: undefined, ...self, by: userName(env) },
    starter: processStarter({
      file: process.execPath,
      argv: [...process.execArgv, process.argv[1] ?? ""],
      cwd: process.cwd(),
      env,
      state,
      schedules: resolve(file),
      text: () => reader.inForce(),
    }),
    reader,
    refusal: (run) => refusalOf(run, record),
    hail: (run) => hail(run, record),
    newRun: newRunId,
    say,
    most: options.parallel,
    nap: NAP,
    patience: options.patience * 1000,
    chore: async () => {
      await telling.round();
      await countMessages(bridge, record, reader.current());
    },
    ticks: () => performance.now(),
  });
  const listening = options.listen === undefined ? null : await listen(options.listen, pagesOf(bridge));
  if (isFault(listening)) return listening;
  using _signals = heed(bridge, reader);
  const at = listening?.url ?? null;
  bridge.parts.say({
    level: "info",
    event: "daemon",
    listening: at,
    pid: process.pid,
    state,
    schedules: resolve(file),
  });
  await serve(bridge);
  await telling[Symbol.asyncDispose]();
  // What could not be waited for goes on without us.
  process.exit(EXIT.ok);
}

/** The record; while it cannot be opened that is told, and tried again: a disk that is full will be freed. */
async function openedRecord(state: string, say: (line: Line) => void): Promise<SqliteRecord> {
  for (let told = ""; ;) {
    try {
      return SqliteRecord.open(state);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      if (error.message !== told) say({ level: "error", event: "record", problem: error.message });
      told = error.message;
    }
    await systemClock.sleep(AGAIN);
  }
}

/** What is served on `--listen`. */
function pagesOf({ status }: Bridge): ReadonlyMap<string, () => Page> {
  return new Map([
    ["/healthz", () => daemonHealth(status, performance.now())],
    ["/metrics", () => daemonMetrics(status)],
  ]);
}

/** Why a run cannot go on; null: it can. One that is damaged is no reason to stop for the others. */
async function refusalOf(run: string, record: SqliteRecord): Promise<string | null> {
  try {
    const state = fold(await record.read(run));
    if (state === null) return "a check does not go on: the next fire looks again";
    return resumeRefusal(state, Date.now())?.message ?? null;
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    // Where nothing can be read at all this rejects as well.
    await record.runs();
    return error.message;
  }
}

/** How many messages wait to be delivered, for the metrics. */
async function countMessages(
  { status }: Bridge,
  { outbox }: SqliteRecord,
  current: OpenedSchedules | null,
): Promise<void> {
  status.outbox.clear();
  for (const { name } of current?.notifications ?? []) status.outbox.set(name, await outbox.waiting(name));
}

/** The process is looked at right before: another may have its number by now. */
async function hail(run: string, { desk }: SqliteRecord): Promise<boolean> {
  const writer = (await desk.holder(run))?.writer;
  if (writer === undefined || isAtWork(writer) !== true) return false;
  try {
    return process.kill(writer.pid, "SIGTERM");
  } catch {
    // It has ended meanwhile, or is another user's.
    return false;
  }
}

function lineText({ level, event, ...rest }: Line, now: number): string {
  const told = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
  return jsonText({ at: new Date(now).toISOString(), level, event, ...told });
}

/** A daemon is told to end by two signals, and to read its schedules by another. Nobody has to read what it says. */
function heed(bridge: Bridge, reader: { again(): void }): Disposable {
  const ends = ["SIGTERM", "SIGINT"] as const;
  const onEnd = (signal: NodeJS.Signals): void => void stop(bridge, signal);
  const onAgain = (): void => {
    reader.again();
    bridge.wake();
  };
  for (const signal of ends) process.on(signal, onEnd);
  process.on("SIGHUP", onAgain);
  const readers = onceReadersGo(() => undefined);
  return {
    [Symbol.dispose]: () => {
      for (const signal of ends) process.off(signal, onEnd);
      process.off("SIGHUP", onAgain);
      readers[Symbol.dispose]();
    },
  };
}
