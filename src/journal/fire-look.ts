import type { Kysely } from "kysely";
import type { Look } from "../schedule/book.ts";
import { holderOf, leaseOf } from "./fence.ts";
import { ready } from "./ready.ts";
import type { Tables } from "./schema.ts";

/** A run, or one of the runs of a check. */
type Part = {
  readonly run: string;
  readonly seq: number;
  readonly ended_at: number | null;
  readonly exit: number | null;
  readonly asks: number;
  /** The type of its last entry. */
  readonly last: string;
};

const PARTS = `
  select run, ended_at, exit, (select max(seq) from entry where entry.run = run.run) as seq,
    exists (select 1 from claim where claim.run = run.run and asked = 1) as asks,
    (select type from entry where entry.run = run.run order by seq desc limit 1) as last
  from run where`;
const OF_RUN = `${PARTS} run = ?`;
const OF_CHECK = `${PARTS} check_id = ?`;

/** What the record says of runs and checks; of those that it does not know, nothing. */
export async function lookAt(database: Kysely<Tables>, runs: readonly string[]): Promise<ReadonlyMap<string, Look>> {
  const looks = new Map<string, Look>();
  for (const id of runs) {
    const own = await ready<Part>(database, OF_RUN, [id]);
    const parts = own.length > 0 ? own : await ready<Part>(database, OF_CHECK, [id]);
    const alive = await isAlive(database, [id, ...parts.map(({ run }) => run)]);
    const look = lookOf(parts, alive);
    if (look !== null) looks.set(id, look);
  }
  return looks;
}

async function isAlive(database: Kysely<Tables>, runs: readonly string[]): Promise<boolean> {
  for (const run of runs) if (holderOf(await leaseOf(database, run)) !== null) return true;
  return false;
}

/** A run whose lease is taken, and of which nothing is on record yet, begins just now. */
function lookOf(parts: readonly Part[], alive: boolean): Look | null {
  if (parts.length === 0) return alive ? { seq: 0, alive, exit: null, ended: false, closed: false, asks: false } : null;
  const ended = parts.every(({ ended_at: at }) => at !== null);
  return {
    seq: parts.reduce((sum, { seq }) => sum + seq, 0),
    alive,
    ended,
    closed: parts.every(({ last }) => last === "run-ended"),
    exit: ended ? Math.max(...parts.map(({ exit }) => exit ?? 0)) : null,
    asks: parts.some(({ asks }) => asks === 1),
  };
}
