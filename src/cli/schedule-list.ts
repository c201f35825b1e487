import { existsSync } from "node:fs";
import { basename } from "node:path";
import { SqliteRecord } from "../journal/sqlite.ts";
import type { Fault } from "../model/fault.ts";
import type { Schedule } from "../model/schedule.ts";
import { jsonText } from "../report/json.ts";
import type { RunRecord } from "../model/run-record.ts";
import type { BookedFire, Pause } from "../schedule/book.ts";
import { preview, type Previewed } from "../schedule/preview.ts";
import { holds, pauseWords } from "../schedule/settle.ts";
import { clean } from "../view/clean.ts";
import { tableLines, type Table } from "../view/table.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";
import { scheduled, type ScheduleOptions } from "./schedule.ts";
import { left, palette } from "./schedule-fires.ts";
import { stateDir } from "./state.ts";

type Listed = {
  readonly schedule: Schedule;
  /** Null: not enabled. */
  readonly next: Previewed | null;
  /** The latest run of its runbook on record, whoever began it; null: none, or it is a check. */
  readonly latest: RunRecord | null;
  /** Its last fire in the daemon's book; null: none. */
  readonly last: BookedFire | null;
  /** Who holds it up; null: nobody. */
  readonly pause: Pause | null;
};

/** Every schedule with its next fire and the latest run of its runbook. */
export async function scheduleList(
  options: ScheduleOptions & { readonly state?: string | undefined },
  io: Io,
): Promise<number | readonly Fault[]> {
  const opened = await scheduled(undefined, options);
  if (!("schedules" in opened)) return opened;
  const { runs, fires, pauses } = await recorded(stateDir(options.state, process.env));
  const now = Date.now();
  const listed = opened.schedules.map((schedule): Listed => {
    const [next = null] = schedule.enabled
      ? preview(schedule, { from: now, to: Number.POSITIVE_INFINITY, most: 1 }).fires
      : [];
    const last = fires.findLast((fire) => fire.schedule === schedule.name) ?? null;
    const pause = pauses.find((each) => each.schedule === schedule.name && holds(each, now)) ?? null;
    return { schedule, next, latest: latestOf(schedule, runs), last, pause };
  });
  if (options.json === true) io.out(`${jsonText(listed.map(asJson), "page")}\n`);
  else for (const line of tableLines(tableOf(listed), Number.POSITIVE_INFINITY, palette())) io.out(`${line}\n`);
  return EXIT.ok;
}

type Recorded = {
  /** Newest first. */
  readonly runs: readonly RunRecord[];
  /** Oldest first. */
  readonly fires: readonly BookedFire[];
  readonly pauses: readonly Pause[];
};

/** What is on record of schedules; to list them makes no record where there is none. */
async function recorded(directory: string): Promise<Recorded> {
  if (!existsSync(directory)) return { runs: [], fires: [], pauses: [] };
  await using record = SqliteRecord.open(directory);
  const { book } = record;
  return { runs: await record.runs(), fires: await book.latest(), pauses: await book.pauses() };
}

function latestOf({ task }: Schedule, runs: readonly RunRecord[]): RunRecord | null {
  if (task.kind === "check") return null;
  const name = basename(task.runbook).replace(/\.ya?ml$/, "");
  return runs.find((run) => run.runbook === name && run.check === null) ?? null;
}

function tableOf(listed: readonly Listed[]): Table {
  const rows = listed.map(({ schedule, next, latest, last, pause }) => [
    schedule.name,
    clean(taskWords(schedule)),
    next === null ? "not enabled" : next.local,
    next === null ? "" : clean(schedule.timezone),
    clean(pause === null ? lastWords(last) : pauseWords(pause)),
    latest === null ? "" : latestWords(latest),
  ]);
  return { columns: left("schedule", "what", "next", "zone", "last fire", "latest run of it"), rows };
}

function taskWords({ task }: Schedule): string {
  return task.kind === "run" ? task.runbook : `check ${task.runbooks.join(", ")}`;
}

/** What became of the last fire. */
function lastWords(last: BookedFire | null): string {
  if (last === null) return "";
  const at = momentWords(last.at);
  const why = last.why.length === 0 ? "" : ` (${last.why.join("; ")})`;
  if (last.act === "skip") return `${at}, skipped${why}`;
  switch (last.stage) {
    case "due":
      return `${at}, waits for its turn${why}`;
    case "going":
      return `${at}, at work${why}`;
    case "waiting":
      return `${at}, waits for a person${why}`;
    case "over":
      return `${at}, ${last.exit === null ? "no end" : `exit ${last.exit}`}${last.note === null ? why : `: ${last.note}`}`;
  }
}

function momentWords(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function latestWords({ startedAt, exit }: RunRecord): string {
  return `${momentWords(startedAt)}, ${exit === null ? "no end on record" : `exit ${exit}`}`;
}

function asJson({ schedule, next, latest, last, pause }: Listed): object {
  return {
    name: schedule.name,
    task: schedule.task,
    cron: schedule.cron,
    timezone: schedule.timezone,
    enabled: schedule.enabled,
    next: next === null ? null : new Date(next.at).toISOString(),
    paused: pause === null ? null : pauseJson(pause),
    last: last === null ? null : lastJson(last),
    latest:
      latest === null ? null : { run: latest.run, began: new Date(latest.startedAt).toISOString(), exit: latest.exit },
  };
}

function lastJson({ nominal, at, act, why, run, stage, exit, note }: BookedFire): object {
  const fire = { nominal: new Date(nominal).toISOString(), at: new Date(at).toISOString() };
  return { ...fire, act, why, run, stage, exit, note };
}

function pauseJson({ by, since, until, reason }: Pause): object {
  const end = until === null ? null : new Date(until).toISOString();
  return { by, since: new Date(since).toISOString(), until: end, reason };
}
