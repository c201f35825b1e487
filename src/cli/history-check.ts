import type { SqliteRecord } from "../journal/sqlite.ts";
import { healthOf } from "../report/health-fold.ts";
import { healthLines } from "../report/health-lines.ts";
import type { Health } from "../report/health.ts";
import { jsonText } from "../report/json.ts";
import type { ListedRun } from "../report/runs.ts";
import type { Room } from "../report/summary.ts";
import { outcomeOfAll, type RunRecord } from "../model/run-record.ts";
import { counted } from "../view/words.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";

/** The worst first. The check's own exit may be another: by `--min-score`, `--fail-on`, or a runbook with mistakes, which has no run. */
const EXITS: readonly (number | null)[] = [EXIT.interrupted, EXIT.failed, EXIT.found, EXIT.unknown, EXIT.ok];

/** The runs with those of one check as one line, under the check's id, with the exit of the worst of them. */
export function checksAsOne(runs: readonly ListedRun[]): ListedRun[] {
  const groups = Map.groupBy(runs, ({ run }) => run.check ?? run.run);
  return [...groups].flatMap(([id, own]) => {
    const [first] = own;
    return first === undefined || first.run.check === null ? own : [asOne(id, own, first)];
  });
}

function asOne(run: string, own: readonly ListedRun[], first: ListedRun): ListedRun {
  const records = own.map((one) => one.run);
  const open = own.find(({ standing }) => standing !== "ended");
  const exits = new Set(records.map(({ exit }) => exit));
  return {
    run: {
      run,
      check: run,
      runbook: `check: ${counted(own.length, "runbook")}`,
      hosts: Math.max(...records.map(({ hosts }) => hosts)),
      startedAt: Math.min(...records.map(({ startedAt }) => startedAt)),
      endedAt: open === undefined ? Math.max(...records.map(({ endedAt }) => endedAt ?? 0)) : null,
      exit: EXITS.find((exit) => exits.has(exit)) ?? null,
      schedule: first.run.schedule,
      outcome: outcomeOfAll(records),
    },
    standing: open?.standing ?? "ended",
    writer: (open ?? first).writer,
  };
}

/** The check that RUN means: its id, a unique beginning of it, or `last` where that was one; null: none. */
export function findCheck(runs: readonly RunRecord[], wanted: string): string | null {
  if (wanted === "last") return runs[0]?.check ?? null;
  const fits = new Set(
    runs.flatMap(({ run, check }) => [run, ...(check === null ? [] : [check])]).filter((id) => id.startsWith(wanted)),
  );
  const [only] = fits;
  return wanted !== "" && fits.size === 1 && runs.some(({ check }) => check === only) ? (only ?? null) : null;
}

/** A check from its record. */
export async function readCheck(record: SqliteRecord, runs: readonly RunRecord[], check: string): Promise<Health> {
  const own = runs.filter((run) => run.check === check);
  const health = healthOf(await Promise.all(own.map(({ run }) => record.read(run))));
  if (health === null) throw new Error(`check ${check} has no record`);
  return health;
}

/** Tells a check: as JSON, or as it was told at its end. */
export function tellCheck(
  health: Health,
  { json, room }: { readonly json: boolean; readonly room: Room },
  io: Io,
): void {
  const lines = json ? [jsonText(health, "page")] : healthLines(health, room);
  io.out(lines.map((line) => `${line}\n`).join(""));
}
