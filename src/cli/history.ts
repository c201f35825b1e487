import { SqliteRecord } from "../journal/sqlite.ts";
import { fold } from "../engine/evolve.ts";
import type { Entry } from "../model/event.ts";
import type { Fault } from "../model/fault.ts";
import { jsonLine } from "../report/json.ts";
import { plainReport } from "../report/plain.ts";
import { boardLines } from "../report/board.ts";
import { sentenceOf } from "../report/sentence.ts";
import type { RunRecord } from "../run/ports.ts";
import { clean } from "../view/clean.ts";
import { counted, duration, moment } from "../view/words.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";
import { stateDir } from "./state.ts";

/** Options of both history commands. */
export type HistoryOptions = { readonly state?: string | undefined; readonly json?: boolean | undefined };

/** The runs on record, newest first. */
export async function historyList(options: HistoryOptions & { readonly limit: number }, io: Io): Promise<number> {
  await using record = SqliteRecord.open(stateDir(options.state, process.env));
  const runs = (await record.runs()).slice(0, options.limit);
  if (options.json === true) for (const run of runs) io.out(`${JSON.stringify(run)}\n`);
  else if (runs.length === 0) io.err("No runs are on record.\n");
  else for (const run of runs) io.out(`${runLine(run)}\n`);
  return EXIT.ok;
}

function runLine(run: RunRecord): string {
  const took = run.endedAt === null ? "did not end" : duration((run.endedAt - run.startedAt) / 1000);
  const exit = run.exit === null ? "" : `exit ${run.exit}`;
  const cells = [
    run.run.padEnd(20),
    moment(run.startedAt),
    clean(run.runbook).padEnd(28),
    counted(run.hosts, "host").padEnd(10),
  ];
  return [...cells, took.padEnd(12), exit].join("  ").trimEnd();
}

/** One run as it was: the log and board it drew then, or its events one by one. */
export async function historyShow(
  wanted: string,
  options: HistoryOptions & { readonly events?: boolean | undefined },
  io: Io,
): Promise<number | readonly Fault[]> {
  await using record = SqliteRecord.open(stateDir(options.state, process.env));
  const found = findRun(await record.runs(), wanted);
  if (typeof found !== "string") return [found];
  const entries = await record.read(found);
  if (options.json === true) for (const entry of entries) io.out(`${jsonLine(entry)}\n`);
  else if (options.events === true) for (const entry of entries) io.out(`${eventLine(entry)}\n`);
  else draw(entries, io);
  return EXIT.ok;
}

/** RUN as people write it: an id, a unique beginning of one, or `last`. */
function findRun(runs: readonly RunRecord[], wanted: string): string | Fault {
  const [newest] = runs;
  if (newest === undefined) {
    const hint = "`runbook run` makes the first; --state names another place";
    return { kind: "usage", message: "no run is on record yet", hint };
  }
  if (wanted === "last") return newest.run;
  const fits = runs.map((run) => run.run).filter((run) => wanted !== "" && run.startsWith(wanted));
  if (fits.length === 1 && fits[0] !== undefined) return fits[0];
  const message = fits.length === 0 ? `no run \`${wanted}\` is on record` : `\`${wanted}\` begins ${fits.length} runs`;
  const hint = fits.length === 0 ? "`runbook history` lists them" : `write more of it: ${fits.slice(0, 4).join(", ")}`;
  return { kind: "usage", message, hint };
}

function eventLine(entry: Entry): string {
  return `${String(entry.seq).padStart(5)}  ${new Date(entry.at).toISOString()}  ${sentenceOf(entry)}`;
}

/** The same entries through the same report as in the run, then the board of hosts and steps. */
function draw(entries: readonly Entry[], io: Io): void {
  const { stdout } = process;
  const room = { colour: stdout.isTTY && stdout.hasColors(), width: stdout.isTTY ? stdout.columns : 120 };
  const report = plainReport({ ...room, out: (line) => io.out(`${line}\n`) });
  for (const entry of entries) report.entry(entry);
  const state = fold(entries);
  if (state === null) return;
  for (const line of ["", ...boardLines(state, room)]) io.out(`${line}\n`);
  if (state.ended === null) io.out("\nThis run did not get to its end.\n");
}
