import { hash } from "node:crypto";

/** One row of the record, with its hash; null: written by a runbook that knew none. `event` is the text of the event, as it was written. */
export type Row = {
  readonly run: string;
  readonly seq: number;
  readonly at: number;
  readonly type: string;
  readonly event: string;
  readonly hash: string | null;
};

/** What stands before the first entry of a run, and after an entry that has no hash. */
const NOTHING = "";

/** The hash of an entry: SHA-256 (hex) over that of the entry before it and all that the row says. */
export function hashOf(before: string | null, { run, seq, at, type, event }: Omit<Row, "hash">): string {
  // JSON has no line break of its own, so no value can pass for another.
  return hash("sha256", `${JSON.stringify([before ?? NOTHING, run, seq, at, type])}\n${event}`);
}

/** What is not as it was written: the first place of a run where that shows. */
export type Break = {
  readonly seq: number;
  readonly what: "altered" | "missing" | "reordered";
  /** The place itself and what is known of it, in words: `entry 7 was altered`. */
  readonly words: string;
};

/** What can be said of a run's rows. */
export type Proof = {
  readonly entries: number;
  /** The hash of the last entry; null: there is none, or it has none. */
  readonly head: string | null;
  readonly broken: Break | null;
  /** Entries without a hash, of which nothing can be proved. */
  readonly unproved: number;
};

/** Follows the chain through all rows of one run, in the order of their numbers. A tail that was cut off leaves no trace in what is left. */
export function prove(rows: readonly Row[]): Proof {
  let before: string | null = null;
  let broken: Break | null = null;
  for (const [at, row] of rows.entries()) {
    const seq = at + 1;
    if (row.seq !== seq) broken = missing(seq, row.seq);
    else if (row.hash !== null && row.hash !== hashOf(before, row)) broken = wrong(rows, row, before);
    if (broken !== null) break;
    before = row.hash;
  }
  if (rows.length === 0) broken = { seq: 1, what: "missing", words: "all of its entries are missing" };
  const unproved = rows.filter((row) => row.hash === null).length;
  return { entries: rows.length, head: rows.at(-1)?.hash ?? null, broken, unproved };
}

function missing(seq: number, next: number): Break {
  if (next < seq) return { seq: next, what: "reordered", words: `entry ${next} stands where entry ${seq} should be` };
  const words = next === seq + 1 ? `entry ${seq} is missing` : `entries ${seq} to ${next - 1} are missing`;
  return { seq, what: "missing", words };
}

/** An entry that belongs here may stand elsewhere in the run: then nothing was written anew, only put in another place. */
function wrong(rows: readonly Row[], { seq }: Row, before: string | null): Break {
  const moved = rows.find(
    (row) => row.seq !== seq && row.hash !== null && row.hash === hashOf(before, { ...row, seq }),
  );
  if (moved === undefined) return { seq, what: "altered", words: `entry ${seq} was altered` };
  return { seq, what: "reordered", words: `entry ${seq} was put in the place of entry ${moved.seq}` };
}
