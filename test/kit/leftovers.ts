import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { killIfThere } from "./processes.ts";

/** Where a workshop's commands keep their record. */
const RECORDS = [".local/state/runbook/runbook.db", "state/runbook.db"];

/**
 * Removes what the runs on record in a directory left on this machine: what failed fixes kept, jobs that are in doubt or that a waiting run may be
 * asked for, and what of them still runs.
 */
export async function sweepRuns(directory: string): Promise<void> {
  const runs = RECORDS.flatMap((file) => runsIn(join(directory, file)));
  if (runs.length === 0) return;
  for (const place of ["/run", "/dev/shm", "/var/tmp", "/tmp"]) {
    const left = readdirSync(place).filter((name) =>
      runs.some((run) =>
        [`runbook-keep-${run}-`, `runbook-job-${run}.`, `runbook-lock-past,${run},`].some((of) => name.startsWith(of)),
      ),
    );
    for (const name of left) {
      endJob(join(place, name));
      await rm(join(place, name), { recursive: true, force: true });
    }
  }
}

function runsIn(file: string): string[] {
  if (!existsSync(file)) return [];
  try {
    using record = new DatabaseSync(file, { readOnly: true });
    return record
      .prepare("select run from run")
      .all()
      .map(({ run }) => String(run));
  } catch {
    // A record that a test has damaged names no runs.
    return [];
  }
}

/** Its supervisor and what it started: they know the job by its name in their arguments or their environment. */
function endJob(directory: string): void {
  const name = directory.slice(directory.lastIndexOf("/") + 1);
  if (!name.startsWith("runbook-job-")) return;
  for (const pid of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    if (textOf(`/proc/${pid}/cmdline`).includes(`${directory}\0`)) killIfThere(Number(pid));
    else if (textOf(`/proc/${pid}/environ`).includes(`RUNBOOK_JOB=${name}\0`)) killIfThere(Number(pid));
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
