import { CaseSheet } from "../../model/case.ts";
import { schemaText } from "../schema/json-schema.ts";

/** The JSON Schema of files of cases as the text of `schema/case.schema.json`, for editors. */
export function caseSchemaText(): string {
  return schemaText(CaseSheet, {
    $id: "case.schema.json",
    title: "Cases",
    description: "Hosts made of data, and what a runbook must make of each. See docs/testing.md.",
  });
}
