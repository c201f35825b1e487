import * as z from "zod";
import { Runbook } from "../../model/runbook.ts";
import { withoutNoise } from "../schema/json-schema.ts";

/** The JSON Schema of a runbook's file, for editors. What it cannot say (whether a key column exists, …) is left to `lint`. */
export function runbookJsonSchema(): object {
  const schema = z.toJSONSchema(Runbook, { io: "input", override: ({ jsonSchema }) => withoutNoise(jsonSchema) });
  return {
    $schema: schema.$schema,
    $id: "runbook.schema.json",
    title: "Runbook",
    description: "One known problem of servers and its remedy. See docs/language.md.",
    ...schema,
  };
}

/** The schema as the text of `schema/runbook.schema.json`. */
export function runbookSchemaText(): string {
  return `${JSON.stringify(runbookJsonSchema(), null, 2)}\n`;
}
