import { runbookSchemaText } from "../language/runbook/json-schema.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";

/** Prints the JSON Schema of runbooks. */
export function schema(io: Io): number {
  io.out(runbookSchemaText());
  return EXIT.ok;
}
