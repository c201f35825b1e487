import { evolve, replay } from "../engine/evolve.ts";
import type { RunState } from "../engine/state.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import { didYouMean } from "../language/suggest.ts";
import type { Entry } from "../model/event.ts";
import type { Writer } from "../model/plan.ts";
import type { Fault } from "../model/fault.ts";
import { boardLines } from "../report/board.ts";
import { jsonLine, jsonText } from "../report/json.ts";
import { plainReport } from "../report/plain.ts";
import { runLines, unendedWords, type ListedRun, type Standing } from "../report/runs.ts";
import { sentenceOf } from "../view/sentence.ts";
import { summaryLines } from "../report/summary.ts";
import { writeCheckReports } from "./check-report.ts";
import { EXIT } from "./exit.ts";
import { tellFrozen } from "./freeze.ts";
import { runsWanted, type FilterOptions } from "./history-filter.ts";
import { findRun } from "./find-run.ts";
import type { Io } from "./io.ts";
import { checksAsOne, findCheck, readCheck, tellCheck } from "./history-check.ts";
import { reportFiles, writeReports } from "./report.ts";
import { stateDir } from "./state.ts";
import { isAtWork } from "../journal/writer.ts";

/** Options of both history commands. */
export type HistoryOptions = { readonly state?: string | undefined; readonly json?: boolean | undefined };

/** The runs on record, newest first. */
export async function historyList(
  options: HistoryOptions & FilterOptions & { readonly limit: number },
  io: Io,
): Promise<number | readonly Fault[]> {
  await using record = SqliteRecord.open(stateDir(options.state, process.env));
  const wanted = await runsWanted(record, options, {
    most: options.limit,
    now: Date.now(),
    // For programs each of its runs is a line, and told by itself.
    whole: options.json !== true,
  });
  if ("faults" in wanted) return wanted.faults;
  await tellFrozen(record, io);
  const runs: ListedRun[] = [];
  for (const run of wanted.runs) {
    const writer = run.endedAt === null ? writerOf(await record.read(run.run)) : undefined;
    runs.push({ run, writer, standing: run.endedAt === null ? standingOf(writer) : "ended" });
  }
  if (options.json === true) for (const { run, standing } of runs) io.out(`${jsonText({ ...run, standing })}\n`);
  else if (runs.length === 0) io.err(await noneWords(record, options));
  else for (const line of runLines(checksAsOne(runs), roomOf().width)) io.out(`${line}\n`);
  return EXIT.ok;
}

/** A name of a schedule may be mistyped; one that has not fired yet is none of those on record. */
async function noneWords(record: SqliteRecord, options: FilterOptions): Promise<string> {
  if (!isFiltered(options)) return "No runs are on record.\n";
  const names = new Set((await record.runs()).flatMap(({ schedule }) => schedule ?? []));
  const { schedule = "" } = options;
  const hint = names.has(schedule) ? undefined : didYouMean(schedule, [...names]);
  return `No such run is on record.\n${hint === undefined ? "" : `  → ${hint}\n`}`;
}

function isFiltered({ schedule, host, outcome, since, until }: FilterOptions): boolean {
  return [schedule, host, outcome, since, until].some((each) => each !== undefined);
}

/** The process that went on with a run last, or began it. */
function writerOf(entries: readonly Entry[]): Writer | undefined {
  const event = entries.map((entry) => entry.event).findLast((each) => OPENINGS.has(each.type));
  if (event?.type === "run-started") return event.plan.writer;
  return event?.type === "run-resumed" ? event.writer : undefined;
}

const OPENINGS: ReadonlySet<Entry["event"]["type"]> = new Set(["run-started", "run-resumed"]);

/** What became of the process that wrote a run without an end. */
function standingOf(writer: Writer | undefined): Exclude<Standing, "ended"> {
  const atWork = isAtWork(writer);
  return atWork === null ? "unclear" : atWork ? "running" : "died";
}

/** How one run is shown. */
type ShowOptions = HistoryOptions & {
  readonly events?: boolean | undefined;
  readonly report?: readonly string[] | undefined;
};

/** One run as it was: the log and board it drew then, its events one by one, or the reports it can still have. */
export async function historyShow(wanted: string, options: ShowOptions, io: Io): Promise<number | readonly Fault[]> {
  const reports = await reportFiles(options.report);
  if (reports.faults.length > 0) return reports.faults;
  await using record = SqliteRecord.open(stateDir(options.state, process.env));
  const runs = await record.runs();
  const check = findCheck(runs, wanted);
  if (check !== null && options.events === true) {
    for (const { run } of runs.filter((one) => one.check === check).toReversed()) {
      for (const line of eventLines(await record.read(run))) io.out(`${line}\n`);
    }
    return EXIT.ok;
  }
  if (check !== null) {
    const health = await readCheck(record, runs, check);
    if (reports.files.length === 0) tellCheck(health, { json: options.json === true, room: roomOf() }, io);
    return await writeCheckReports(reports.files, health, EXIT.ok, io);
  }
  const found = findRun(runs, wanted);
  if (typeof found !== "string") return [found];
  const entries = await record.read(found);
  if (options.json === true) for (const entry of entries) io.out(`${jsonLine(entry)}\n`);
  else if (options.events === true) for (const line of eventLines(entries)) io.out(`${line}\n`);
  else if (reports.files.length === 0) draw(entries, await record.ledger.head(found), io);
  return writeReports(reports.files, () => Promise.resolve(entries), EXIT.ok, io);
}

function eventLines(entries: readonly Entry[]): string[] {
  let state: RunState | null = null;
  return entries.map((entry) => {
    state = evolve(state, entry);
    return `${String(entry.seq).padStart(5)}  ${new Date(entry.at).toISOString()}  ${sentenceOf(entry, state)}`;
  });
}

/** The same entries through the same report as in the run, then the board of hosts and steps. */
function draw(entries: readonly Entry[], head: string | null, io: Io): void {
  const room = roomOf();
  const print = (lines: readonly string[]): void => io.out(lines.map((line) => `${line}\n`).join(""));
  const report = plainReport({ ...room, out: (line) => print([line]) });
  const state = replay(entries, (entry, at) => report.entry(entry, at));
  if (state === null) return;
  const { writer, settings } = state.plan;
  const standing = state.ended === null ? standingOf(writer) : "ended";
  // One that ended has printed its summary, and one at work has none yet.
  if (standing === "died" || standing === "unclear") print(["", ...summaryLines(state, room)]);
  print(["", ...boardLines(state, room)]);
  if (head !== null) print(["", `head ${head}`]);
  if (standing !== "ended") print(["", unendedWords(standing, writer)]);
  if (standing === "died" && settings !== undefined) print([`\`runbook resume ${state.run}\` goes on with it.`]);
}

/** Lines are cut only where a terminal would break them. */
export function roomOf(): { readonly colour: boolean; readonly width: number } {
  const { stdout } = process;
  return {
    colour: stdout.isTTY && stdout.hasColors(),
    width: stdout.isTTY ? stdout.columns : Number.POSITIVE_INFINITY,
  };
}
