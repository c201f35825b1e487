import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { policySchemaText } from "../../../../src/language/policy/json-schema.ts";

const FILE = fileURLToPath(new URL("../../../../schema/policy.schema.json", import.meta.url));

test("the schema in the repository is the one that the code makes (`runbook schema --policy > schema/policy.schema.json`)", async () => {
  expect(await readFile(FILE, "utf8")).toBe(policySchemaText());
});

test("it knows every key, what must be there, and says what a key means", () => {
  expect(JSON.parse(policySchemaText())).toMatchObject({
    $id: "policy.schema.json",
    required: ["rules"],
    additionalProperties: false,
    properties: {
      rules: {
        type: "array",
        minItems: 1,
        items: {
          required: ["approve"],
          additionalProperties: false,
          properties: {
            approve: { enum: ["auto", "ask", "deny"] },
            max_hosts: { description: "At most this many hosts are fixed under the rule in one run." },
          },
        },
      },
    },
  });
});
