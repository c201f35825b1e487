import { dirname, resolve } from "node:path";
import { newBridge, type Bridge } from "../daemon/bridge.ts";
import type { DaemonParts, Line } from "../daemon/ports.ts";
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
import { isLoopback } from "../schedule/check-notifications.ts";
import { newRunId } from "../run/id.ts";
import { startTelling } from "../notify/notifier.ts";
import { newStatus, type DaemonStatus } from "../schedule/status.ts";
import { resumeRefusal } from "../run/resume.ts";
import type { Address } from "./daemon-command.ts";
import { isSameFile } from "./schedule-book.ts";
import { scheduleReader } from "./daemon-reader.ts";
import { EXIT } from "./exit.ts";
import { onceReadersGo, type Io } from "./io.ts";
import { listeningOf, notifierOf } from "./notifier.ts";
import { ECHO } from "./signals.ts";
import { pathOption, stateDir, stateOption } from "./state.ts";
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

/** ms that it sleeps at most: clocks are set, and laptops sleep. */
const NAP = 15_000;

/** ms for which it waits for a record that is locked: it answers nobody meanwhile, and tries again anyway. */
const LOCKED = 2_000;

/** ms between two tries to open the record. */
const AGAIN = 5_000;

/** What tells it to end. */
const ENDS = ["SIGTERM", "SIGINT"] as const;

/** Where everything is: the file of schedules, and the directory of the record. */
type Places = { readonly file: string; readonly state: string };

/** Runs what schedules say until it is told to end; ends the process with 0 then. */
export async function daemon(options: DaemonOptions, io: Io): Promise<Fault> {
  const { env } = process;
  const file = schedulesFile({ option: options.schedules, env, cwd: process.cwd() });
  if (isFault(file)) return file;
  // Whoever wants the file read again does not want an end, also where there is no record yet.
  process.on("SIGHUP", () => undefined);
  const say = (line: Line): void => io.out(`${lineText(line, Date.now())}\n`);
  const fault = await serveAll({ file, state: resolve(stateDir(options.state, env)) }, options, say);
  if (fault !== null) return fault;
  // What could not be waited for goes on without us.
  process.exit(EXIT.ok);
}

/** A daemon from the record that it opens to the one that it closes. A fault: it cannot listen where it should. */
async function serveAll(
  places: Places,
  { listen: address, parallel, patience }: DaemonOptions,
  say: (line: Line) => void,
): Promise<Fault | null> {
  const { file, state } = places;
  const status = newStatus(performance.now());
  const listening = address === undefined ? null : await listen(address, pagesOf(status));
  if (isFault(listening)) return listening;
  const url = listening?.url ?? null;
  say({ level: "info", event: "daemon", listening: url, pid: process.pid, state, schedules: resolve(file) });
  if (process.pid === 1) say({ level: "warning", event: "daemon", note: FIRST });
  if (address !== undefined && !isLoopback(address.host)) say({ level: "warning", event: "daemon", note: OPEN });
  await using record = await openedRecord(state, status, say);
  const reader = scheduleReader(file);
  await using telling = startTelling(
    notifierOf(record, () => listeningOf(reader.current()), {
      option: stateOption(state, process.env),
      schedulesOption: pathOption("--schedules", resolve(file)),
      directory: dirname(resolve(file)),
      word: (word) => say({ level: word.why === "" ? "info" : "warning", event: "notification", ...word }),
      problem: (problem) => say({ level: "error", event: "notifications", problem }),
    }),
  );
  const parts: DaemonParts = {
    ...waysOf(record, places, () => reader.current()?.text ?? null),
    reader,
    say,
    most: parallel,
    patience: patience * 1000,
    chore: async () => {
      await telling.round();
      await countMessages(status, record, reader.current());
    },
  };
  const bridge = newBridge(parts, status);
  using _signals = heed(bridge, reader);
  await serve(bridge);
  return null;
}

/** What is served asks nobody who they are. */
const OPEN = "not on loopback: everybody who reaches it reads the names and numbers of schedules";

/** Who is the first process of a container gets all that lose their parents, and is to bury them. We do not. */
const FIRST =
  "as the first process of a container it keeps the dead ones of all others: give the container an init, as docker run --init does";

/** What a daemon does for real. `text`: what is in force of the file of schedules. */
function waysOf(
  record: SqliteRecord,
  { file, state }: Places,
  text: () => string | null,
): Omit<DaemonParts, "reader" | "say" | "most" | "patience" | "chore"> {
  const { env } = process;
  const { machine: _, ...self } = whereabouts();
  return {
    clock: systemClock,
    book: record.book,
    file: resolve(file),
    isFile: (path) => isSameFile(path, file),
    desk: record.desk,
    self: { writer: undefined, ...self, by: userName(env) },
    starter: processStarter({
      file: process.execPath,
      argv: [...process.execArgv, process.argv[1] ?? ""],
      cwd: process.cwd(),
      env,
      state,
      schedules: resolve(file),
      text,
    }),
    refusal: (run) => refusalOf(run, record),
    hail: (run) => hail(run, record),
    newRun: newRunId,
    nap: NAP,
    ticks: () => performance.now(),
  };
}

/** The record; while it cannot be opened that is told, and tried again: a disk that is full will be freed. Until `heed`, a signal ends all at once. */
async function openedRecord(state: string, status: DaemonStatus, say: (line: Line) => void): Promise<SqliteRecord> {
  for (const signal of ENDS) process.on(signal, endAtOnce);
  for (;;) {
    try {
      return SqliteRecord.open(state, LOCKED);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      if (error.message !== status.recordFault) say({ level: "error", event: "record", problem: error.message });
      status.recordFault = error.message;
      status.round = performance.now();
    }
    await systemClock.sleep(AGAIN);
  }
}

/** Nothing runs yet that would have to be waited for. */
function endAtOnce(): never {
  process.exit(EXIT.ok);
}

/** What is served on `--listen`. */
function pagesOf(status: DaemonStatus): ReadonlyMap<string, () => Page> {
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

/** How many messages wait to be delivered, or could not be, for the metrics. */
async function countMessages(
  status: DaemonStatus,
  { outbox }: SqliteRecord,
  current: OpenedSchedules | null,
): Promise<void> {
  status.outbox.clear();
  for (const { name } of current?.notifications ?? []) status.outbox.set(name, await outbox.amounts(name));
}

/** The process is looked at right before: another may have its number by now. One that was told before is not told again: it would leave what it has begun. */
async function hail(run: string, record: SqliteRecord): Promise<boolean> {
  const writer = (await record.desk.holder(run))?.writer;
  if (writer === undefined || isAtWork(writer) !== true) return false;
  if (fold(await record.read(run))?.stop != null) return true;
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
  let first: number | null = null;
  const onEnd = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (first !== null && now - first <= ECHO) return;
    first ??= now;
    void stop(bridge, signal);
  };
  const onAgain = (): void => {
    reader.again();
    bridge.wake();
  };
  for (const signal of ENDS) {
    process.on(signal, onEnd);
    // Not before: a signal that has come while nobody could take it is lost where nobody listens.
    process.off(signal, endAtOnce);
  }
  process.on("SIGHUP", onAgain);
  const readers = onceReadersGo(() => undefined);
  return {
    [Symbol.dispose]: () => {
      for (const signal of ENDS) process.off(signal, onEnd);
      process.off("SIGHUP", onAgain);
      readers[Symbol.dispose]();
    },
  };
}
