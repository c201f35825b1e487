import { CompiledQuery, type Kysely } from "kysely";
import type { Tables } from "./schema.ts";

/** The rows of a statement whose text is ready. For what is asked with every entry: to build its text anew each time takes longer than SQLite does. */
export async function ready<Row>(
  database: Kysely<Tables>,
  text: string,
  values: readonly (string | number | null)[],
): Promise<Row[]> {
  return (await database.executeQuery<Row>(CompiledQuery.raw(text, [...values]))).rows;
}
