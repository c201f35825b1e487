import { join, resolve } from "node:path";
import { sql, type Kysely } from "kysely";
import type { Refused } from "../model/scheduled.ts";
import type { Waiver } from "../model/approval.ts";
import { EarlierLook } from "../model/check.ts";
import { Entry } from "../model/event.ts";
import { PastFix } from "../model/past.ts";
import type { RunPlan, Writer } from "../model/plan.ts";
import type { Sighting } from "../model/sighting.ts";
import { OBSERVATIONS } from "./observations.ts";
import { FaultError } from "../model/fault.ts";
import type { FixedHost } from "../schedule/restraint.ts";
import type { Archive, Desk, Journal, OpenRequest } from "../run/ports.ts";
import type { RunHosts, RunRecord, RunsWanted } from "../model/run-record.ts";
import type { Book } from "../schedule/book.ts";
import type { Outbox } from "../notice/outbox.ts";
import { makeDirectory } from "./access.ts";
import { bookOf } from "./book.ts";
import { asking, journalFault, openDatabase } from "./database.ts";
import { derive, noteNews } from "./derive.ts";
import { SqliteDesk } from "./desk.ts";
import { checkFence, type Fences } from "./fence.ts";
import { ledgerOf, type Ledger } from "./ledger.ts";
import { beginnerOf, fixedBy, openOf, refusedIn } from "./of-schedules.ts";
import { hostsOf, runsOf } from "./runs.ts";
import { sightingsFor } from "./sightings.ts";
import { outboxOf } from "./outbox.ts";
import { writeChained } from "./links.ts";
import type { Tables } from "./schema.ts";

/** So many earlier fixes of a step on a host are worth knowing. */
const MOST_PAST = 20;
/** ms for which a command waits for a record that is locked. */
const LOCKED = 10_000;
/** So many of the newest runs are asked whether they wait for another one: it is only a remark on a card. */
const MOST_SHARING = 200;

