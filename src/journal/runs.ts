import { sql, type Kysely } from "kysely";
import * as z from "zod";
import { Outcome } from "../model/finding.ts";
import type { RunHosts, RunRecord, RunsWanted } from "../model/run-record.ts";
import type { Tables } from "./schema.ts";

/** The runs that are wanted, newest first. */
export async function runsOf(
  database: Kysely<Tables>,
  { schedule, since, until, outcomes, unended = false, checks }: RunsWanted,
): Promise<readonly RunRecord[]> {
  let runs = database.selectFrom("run").innerJoin("run_order", "run_order.run", "run.run").selectAll("run");
  if (schedule !== undefined) runs = runs.where("run.schedule", "=", schedule);
  if (since !== undefined) runs = runs.where("started_at", ">=", since);
  if (until !== undefined) runs = runs.where("started_at", "<", until);
  if (outcomes !== undefined) {
    const known = sql<boolean>`run.outcome in (select value from json_each(${JSON.stringify(outcomes)}))`;
    runs = unended ? runs.where((where) => where.or([known, where("run.outcome", "is", null)])) : runs.where(known);
  }
  if (checks !== undefined) {
    runs = runs.where(sql<boolean>`run.check_id in (select value from json_each(${JSON.stringify(checks)}))`);
  }
  const rows = await runs.orderBy("run_order.id", "desc").execute();
  return rows.map(({ run, runbook, hosts, started_at, ended_at, exit, check_id, schedule: by, outcome }) => ({
    run,
    runbook,
    hosts,
    startedAt: started_at,
    endedAt: ended_at,
    exit,
    check: check_id,
    schedule: by,
    outcome: outcome === null ? null : Outcome.parse(outcome),
  }));
}

const Hosts = z.array(z.string());
const Groups = z.record(z.string(), Hosts);

/** The hosts of some runs, as their plans name them. */
export async function hostsOf(database: Kysely<Tables>, runs: readonly string[]): Promise<readonly RunHosts[]> {
  const { rows } = await sql<{ run: string; hosts: string; groups: string | null }>`
    select run, event ->> '$.plan.hosts' as hosts, event ->> '$.plan.groups' as groups from entry
    where seq = 1 and run in (select value from json_each(${JSON.stringify(runs)})) and json_valid(event)
  `.execute(database);
  return rows.map(({ run, hosts, groups }) => ({
    run,
    hosts: Hosts.parse(JSON.parse(hosts)),
    groups: Groups.parse(JSON.parse(groups ?? "{}")),
  }));
}
