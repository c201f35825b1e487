import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** A run that is on record; `at` is when it began, ms since the epoch. */
export type RecentRun = { readonly run: string; readonly runbook: string; readonly at: number };

const MOST = 50;
const NEWEST = `select run, runbook, started_at as at from run join run_order using (run) order by run_order.id desc limit ${MOST}`;

/** The newest runs on record in a directory; none where there is no record, or none that can be read. Makes and changes nothing there. */
export function recentRuns(stateDir: string): readonly RecentRun[] {
  try {
    using database = new DatabaseSync(join(stateDir, "runbook.db"), { readOnly: true });
    return database
      .prepare(NEWEST)
      .all()
      .map(({ run, runbook, at }) => ({ run: String(run), runbook: String(runbook), at: Number(at) }));
  } catch {
    return [];
  }
}
