import { existsSync } from "node:fs";
import { basename } from "node:path";
import { SqliteRecord } from "../journal/sqlite.ts";
import type { Fault } from "../model/fault.ts";
import type { Schedule } from "../model/schedule.ts";
import { jsonText } from "../report/json.ts";
import type { RunRecord } from "../model/run-record.ts";
import { preview, type Previewed } from "../schedule/preview.ts";
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
};

/** Every schedule with its next fire and the latest run of its runbook. */
export async function scheduleList(
  options: ScheduleOptions & { readonly state?: string | undefined },
  io: Io,
): Promise<number | readonly Fault[]> {
  const opened = await scheduled(undefined, options);
  if (!("schedules" in opened)) return opened;
  const runs = await runsOn(stateDir(options.state, process.env));
  const now = Date.now();
  const listed = opened.schedules.map((schedule): Listed => {
    const [next = null] = schedule.enabled
      ? preview(schedule, { from: now, to: Number.POSITIVE_INFINITY, most: 1 }).fires
      : [];
    return { schedule, next, latest: latestOf(schedule, runs) };
  });
  if (options.json === true) io.out(`${jsonText(listed.map(asJson), "page")}\n`);
  else for (const line of tableLines(tableOf(listed), Number.POSITIVE_INFINITY, palette())) io.out(`${line}\n`);
  return EXIT.ok;
}

/** The runs on record, newest first; to list schedules makes no record where there is none. */
async function runsOn(directory: string): Promise<readonly RunRecord[]> {
  if (!existsSync(directory)) return [];
  await using record = SqliteRecord.open(directory);
  return await record.runs();
}

function latestOf({ task }: Schedule, runs: readonly RunRecord[]): RunRecord | null {
  if (task.kind === "check") return null;
  const name = basename(task.runbook).replace(/\.ya?ml$/, "");
  return runs.find((run) => run.runbook === name && run.check === null) ?? null;
}

function tableOf(listed: readonly Listed[]): Table {
  const rows = listed.map(({ schedule, next, latest }) => [
    schedule.name,
    clean(taskWords(schedule)),
    next === null ? "not enabled" : next.local,
    next === null ? "" : clean(schedule.timezone),
    latest === null ? "" : latestWords(latest),
  ]);
  return { columns: left("schedule", "what", "next", "zone", "latest run of it"), rows };
}

function taskWords({ task }: Schedule): string {
  return task.kind === "run" ? task.runbook : `check ${task.runbooks.join(", ")}`;
}

function latestWords({ startedAt, exit }: RunRecord): string {
  const began = `${new Date(startedAt).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return `${began}, ${exit === null ? "no end on record" : `exit ${exit}`}`;
}

function asJson({ schedule, next, latest }: Listed): object {
  return {
    name: schedule.name,
    task: schedule.task,
    cron: schedule.cron,
    timezone: schedule.timezone,
    enabled: schedule.enabled,
    next: next === null ? null : new Date(next.at).toISOString(),
    latest:
      latest === null ? null : { run: latest.run, began: new Date(latest.startedAt).toISOString(), exit: latest.exit },
  };
}
