import { sql, type Kysely } from "kysely";
import { Writer } from "../model/plan.ts";
import type { Refused } from "../model/scheduled.ts";
import type { OpenRequest } from "../run/ports.ts";
import type { FixedHost } from "../schedule/restraint.ts";
import type { Tables } from "./schema.ts";

/** Hosts that runs of a schedule have fixed, and when; of a fix without an end, when it began. */
export async function fixedBy(
  database: Kysely<Tables>,
  schedule: string,
  since: number,
): Promise<readonly FixedHost[]> {
  const { rows } = await sql<FixedHost>`
    select * from (
      select host, run, coalesce(past_fix.at, (
        select max(entry.at) from entry
        where entry.run = past_fix.run and type = 'fix-started' and json_valid(event)
          and event ->> '$.host' = past_fix.host and event ->> '$.step' = past_fix.step
      ), started_at) as at
      from run join past_fix using (run) where schedule = ${schedule} and (ended_at is null or ended_at >= ${since})
    ) where at >= ${since}
  `.execute(database);
  return rows;
}

/** What persons have said no to in runs of a schedule, and is not known to be gone. */
export function refusedIn(
  database: Kysely<Tables>,
  { schedule, runbook }: { readonly schedule: string; readonly runbook: string },
  since: number,
): Promise<Refused[]> {
  return database
    .selectFrom("refusal")
    .select(["digest", "run", "by", "reason", "at"])
    .where("runbook", "=", runbook)
    .where("schedule", "=", schedule)
    .where("at", ">=", since)
    .orderBy("at")
    .execute();
}

/** What runs of a schedule have asked, whose fix has not begun; the oldest run first. */
export function openOf(database: Kysely<Tables>, schedule: string): Promise<readonly OpenRequest[]> {
  return database
    .selectFrom("claim")
    .innerJoin("run", "run.run", "claim.run")
    .select(["claim.run", "claim.host", "claim.step"])
    .where("run.schedule", "=", schedule)
    .where("claim.asked", "=", 1)
    .orderBy("claim.run")
    .execute();
}

/** The process that began a run, or the first of a check; undefined where the record does not say. Null: neither has begun. */
export async function beginnerOf(
  database: Kysely<Tables>,
  id: string,
): Promise<{ readonly writer: Writer | undefined } | null> {
  const first = sql<{ writer: string | null }>`
    select event ->> '$.plan.writer' as writer from run join entry using (run)
    where (run.run = ${id} or check_id = ${id}) and seq = 1 limit 1
  `;
  const [row] = (await first.execute(database)).rows;
  if (row === undefined) return null;
  return { writer: row.writer === null ? undefined : Writer.parse(JSON.parse(row.writer)) };
}
