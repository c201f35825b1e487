import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runbookSchemaText } from "../../../../src/language/runbook/json-schema.ts";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

test("the schema in the repository is the one that the code makes (`runbook schema > schema/runbook.schema.json`)", async () => {
  expect(await readFile(`${ROOT}/schema/runbook.schema.json`, "utf8")).toBe(runbookSchemaText());
});

test("it knows every key, what must be there, and says what a key means", () => {
  expect(JSON.parse(runbookSchemaText())).toMatchObject({
    $id: "runbook.schema.json",
    type: "object",
    required: ["name", "title", "steps"],
    additionalProperties: false,
    properties: {
      title: { description: "The problem in one line." },
      shell: { enum: ["sh", "bash", "powershell"] },
      steps: { type: "array", minItems: 1, items: { required: ["id", "detect"], additionalProperties: false } },
    },
  });
});

test("every runbook of the library points editors to it", async () => {
  const files = (await readdir(`${ROOT}/runbooks`)).filter((file) => file.endsWith(".yml"));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    const [first] = (await readFile(`${ROOT}/runbooks/${file}`, "utf8")).split("\n");
    expect(`${file}: ${first}`).toBe(`${file}: # yaml-language-server: $schema=../schema/runbook.schema.json`);
  }
});
