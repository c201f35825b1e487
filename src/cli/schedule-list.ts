import { basename } from "node:path";
import type { Fault } from "../model/fault.ts";
import type { Outcome } from "../model/finding.ts";
import type { Schedule } from "../model/schedule.ts";
import { jsonText } from "../report/json.ts";
import { outcomeOfAll, type RunRecord } from "../model/run-record.ts";
import type { BookedFire, Pause } from "../schedule/book.ts";
import { dealtWith, type Known } from "../schedule/due.ts";
import { preview, type Previewed } from "../schedule/preview.ts";
import { holds, knownFor, pauseWords } from "../schedule/settle.ts";
import { clean } from "../view/clean.ts";
import { tableLines, type Table } from "../view/table.ts";
import { EXIT } from "./exit.ts";
import { roomOf } from "./history.ts";
import { tellHeld } from "./freeze.ts";
import type { Io } from "./io.ts";
import { scheduled, type ScheduleOptions } from "./schedule.ts";
import { recorded, tellOther } from "./schedule-book.ts";
import { doesWords, left, palette } from "./schedule-fires.ts";
import { stateDir } from "./state.ts";

type Listed = {
  readonly schedule: Schedule;
  /** Null: not enabled, or paused until somebody resumes it. */
  readonly next: Previewed | null;
  /** Its latest run on record, or that of its runbook, whoever began it; null: none, or it is a check. */
  readonly latest: RunRecord | null;
  /** Its last fire in the daemon's book; null: none. */
  readonly last: BookedFire | null;
  /** What its run came to; null: it had none, or has no end. */
  readonly outcome: Outcome | null;
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
  const { runs, fires, pauses, known, source, frozen } = await recorded(stateDir(options.state, process.env));
  tellOther(source, opened.path, io);
  tellHeld(frozen, io);
  const now = Date.now();
  const listed = opened.schedules.map((schedule): Listed => {
    const last = fires.findLast((fire) => fire.schedule === schedule.name) ?? null;
    const pause = pauses.find((each) => each.schedule === schedule.name && holds(each, now)) ?? null;
    const next = nextOf(
      schedule,
      pause,
      knownFor(
        schedule,
        known.find((each) => each.schedule === schedule.name),
        now,
      ),
      now,
    );
    return { schedule, next, latest: latestOf(schedule, runs), last, outcome: outcomeOf(last, runs), pause };
  });
  if (options.json === true) io.out(`${jsonText(listed.map(asJson), "page")}\n`);
  else for (const line of tableLines(tableOf(listed), roomOf().width, palette())) io.out(`${line}\n`);
  return EXIT.ok;
}

/** The first fire after a pause; where the clock was set back, the first that has not been dealt with, and why not before. */
function nextOf(schedule: Schedule, pause: Pause | null, known: Known, now: number): Previewed | null {
  if (!schedule.enabled || (pause !== null && pause.until === null)) return null;
  const after = (from: number): Previewed | null =>
    preview(schedule, { from, to: Number.POSITIVE_INFINITY, most: 1 }).fires[0] ?? null;
  const first = after(pause?.until ?? now);
  const why = first === null ? null : dealtWith(known, first, now);
  if (why === null) return first;
  const next = after(known.settled + schedule.delay * 1000);
  return next === null ? null : { ...next, why: [...next.why, why] };
}

/** Of its run, or the worst of a check's. */
function outcomeOf(last: BookedFire | null, runs: readonly RunRecord[]): Outcome | null {
  if (last === null || last.run === null) return null;
  return outcomeOfAll(runs.filter(({ run, check }) => run === last.run || check === last.run));
}

function latestOf({ name, task }: Schedule, runs: readonly RunRecord[]): RunRecord | null {
  if (task.kind === "check") return null;
  // A file may be called otherwise than the runbook in it.
  const runbook = basename(task.runbook).replace(/\.ya?ml$/, "");
  return runs.find((run) => run.check === null && (run.runbook === runbook || run.schedule === name)) ?? null;
}

function tableOf(listed: readonly Listed[]): Table {
  const rows = listed.map(({ schedule, next, latest, last, outcome, pause }) => [
    schedule.name,
    clean(taskWords(schedule)),
    clean(nextWords(schedule, next, pause)),
    next === null ? "" : clean(schedule.timezone),
    clean(lastWords(last, outcome)),
    latest === null ? "" : latestWords(latest),
  ]);
  const columns = left("schedule", "what", "next", "zone", "last fire", "latest run of it");
  // Of what no schedule has nothing is said.
  const said = columns.map((_, at) => rows.some((row) => row[at] !== ""));
  const some = <T>(all: readonly T[]): T[] => all.filter((_, at) => said[at] === true);
  return { columns: some(columns), rows: rows.map(some) };
}

function taskWords({ task }: Schedule): string {
  return task.kind === "run" ? task.runbook : `check ${task.runbooks.join(", ")}`;
}

/** When it fires next, and what keeps it from more than to look. */
function nextWords(schedule: Schedule, next: Previewed | null, pause: Pause | null): string {
  if (!schedule.enabled) return "not enabled";
  if (next === null) return pause === null ? "never" : pauseWords(pause);
  const does = next.why.length === 0 ? [] : [`${doesWords(schedule, next.act)} (${next.why.join("; ")})`];
  return [next.local, ...does, ...(pause === null ? [] : [pauseWords(pause)])].join(", ");
}

/** What became of the last fire. */
function lastWords(last: BookedFire | null, outcome: Outcome | null): string {
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
      return `${at}, ${outcome ?? (last.exit === null ? "no end" : `exit ${last.exit}`)}${last.note === null ? why : `: ${last.note}`}`;
  }
}

function momentWords(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function latestWords({ startedAt, outcome }: RunRecord): string {
  return `${momentWords(startedAt)}, ${outcome ?? "no end on record"}`;
}

function asJson({ schedule, next, latest, last, outcome, pause }: Listed): object {
  return {
    name: schedule.name,
    task: schedule.task,
    cron: schedule.cron,
    timezone: schedule.timezone,
    enabled: schedule.enabled,
    next: next === null ? null : new Date(next.at).toISOString(),
    act: next?.act ?? null,
    why: next?.why ?? [],
    paused: pause === null ? null : pauseJson(pause),
    last: last === null ? null : { ...lastJson(last), outcome },
    latest:
      latest === null
        ? null
        : {
            run: latest.run,
            began: new Date(latest.startedAt).toISOString(),
            exit: latest.exit,
            outcome: latest.outcome,
          },
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
