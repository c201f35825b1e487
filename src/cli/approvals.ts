import { fold } from "../engine/evolve.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import { storedRunbook } from "../language/runbook/stored.ts";
import type { Entry } from "../model/event.ts";
import type { Fault } from "../model/fault.ts";
import { jsonText } from "../report/json.ts";
import { waitingData, waitingLines, type WaitingRun } from "../report/waiting.ts";
import { clean } from "../view/clean.ts";
import { questionsOf, waitingCards } from "../view/questions.ts";
import { counted } from "../view/words.ts";
import { exchangeText, requestFileOf } from "./exchange.ts";
import { EXIT } from "./exit.ts";
import { tellFrozen } from "./freeze.ts";
import { findRun } from "./find-run.ts";
import type { Io } from "./io.ts";
import { writePrivate } from "./private-file.ts";
import { stateDir } from "./state.ts";
import { daemonOf } from "./taken-up.ts";

/** Options of `runbook approvals`. */
export type ApprovalsOptions = {
  readonly json?: boolean | undefined;
  readonly state?: string | undefined;
  readonly export?: string | undefined;
};

/** Shows what waits in one run or in all of them, the newest last. Exit 3: something waits. */
export async function approvals(
  wanted: string | undefined,
  options: ApprovalsOptions,
  io: Io,
): Promise<number | readonly Fault[]> {
  await using record = SqliteRecord.open(stateDir(options.state, process.env));
  const runs = await record.runs();
  const found = wanted === undefined ? null : findRun(runs, wanted);
  if (found !== null && typeof found !== "string") return [found];
  const named = found === null ? await record.asking() : [found];
  const read = await readRuns(record, named);
  if (options.export !== undefined) return exportRun(read, found, options.export, io);
  await tellFrozen(record, io);
  const now = Date.now();
  const { stdout } = process;
  const drawing = {
    width: stdout.isTTY ? stdout.columns : Number.POSITIVE_INFINITY,
    colour: stdout.isTTY && stdout.hasColors(),
    now,
  };
  for (const { waiting } of read) {
    const cards = waiting.questions.flatMap(({ members }) => members);
    const lines =
      options.json === true
        ? cards.map((card) => jsonText(waitingData(waiting, card, now)))
        : waitingLines(waiting, drawing);
    for (const line of lines) io.out(`${line}\n`);
  }
  if (read.length === 0 && options.json !== true)
    io.err(`Nothing waits${found === null ? "" : ` in run ${clean(found)}`}.\n`);
  return read.length === 0 ? EXIT.ok : EXIT.waiting;
}

type Read = { readonly waiting: WaitingRun; readonly entries: readonly Entry[] };

/** Those of the runs in which something waits, the newest last. */
async function readRuns(record: SqliteRecord, runs: readonly string[]): Promise<readonly Read[]> {
  const read: Read[] = [];
  for (const run of runs) {
    const entries = await record.read(run);
    const state = fold(entries);
    const cards = state === null ? [] : waitingCards(state);
    if (state === null || cards.length === 0) continue;
    const loaded = storedRunbook(state.plan);
    const questions = questionsOf(state, cards, loaded);
    const holder = await record.desk.holder(run);
    const daemon = await daemonOf(run, record);
    const alsoIn = await record.sharing(cards.map(({ digest }) => digest));
    read.unshift({ entries, waiting: { state, loaded, questions, holder, daemon, alsoIn } });
  }
  return read;
}

async function exportRun(
  read: readonly Read[],
  found: string | null,
  file: string,
  io: Io,
): Promise<number | readonly Fault[]> {
  const [first, ...others] = read;
  if (first === undefined || others.length > 0) {
    const message =
      first === undefined ? `nothing waits${found === null ? "" : ` in run ${found}`}` : "more than one run waits";
    const hint =
      first === undefined ? "`runbook approvals` lists what waits" : "name one: `runbook approvals RUN --export FILE`";
    return [{ kind: "usage", where: "--export", message, hint }];
  }
  const requests = requestFileOf(first.waiting, first.entries, Date.now());
  const fault = await writePrivate(file, exchangeText(requests));
  if (fault !== null) return [fault];
  io.err(`${counted(requests.requests.length, "request")} of run ${clean(requests.run)} written to ${clean(file)}\n`);
  return EXIT.ok;
}
