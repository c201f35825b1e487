import { sql, type Kysely } from "kysely";
import type { OpenRequest } from "../run/ports.ts";
import type { FixedHost } from "../schedule/restraint.ts";
import type { Tables } from "./schema.ts";

/** Hosts that runs of a schedule have fixed, and when; of a fix without an end, when its run began. */
export async function fixedBy(
  database: Kysely<Tables>,
  schedule: string,
  since: number,
): Promise<readonly FixedHost[]> {
  const { rows } = await sql<FixedHost>`
    select host, run, coalesce(past_fix.at, started_at) as at from run join past_fix using (run)
    where schedule = ${schedule} and coalesce(past_fix.at, started_at) >= ${since}
  `.execute(database);
  return rows;
}

/** What runs of a schedule with a runbook have asked, whose fix has not begun; the oldest run first. */
export function openOf(database: Kysely<Tables>, schedule: string, runbook: string): Promise<readonly OpenRequest[]> {
  return database
    .selectFrom("claim")
    .innerJoin("run", "run.run", "claim.run")
    .select(["claim.run", "claim.host", "claim.step"])
    .where("run.schedule", "=", schedule)
    .where("run.runbook", "=", runbook)
    .where("claim.asked", "=", 1)
    .orderBy("claim.run")
    .execute();
}

/** Whether a run, or a check, of this id has begun. */
export async function has(database: Kysely<Tables>, run: string): Promise<boolean> {
  const known = database.selectFrom("run").select("run");
  const rows = await known.where((where) => where.or([where("run", "=", run), where("check_id", "=", run)])).execute();
  return rows.length > 0;
}
