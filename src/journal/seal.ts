import type { DatabaseSync } from "node:sqlite";
import { hashOf } from "./chain.ts";

/** Gives hashes to all that was written before there were any, and notes up to which entry of each run: what became of them before cannot be proved. */
export function seal(database: DatabaseSync, now: number): void {
  const write = database.prepare("update entry set hash = ? where run = ? and seq = ?");
  const note = database.prepare("insert into sealed (run, seq, at) values (?, ?, ?)");
  const runs = database.prepare("select run, max(seq) as last from entry group by run").all();
  for (const { run, last } of runs) {
    let before: string | null = null;
    // Read whole: rows that are written while they are read would be met again.
    for (const row of database
      .prepare("select seq, at, type, event from entry where run = ? order by seq")
      .all(run ?? "")) {
      const { seq, at, type, event } = row;
      const own = { run: String(run), seq: Number(seq), at: Number(at), type: String(type), event: String(event) };
      before = hashOf(before, own);
      write.run(before, own.run, own.seq);
    }
    note.run(run ?? "", last ?? 0, now);
  }
}
