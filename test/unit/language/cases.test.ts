import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { caseSchemaText } from "../../../src/language/cases/json-schema.ts";

test("the schema in the repository is the one that the code makes (`runbook schema case > schema/case.schema.json`)", async () => {
  expect(await readFile("schema/case.schema.json", "utf8")).toBe(caseSchemaText());
});
