import type { Kysely } from "kysely";
import type { Entry } from "../model/event.ts";
import { hashOf, type Row } from "./chain.ts";
import type { Tables } from "./schema.ts";

/** The hash of a run's last entry; null where there is none. */
export async function headOf(database: Kysely<Tables>, run: string): Promise<string | null> {
  const last = database.selectFrom("entry").select("hash").where("run", "=", run).orderBy("seq", "desc").limit(1);
  return (await last.executeTakeFirst())?.hash ?? null;
}

/** Entries as rows, each chained to the one before it in its run; in the transaction that writes them. */
export async function chained(database: Kysely<Tables>, entries: readonly Entry[]): Promise<Row[]> {
  const heads = new Map<string, string | null>();
  const rows: Row[] = [];
  for (const { run, seq, at, event } of entries) {
    const before = heads.has(run) ? (heads.get(run) ?? null) : await headOf(database, run);
    const row = { run, seq, at, type: event.type, event: JSON.stringify(event) };
    const hash = hashOf(before, row);
    heads.set(run, hash);
    rows.push({ ...row, hash });
  }
  return rows;
}
