import * as z from "zod";
import { CaseSheet } from "../../model/case.ts";
import { withoutNoise } from "../schema/json-schema.ts";

/** The JSON Schema of files of cases as the text of `schema/case.schema.json`, for editors. */
export function caseSchemaText(): string {
  const schema = z.toJSONSchema(CaseSheet, { io: "input", override: ({ jsonSchema }) => withoutNoise(jsonSchema) });
  const titled = {
    $schema: schema.$schema,
    $id: "case.schema.json",
    title: "Cases",
    description: "Hosts made of data, and what a runbook must make of each. See docs/testing.md.",
    ...schema,
  };
  return `${JSON.stringify(titled, null, 2)}\n`;
}
