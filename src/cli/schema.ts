import { policySchemaText } from "../language/policy/json-schema.ts";
import { runbookSchemaText } from "../language/runbook/json-schema.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";

/** Prints the JSON Schema of runbooks, or of policies. */
export function schema(io: Io, options: { readonly policy?: boolean | undefined } = {}): number {
  io.out(options.policy === true ? policySchemaText() : runbookSchemaText());
  return EXIT.ok;
}
