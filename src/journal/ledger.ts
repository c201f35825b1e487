import { sql, type Kysely } from "kysely";
import type { Row } from "./chain.ts";
import { asking } from "./database.ts";
import { holderOf, leaseOf } from "./fence.ts";
import { headOf } from "./links.ts";
import type { Tables } from "./schema.ts";

/** The record as it is written, row by row, and what is taken out of it for good. Everything in it rejects with a journal fault. */
export type Ledger = {
  /** Every run of which anything is on record, oldest first. */
  runs(): Promise<readonly string[]>;
  /** The rows of a run, in order. */
  rows(run: string): Promise<readonly Row[]>;
  /** The hash of a run's last entry; null where there is none. */
  head(run: string): Promise<string | null>;
  /** Up to which entry a run got its hashes long after it was written, and when (ms since the epoch); null: all as it was written. */
  sealed(run: string): Promise<{ readonly seq: number; readonly at: number } | null>;
  /** Takes runs out of the record, with all that follows from them: all of them, or none. False: somebody has one in hand, and they stay. */
  remove(...runs: readonly string[]): Promise<boolean>;
};

/** Every table that has a run's rows. */
const TABLES = [
  "entry",
  "run",
  "run_order",
  "sealed",
  "lease",
  "mail",
  "claim",
  "past_fix",
  "refusal",
  "stop_request",
  "last_look",
  "sighting",
  "fire",
  "notice_run",
] as const;

/** The ledger of the record in a file. */
export function ledgerOf(file: string, database: Kysely<Tables>): Ledger {
  const look = <T>(query: () => Promise<T>): Promise<T> => asking(file, query);
  return {
    runs: () => look(() => runsOf(database)),
    rows: (run) => look(() => database.selectFrom("entry").selectAll().where("run", "=", run).orderBy("seq").execute()),
    head: (run) => look(() => headOf(database, run)),
    sealed: async (run) =>
      (await look(() =>
        database.selectFrom("sealed").select(["seq", "at"]).where("run", "=", run).executeTakeFirst(),
      )) ?? null,
    remove: (...runs) => look(() => remove(database, runs)),
  };
}

/** Also runs that only a part of the tables knows: something of them was taken away. */
async function runsOf(database: Kysely<Tables>): Promise<string[]> {
  const rows = await sql<{ run: string }>`
    with known as (select distinct run from entry union select run from run)
    select known.run from known left join run_order using (run) order by run_order.id, known.run
  `.execute(database);
  return rows.rows.map(({ run }) => run);
}

/** What is looked at without a run that looked in between is no row of looks any more: what was seen before it counts no longer. */
const FORGET = `
  delete from sighting where exists (
    select 1 from sighting as gone where gone.runbook = sighting.runbook and gone.host = sighting.host and gone.step = sighting.step
      and gone.at >= sighting.at and gone.run =`;

async function remove(database: Kysely<Tables>, runs: readonly string[]): Promise<boolean> {
  return database.transaction().execute(async (change) => {
    for (const run of runs) if (holderOf(await leaseOf(change, run)) !== null) return false;
    for (const run of runs) {
      await sql`${sql.raw(FORGET)} ${run})`.execute(change);
      for (const table of TABLES) await sql`delete from ${sql.table(table)} where run = ${run}`.execute(change);
    }
    return true;
  });
}
