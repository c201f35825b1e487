import { chmodSync, closeSync, openSync, statSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { Kysely, SqliteDialect, type Generated, type SqliteDatabase } from "kysely";
import { FaultError } from "../model/fault.ts";

/** The tables of the record. Times are ms since the epoch. */
export type Tables = {
  run: {
    run: string;
    runbook: string;
    hosts: number;
    started_at: number;
    ended_at: number | null;
    exit: number | null;
  };
  entry: { run: string; seq: number; at: number; type: string; /** JSON of the event. */ event: string };
  /** Keeps the order in which runs began within one millisecond. */
  run_order: { id: Generated<number>; run: string };
};

/** The version of the tables. A record of another version is refused, never guessed at. */
const VERSION = 1;

const SCHEMA = `
  create table run (
    run text primary key, runbook text not null, hosts integer not null,
    started_at integer not null, ended_at integer, exit integer
  ) strict;
  create table run_order (id integer primary key autoincrement, run text not null unique) strict;
  create table entry (
    run text not null, seq integer not null, at integer not null, type text not null, event text not null,
    primary key (run, seq)
  ) strict, without rowid;
  pragma user_version = ${VERSION};
`;

/** Opens the record in a file, making it (mode 0600) where there is none. Throws a journal fault that says what is in the way. */
export function openDatabase(file: string): Kysely<Tables> {
  try {
    makePrivate(file);
    const database = new DatabaseSync(file, { timeout: 10_000 });
    useWal(database);
    database.exec("pragma synchronous = full; pragma foreign_keys = on;");
    migrate(database, file);
    return new Kysely<Tables>({ dialect: new SqliteDialect({ database: adapt(database) }) });
  } catch (error) {
    if (error instanceof FaultError) throw error;
    throw journalFault(file, error);
  }
}

/**
 * The record holds what hosts printed, so it is its owner's alone before a byte is in it; SQLite gives `-wal` and `-shm` the rights of
 * the file. One that exists is not opened here: closing it again would drop the locks that this process holds on it.
 */
function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
  }
  for (const part of [file, `${file}-wal`, `${file}-shm`]) {
    try {
      if ((statSync(part).mode & 0o077) !== 0) chmodSync(part, 0o600);
    } catch (error) {
      // Another run that ends takes `-wal` and `-shm` away.
      if (!isCode(error, "ENOENT")) throw error;
    }
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** A fault of the record, from whatever SQLite threw. */
export function journalFault(file: string, error: unknown): FaultError {
  return new FaultError({
    kind: "journal",
    where: file,
    message: `the record of runs cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    hint: "free the disk or mend its rights, or name another place with --state DIR",
  });
}

/** Two processes that make one record at the same moment: SQLite does not wait for its lock here, so we do. */
function useWal(database: DatabaseSync): void {
  for (let tries = 1; ; tries += 1) {
    try {
      database.exec("pragma journal_mode = wal");
      return;
    } catch (error) {
      if (tries > 200 || !(error instanceof Error && /locked|busy/.test(error.message))) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 25);
    }
  }
}

function migrate(database: DatabaseSync, file: string): void {
  database.exec("begin immediate");
  try {
    const version = Number(database.prepare("pragma user_version").get()?.["user_version"] ?? 0);
    if (version > VERSION) {
      throw new FaultError({
        kind: "journal",
        where: file,
        message: `the record was made by a newer runbook (format ${version}; this one knows ${VERSION})`,
        hint: "use that version, or name another place with --state DIR",
      });
    }
    if (version === 0) database.exec(SCHEMA);
    database.exec("commit");
  } catch (error) {
    if (database.isTransaction) database.exec("rollback");
    throw error;
  }
}

const MOST_PREPARED = 100;

/** node:sqlite in the shape Kysely's dialect expects. */
function adapt(database: DatabaseSync): SqliteDatabase {
  // Kysely asks for the same few statements thousands of times in a run.
  const prepared = new Map<string, StatementSync>();
  const prepare = (text: string): StatementSync => {
    const statement = prepared.get(text) ?? database.prepare(text);
    if (prepared.size < MOST_PREPARED) prepared.set(text, statement);
    return statement;
  };
  return {
    close: () => database.close(),
    prepare: (sql) => {
      // Where the disk is full SQLite has rolled back by itself: a second time would fail, and hide the reason.
      const done = sql === "rollback" && !database.isTransaction;
      const statement = prepare(done ? "select 1" : sql);
      const values = (parameters: readonly unknown[]) => parameters as Parameters<typeof statement.run>;
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        iterate: (parameters) => statement.iterate(...values(parameters)),
      };
    },
  };
}
