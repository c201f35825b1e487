import { fold } from "../engine/evolve.ts";
import type { RunState } from "../engine/state.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import { storedRunbook } from "../language/runbook/stored.ts";
import type { Entry } from "../model/event.ts";
import type { Fault } from "../model/fault.ts";
import { jsonText } from "../report/json.ts";
import { waitingData, waitingLines, type WaitingRun } from "../report/waiting.ts";
import { clean } from "../view/clean.ts";
import { questionsOf, waitingCards } from "../view/questions.ts";
import { counted } from "../view/words.ts";
import { requestFileOf, writePrivate } from "./exchange.ts";
import { EXIT } from "./exit.ts";
import { findRun } from "./find-run.ts";
import type { Io } from "./io.ts";
import { stateDir } from "./state.ts";

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
  const named = found === null ? runs.filter(mayWait).map(({ run }) => run) : [found];
  const read = await readRuns(record, named);
  if (options.export !== undefined) return exportRun(read, found, options.export, io);
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

/** Exits that are told only where nothing waits: waiting comes before them. */
const NOTHING_WAITS: ReadonlySet<number | null> = new Set([EXIT.ok, EXIT.found, EXIT.unknown]);

function mayWait({ endedAt, exit }: { readonly endedAt: number | null; readonly exit: number | null }): boolean {
  return endedAt === null || !NOTHING_WAITS.has(exit);
}

type Read = { readonly waiting: WaitingRun; readonly entries: readonly Entry[] };

/** Those of the runs in which something waits, the newest last. What several runs ask, since one took it over, stands in the newest. */
async function readRuns(record: SqliteRecord, runs: readonly string[]): Promise<readonly Read[]> {
  const alsoIn = new Map<string, string[]>();
  const note = (digest: string, run: string): void => void alsoIn.set(digest, [...(alsoIn.get(digest) ?? []), run]);
  const asked = new Set<string>();
  const read: Read[] = [];
  for (const run of runs) {
    const entries = await record.read(run);
    const state = fold(entries);
    if (state === null) continue;
    for (const digest of elsewhere(state)) note(digest, run);
    const waiting = waitingCards(state);
    const cards = waiting.filter(({ digest }) => !asked.has(digest));
    for (const { digest } of waiting) {
      if (asked.has(digest)) note(digest, run);
      else asked.add(digest);
    }
    if (cards.length === 0) continue;
    const loaded = storedRunbook(state.plan);
    const questions = questionsOf(state, cards, loaded);
    const holder = await record.desk.holder(run);
    read.unshift({ entries, waiting: { state, loaded, questions, holder, alsoIn } });
  }
  return read;
}

/** What the run found and another one asks. */
function elsewhere({ hosts }: RunState): readonly string[] {
  return [...hosts.values()].flatMap(({ steps }) => steps.flatMap((step) => step.elsewhere?.digest ?? []));
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
  const fault = await writePrivate(file, requests);
  if (fault !== null) return [fault];
  io.err(`${counted(requests.requests.length, "request")} of run ${clean(requests.run)} written to ${clean(file)}\n`);
  return EXIT.ok;
}
