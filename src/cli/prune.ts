import { fold } from "../engine/evolve.ts";
import type { RunState } from "../engine/state.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import type { Entry } from "../model/event.ts";
import { FaultError, isFault, type Fault } from "../model/fault.ts";
import { parseDuration } from "../model/quantity.ts";
import type { RunRecord } from "../model/run-record.ts";
import { resumeRefusal } from "../run/resume.ts";
import { jsonText } from "../report/json.ts";
import { clean } from "../view/clean.ts";
import { counted } from "../view/words.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";
import { PAST } from "./past.ts";
import { stateDir } from "./state.ts";

/** `runbook history prune`'s options. */
export type PruneOptions = {
  /** Since a run's last entry: `90d`. */
  readonly olderThan: string;
  /** So many of the newest runs stay, however old; a check counts as one. */
  readonly keep?: number | undefined;
  readonly dryRun?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly state?: string | undefined;
};

/** Takes old runs out of the record. What is at work, may go on, or still counts for later runs stays, and it is told why. */
export async function historyPrune(options: PruneOptions, io: Io): Promise<number | readonly Fault[]> {
  const { keep = 0, dryRun = false, json = false } = options;
  const age = parseDuration(options.olderThan);
  if (age === undefined) return [noAge(options.olderThan)];
  await using record = SqliteRecord.open(stateDir(options.state, process.env));
  const now = Date.now();
  let removed = 0;
  let kept = 0;
  for (const runs of wholes(await record.runs()).slice(keep)) {
    const why = await reasonForAll(runs, record, now, now - age * 1000);
    if (why === YOUNG) continue;
    const reason = why ?? (dryRun || (await record.ledger.remove(...runs)) ? null : AT_WORK);
    if (reason === null) removed += runs.length;
    else kept += runs.length;
    for (const run of runs) {
      io.out(
        `${json ? jsonText({ run, removed: reason === null && !dryRun, kept: reason }) : lineOf(run, reason, dryRun)}\n`,
      );
    }
  }
  const stay = kept === 0 ? "" : `; ${counted(kept, "old run stays", "old runs stay")}`;
  io.err(`${counted(removed, "run")} ${dryRun ? "would be " : ""}removed${stay}.\n`);
  return EXIT.ok;
}

/** What stays or goes as a whole: a run, or all runs of a check, which is told from them together. */
function wholes(runs: readonly RunRecord[]): (readonly string[])[] {
  return [...Map.groupBy(runs, ({ run, check }) => check ?? run).values()].map((own) => own.map(({ run }) => run));
}

function lineOf(run: string, reason: string | null, dryRun: boolean): string {
  if (reason !== null) return `stays    ${clean(`${run}: ${reason}`)}`;
  return `${dryRun ? "would go" : "removed "} ${clean(run)}`;
}

function noAge(text: string): Fault {
  const message = `\`${text}\` is no span of time`;
  return { kind: "usage", where: "--older-than", message, hint: "such as 90d, 26w or 12h" };
}

const AT_WORK = "it is at work";
const YOUNG = "it is not old";

/** Null: nothing speaks for any of them. That one is not old says it of all, whatever speaks for the others. */
async function reasonForAll(
  runs: readonly string[],
  record: SqliteRecord,
  now: number,
  before: number,
): Promise<string | null> {
  let reason: string | null = null;
  for (const run of runs) {
    const why = await reasonToKeep(run, record, now, before);
    if (why === YOUNG) return YOUNG;
    if (why !== null) reason ??= runs.length === 1 ? why : `of its check, ${run} stays: ${why}`;
  }
  return reason;
}

/** Null: nothing speaks for it. */
async function reasonToKeep(run: string, record: SqliteRecord, now: number, before: number): Promise<string | null> {
  if ((await record.desk.holder(run)) !== null) return AT_WORK;
  const entries = await readOr(run, record);
  if (isFault(entries)) return entries.message;
  const state = fold(entries);
  if (state === null || state.at >= before) return YOUNG;
  if (!isMoot(state)) return stillNeeded(state, entries, now);
  const open = await record.book.open();
  return open.some((fire) => fire.run === run) ? "the daemon goes on with it" : null;
}

/** A fire that has ended, and in which nobody was asked and no fix has begun: a later one has looked again. A request that waits for days makes many of them. */
function isMoot({ plan, ended, hosts }: RunState): boolean {
  if (plan.schedule === undefined || ended === null) return false;
  const steps = [...hosts.values()].flatMap((host) => host.steps);
  return steps.every(
    (step) =>
      step.asked === null && step.fixes.length === 0 && step.waived.length === 0 && step.approval?.auto !== false,
  );
}

/** One that is damaged is evidence of what went wrong with the record. */
async function readOr(run: string, record: SqliteRecord): Promise<readonly Entry[] | Fault> {
  try {
    return await record.read(run);
  } catch (error) {
    const fault = error instanceof FaultError ? error.faults[0] : undefined;
    if (fault === undefined) throw error;
    return fault;
  }
}

function stillNeeded(state: RunState, entries: readonly Entry[], now: number): string | null {
  if (resumeRefusal(state, now) === null) return `\`runbook resume ${state.run}\` can go on with it`;
  const own = entries.flatMap(({ event }) => (event.type === "waived" ? [event.until] : []));
  const until = Math.max(0, ...own);
  if (until > now) return `findings are waived in it until ${new Date(until).toISOString().slice(0, 10)}`;
  const begun = entries.some(({ event }) => event.type === "fix-started");
  return begun && state.at > now - PAST ? "its fixes are shown on cards for 90 days" : null;
}
