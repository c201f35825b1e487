import { Runbook } from "../../model/runbook.ts";
import { schemaText } from "../schema/json-schema.ts";

/** The JSON Schema of a runbook as the text of `schema/runbook.schema.json`, for editors. What it cannot say (whether a key column exists, …) is left to `lint`. */
export function runbookSchemaText(): string {
  return schemaText(Runbook, {
    $id: "runbook.schema.json",
    title: "Runbook",
    description: "One known problem of servers and its remedy. See docs/language.md.",
  });
}