type Waiting = {
  readonly entries: readonly Entry[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

/** The record of all runs of one state directory: `runbook.db` in it. */
export class SqliteRecord implements Journal, Archive {
  /** Leases taken here are what this handle's `append` goes by. */
  readonly desk: Desk;
  readonly ledger: Ledger;
  /** Written by whoever has the lease of the daemon from the desk above. */
  readonly book: Book;
  readonly outbox: Outbox;
  readonly #fences: Fences = new Map();
  readonly #file: string;
  readonly #database: Kysely<Tables>;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | null = null;
  #synchronous: "full" | "normal" = "full";
  /** Once an entry is missing, every later one would stand behind a gap: nothing more is taken. */
  #fault: FaultError | null = null;

  private constructor(file: string, database: Kysely<Tables>) {
    this.#file = file;
    this.#database = database;
    this.desk = new SqliteDesk(file, database, this.#fences);
    this.ledger = ledgerOf(file, database);
    this.book = bookOf(file, database, this.#fences);
    this.outbox = outboxOf(file, database);
  }

  /** Opens the record of a state directory (made with mode 0700). `wait`: ms for which this process waits, and does nothing else, while another has it locked. Throws a journal fault. */
  static open(stateDir: string, wait = LOCKED): SqliteRecord {
    const file = join(stateDir, "runbook.db");
    try {
      makeDirectory(resolve(stateDir));
    } catch (error) {
      throw journalFault(stateDir, error);
    }
    return new SqliteRecord(file, openDatabase(file, wait));
  }

  /** Entries that arrive in one turn of the event loop, from however many hosts, share one commit. */
  append(entries: readonly Entry[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ entries, resolve, reject });
    this.#flushing ??= this.#flush();
    return promise;
  }

  async #flush(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#fault !== null) throw this.#fault;
        await this.#write(batch.flatMap((waiting) => waiting.entries));
        for (const waiting of batch) waiting.resolve();
      } catch (error) {
        this.#fault ??= journalFault(this.#file, error);
        for (const waiting of batch) waiting.reject(this.#fault);
      }
    }
    this.#flushing = null;
  }

  async #write(entries: readonly Entry[]): Promise<void> {
    await this.#secure(entries.every(({ event }) => OBSERVATIONS.has(event.type)) ? "normal" : "full");
    await this.#database.transaction().execute(async (database) => {
      for (const run of new Set(entries.map((entry) => entry.run))) {
        await checkFence(database, run, this.#fences, this.#file);
        await noteNews(database, run);
      }
      for (const entry of entries) await derive(database, entry);
      await writeChained(database, entries);
    });
  }

  /** How sure the next commit must be: `normal` survives the end of this process, `full` that of the machine. */
  async #secure(synchronous: "full" | "normal"): Promise<void> {
    if (this.#synchronous === synchronous) return;
    await sql.raw(`pragma synchronous = ${synchronous}`).execute(this.#database);
    this.#synchronous = synchronous;
  }

  runs(wanted: RunsWanted = {}): Promise<readonly RunRecord[]> {
    return this.#read(() => runsOf(this.#database, wanted));
  }

  hostsOf(runs: readonly string[]): Promise<readonly RunHosts[]> {
    return this.#read(() => hostsOf(this.#database, runs));
  }

  async asking(): Promise<readonly string[]> {
    const rows = await this.#read(() =>
      this.#database
        .selectFrom("claim")
        .innerJoin("run_order", "run_order.run", "claim.run")
        .select("claim.run")
        .distinct()
        .where("asked", "=", 1)
        .orderBy("run_order.id", "desc")
        .execute(),
    );
    return rows.map(({ run }) => run);
  }

  async sharing(digests: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    if (digests.length === 0) return new Map();
    const newest = sql`
      select run_order.id, run from run_order join run using (run)
      where exit is null or exit <> 0 order by id desc limit ${MOST_SHARING}
    `;
    const { rows } = await this.#read(() =>
      sql<{ run: string; digest: string }>`
        select distinct newest.run, event ->> '$.digest' as digest from (${newest}) as newest join entry using (run)
        where type = 'asked-elsewhere' and digest in (select value from json_each(${JSON.stringify(digests)}))
        order by newest.id desc
      `.execute(this.#database),
    );
    const runs = Map.groupBy(rows, ({ digest }) => digest);
    return new Map([...runs].map(([digest, those]) => [digest, those.map(({ run }) => run)]));
  }

  async read(run: string): Promise<readonly Entry[]> {
    const rows = await this.#read(() =>
      this.#database.selectFrom("entry").selectAll().where("run", "=", run).orderBy("seq").execute(),
    );
    return rows.map((row, at) => {
      if (row.seq !== at + 1) throw this.#damaged(run, at + 1);
      return this.#entryOf(row);
    });
  }

  async past(runbook: string, hosts: readonly string[], since: number, least = 0): Promise<readonly PastFix[]> {
    const newest = sql`
      select run, host, step, at, outcome, row_number() over (partition by host, step order by at desc, run desc) as nth
      from past_fix
      where runbook = ${runbook} and at >= ${since} and host in (select value from json_each(${JSON.stringify(hosts)}))
    `;
    const rows = await this.#read(() =>
      sql<
        Tables["past_fix"]
      >`select run, host, step, at, outcome from (${newest}) where nth <= ${Math.max(MOST_PAST, least)} order by at desc, run desc`.execute(
        this.#database,
      ),
    );
    return rows.rows.map((row) => PastFix.parse(row));
  }

  fixedBy(schedule: string, since: number): Promise<readonly FixedHost[]> {
    return this.#read(() => fixedBy(this.#database, schedule, since));
  }

  refusedIn(of: { readonly schedule: string; readonly runbook: string }, since: number): Promise<Refused[]> {
    return this.#read(() => refusedIn(this.#database, of, since));
  }

  openOf(schedule: string): Promise<readonly OpenRequest[]> {
    return this.#read(() => openOf(this.#database, schedule));
  }

  beginnerOf(id: string): Promise<{ readonly writer: Writer | undefined } | null> {
    return this.#read(() => beginnerOf(this.#database, id));
  }

  sightings(plan: RunPlan, since: number): Promise<readonly Sighting[]> {
    return this.#read(() => sightingsFor(this.#database, plan, since));
  }

  async waivers(runbook: string, hosts: readonly string[], now: number): Promise<readonly Waiver[]> {
    const rows = await this.#read(() =>
      this.#database
        .selectFrom("entry")
        .innerJoin("run", "run.run", "entry.run")
        .selectAll("entry")
        .where("run.runbook", "=", runbook)
        // A parameter would hide the index that has only these.
        .where(sql<boolean>`entry.type = 'waived'`)
        .orderBy("entry.at")
        .execute(),
    );
    const wanted = new Set(hosts);
    return rows.flatMap((row): Waiver[] => {
      const { event } = this.#entryOf(row);
      if (event.type !== "waived" || event.until <= now || !wanted.has(event.host)) return [];
      const { host, step, keys, until, by, reason } = event;
      return keys.map((key) => ({ host, step, key, until, by, reason }));
    });
  }

  async earlier(runbook: string, hosts: readonly string[]): Promise<readonly EarlierLook[]> {
    const rows = await this.#read(() =>
      this.#database
        .selectFrom("last_look")
        .select(["host", "step", "at", "findings"])
        .where("runbook", "=", runbook)
        .where(sql<boolean>`host in (select value from json_each(${JSON.stringify(hosts)}))`)
        .execute(),
    );
    return rows.map((row) => EarlierLook.parse({ ...row, findings: JSON.parse(row.findings) }));
  }

  #entryOf({ run, seq, at, event }: Tables["entry"]): Entry {
    try {
      return Entry.parse({ run, seq, at, event: JSON.parse(event) });
    } catch {
      throw this.#damaged(run, seq);
    }
  }

  #damaged(run: string, seq: number): FaultError {
    return new FaultError({
      kind: "journal",
      where: this.#file,
      message: `the record is damaged: run ${run}, entry ${seq}`,
      hint: "`runbook history verify` tells what is not as it was written; take the file from a backup; the other runs in it can still be shown",
    });
  }

  #read<T>(query: () => Promise<T>): Promise<T> {
    return asking(this.#file, query);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flushing;
    await this.#database.destroy();
  }
}
