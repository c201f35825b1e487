import type { Kysely } from "kysely";
import type { Entry } from "../model/event.ts";
import { hashOf, type Row } from "./chain.ts";
import { ready } from "./ready.ts";
import type { Tables } from "./schema.ts";

/** The hash of a run's last entry; null where there is none. */
export async function headOf(database: Kysely<Tables>, run: string): Promise<string | null> {
  const last = "select hash from entry where run = ? order by seq desc limit 1";
  return (await ready<Pick<Row, "hash">>(database, last, [run]))[0]?.hash ?? null;
}

/** Writes entries, each chained to the one before it in its run; in a transaction. */
export async function writeChained(database: Kysely<Tables>, entries: readonly Entry[]): Promise<void> {
  const heads = new Map<string, string | null>();
  for (const { run, seq, at, event } of entries) {
    const before = heads.has(run) ? (heads.get(run) ?? null) : await headOf(database, run);
    const row = { run, seq, at, type: event.type, event: JSON.stringify(event) };
    const hash = hashOf(before, row);
    heads.set(run, hash);
    await ready(database, INSERT, [run, seq, at, row.type, row.event, hash]);
  }
}

const INSERT = "insert into entry (run, seq, at, type, event, hash) values (?, ?, ?, ?, ?, ?)";
