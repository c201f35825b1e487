import { DatabaseSync, type StatementSync } from "node:sqlite";
import { Kysely, SqliteDialect, type SqliteDatabase } from "kysely";
import { FaultError } from "../model/fault.ts";
import { grant } from "./access.ts";
import { MIGRATIONS, type Tables } from "./schema.ts";

/**
 * Opens the record in a file, making it where there is none, and brings its tables up to date. Whoever finds it locked waits so many ms for it, and does
 * nothing else meanwhile. Throws a journal fault that says what is in the way.
 */
export function openDatabase(file: string, wait: number): Kysely<Tables> {
  try {
    grant(file);
    const database = new DatabaseSync(file, { timeout: wait });
    useWal(database);
    database.exec("pragma synchronous = full; pragma foreign_keys = on;");
    migrate(database, file);
    return new Kysely<Tables>({ dialect: new SqliteDialect({ database: adapt(database) }) });
  } catch (error) {
    throw journalFault(file, error);
  }
}

/** A fault of the record, from whatever SQLite threw; a fault stays what it is. */
export function journalFault(file: string, error: unknown): FaultError {
  if (error instanceof FaultError) return error;
  return new FaultError({
    kind: "journal",
    where: file,
    message: `the record of runs cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    hint: hintFor(file, error),
  });
}

/** Asks the record in a file something; what SQLite throws becomes a fault of the record. */
export async function asking<T>(file: string, query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    throw journalFault(file, error);
  }
}

const DAMAGED =
  "take it from a backup, or move it away and save what is left of it: `sqlite3 runbook.db .recover | sqlite3 new.db`";

function hintFor(file: string, error: unknown): string {
  const code = codeOf(error);
  if (DAMAGE.has(code)) return DAMAGED;
  if (code === BUSY) return `another process has locked it for long: \`fuser ${file}\` names those that have it open`;
  return "free the disk or mend its rights, or name another place with --state DIR";
}

/** SQLite's code for a file that another has locked. */
const BUSY = 5;
/** SQLite's codes for a file whose pages do not fit together, and for one that is no database. */
const DAMAGE: ReadonlySet<number | null> = new Set([11, 26]);

/** The rest of the number tells the case apart. */
function codeOf(error: unknown): number | null {
  return error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : null;
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

/** In one transaction: a record is of one version or of the next, whatever happens. A newer one is refused, never guessed at. */
function migrate(database: DatabaseSync, file: string): void {
  database.exec("begin immediate");
  try {
    const version = Number(database.prepare("pragma user_version").get()?.["user_version"] ?? 0);
    if (version > MIGRATIONS.length) {
      throw new FaultError({
        kind: "journal",
        where: file,
        message: `the record was made by a newer runbook (format ${version}; this one knows ${MIGRATIONS.length})`,
        hint: "use that version, or name another place with --state DIR",
      });
    }
    for (const step of MIGRATIONS.slice(version).flat()) {
      if (typeof step === "string") database.exec(step);
      else step(database);
    }
    if (version < MIGRATIONS.length) database.exec(`pragma user_version = ${MIGRATIONS.length}`);
    database.exec("commit");
  } catch (error) {
    if (database.isTransaction) database.exec("rollback");
    throw error;
  }
}

const MOST_PREPARED = 100;

/** Every transaction writes, after a look: one that begins as a reader could not become a writer once another has written. */
const INSTEAD: Readonly<Record<string, string>> = { begin: "begin immediate" };

/** node:sqlite in the shape Kysely's dialect expects. */
function adapt(database: DatabaseSync): SqliteDatabase {
  // Kysely asks for the same few statements thousands of times in a run.
  const prepared = new Map<string, { statement: StatementSync; reader: boolean }>();
  const prepare = (text: string): { statement: StatementSync; reader: boolean } => {
    const known = prepared.get(text);
    if (known !== undefined) return known;
    const statement = database.prepare(text);
    const made = { statement, reader: statement.columns().length > 0 };
    if (prepared.size < MOST_PREPARED) prepared.set(text, made);
    return made;
  };
  return {
    close: () => database.close(),
    prepare: (sql) => {
      // Where the disk is full SQLite has rolled back by itself: a second time would fail, and hide the reason.
      const done = sql === "rollback" && !database.isTransaction;
      const { statement, reader } = prepare(done ? "select 1" : (INSTEAD[sql] ?? sql));
      const values = (parameters: readonly unknown[]) => parameters as Parameters<typeof statement.run>;
      return {
        reader,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        iterate: (parameters) => statement.iterate(...values(parameters)),
      };
    },
  };
}
