import { existsSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { sql, type Kysely } from "kysely";
import type { Waiver } from "../model/approval.ts";
import { Entry, OBSERVATIONS, type PastFix } from "../model/event.ts";
import { FaultError } from "../model/fault.ts";
import type { Archive, Journal, RunRecord } from "../run/ports.ts";
import { journalFault, openDatabase, type Tables } from "./database.ts";

/** So many earlier fixes of a step on a host are worth knowing. */
const MOST_PAST = 20;

function placeOf(run: string, at: { readonly host: string; readonly step: string }): string {
  return JSON.stringify([run, at.host, at.step]);
}

type Waiting = {
  readonly entries: readonly Entry[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

/** Makes a directory and those above it, private. Node's own recursive way never ends where the kernel says ENOENT, as in /proc. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another run may have made it meanwhile.
    if (!existsSync(path)) throw error;
  }
}

/** The record of all runs of one state directory: `runbook.db` in it. */
export class SqliteRecord implements Journal, Archive {
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
  }

  /** Opens the record of a state directory (made with mode 0700). Throws a journal fault. */
  static open(stateDir: string): SqliteRecord {
    const file = join(stateDir, "runbook.db");
    try {
      makeDirectory(resolve(stateDir));
    } catch (error) {
      throw journalFault(stateDir, error);
    }
    return new SqliteRecord(file, openDatabase(file));
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
      for (const entry of entries) await this.#noteRun(database, entry);
      const rows = entries.map(({ run, seq, at, event }) => ({
        run,
        seq,
        at,
        type: event.type,
        event: JSON.stringify(event),
      }));
      await database.insertInto("entry").values(rows).execute();
    });
  }

  /** How sure the next commit must be: `normal` survives the end of this process, `full` that of the machine. */
  async #secure(synchronous: "full" | "normal"): Promise<void> {
    if (this.#synchronous === synchronous) return;
    await sql.raw(`pragma synchronous = ${synchronous}`).execute(this.#database);
    this.#synchronous = synchronous;
  }

  /** The table of runs is an index over the entries, written with them. */
  async #noteRun(database: Kysely<Tables>, { run, at, event }: Entry): Promise<void> {
    if (event.type === "run-started") {
      const { plan } = event;
      const row = {
        run,
        runbook: plan.runbook.name,
        hosts: plan.hosts.length,
        started_at: at,
        ended_at: null,
        exit: null,
      };
      await database.insertInto("run").values(row).execute();
      await database.insertInto("run_order").values({ run }).execute();
    }
    if (event.type === "run-ended") {
      await database.updateTable("run").set({ ended_at: at, exit: event.exit }).where("run", "=", run).execute();
    }
  }

  async runs(): Promise<readonly RunRecord[]> {
    const rows = await this.#read(() =>
      this.#database
        .selectFrom("run")
        .innerJoin("run_order", "run_order.run", "run.run")
        .selectAll("run")
        .orderBy("run_order.id", "desc")
        .execute(),
    );
    return rows.map(({ run, runbook, hosts, started_at, ended_at, exit }) => ({
      run,
      runbook,
      hosts,
      startedAt: started_at,
      endedAt: ended_at,
      exit,
    }));
  }

  async read(run: string): Promise<readonly Entry[]> {
    const rows = await this.#read(() =>
      this.#database.selectFrom("entry").selectAll().where("run", "=", run).orderBy("seq").execute(),
    );
    return rows.map((row) => this.#entryOf(row));
  }

  async past(runbook: string, hosts: readonly string[], since: number): Promise<readonly PastFix[]> {
    const rows = await this.#acts(runbook, ["fix-started", "step-ended"], since);
    const begun = new Set(
      rows.flatMap(({ run, event }) => (event.type === "fix-started" ? [placeOf(run, event)] : [])),
    );
    const wanted = new Set(hosts);
    const fixes = rows.flatMap(({ run, at, event }): PastFix[] => {
      if (event.type !== "step-ended" || !wanted.has(event.host) || !begun.has(placeOf(run, event))) return [];
      return [{ host: event.host, step: event.step, run, at, outcome: event.outcome }];
    });
    const kept = new Map<string, number>();
    return fixes.reverse().filter((fix) => {
      const place = placeOf("", fix);
      kept.set(place, (kept.get(place) ?? 0) + 1);
      return (kept.get(place) ?? 0) <= MOST_PAST;
    });
  }

  async waivers(runbook: string, hosts: readonly string[], now: number): Promise<readonly Waiver[]> {
    const wanted = new Set(hosts);
    return (await this.#acts(runbook, ["waived"], 0)).flatMap(({ event }): Waiver[] => {
      if (event.type !== "waived" || event.until <= now || !wanted.has(event.host)) return [];
      const { host, step, keys, until, by, reason } = event;
      return keys.map((key) => ({ host, step, key, until, by, reason }));
    });
  }

  /** Entries of some types in all runs of a runbook, oldest first. */
  async #acts(runbook: string, types: readonly Entry["event"]["type"][], since: number): Promise<readonly Entry[]> {
    const rows = await this.#read(() =>
      this.#database
        .selectFrom("entry")
        .innerJoin("run", "run.run", "entry.run")
        .selectAll("entry")
        .where("run.runbook", "=", runbook)
        .where("entry.type", "in", types)
        .where("entry.at", ">=", since)
        .orderBy("entry.at")
        .execute(),
    );
    return rows.map((row) => this.#entryOf(row));
  }

  #entryOf({ run, seq, at, event }: Tables["entry"]): Entry {
    try {
      return Entry.parse({ run, seq, at, event: JSON.parse(event) });
    } catch {
      throw new FaultError({
        kind: "journal",
        where: this.#file,
        message: `the record is damaged: run ${run}, entry ${seq}`,
        hint: "take the file from a backup; the other runs in it can still be shown",
      });
    }
  }

  async #read<T>(query: () => Promise<T>): Promise<T> {
    try {
      return await query();
    } catch (error) {
      throw journalFault(this.#file, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flushing;
    await this.#database.destroy();
  }
}
