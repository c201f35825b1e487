import * as z from "zod";
import { PolicyFile } from "../../model/policy-file.ts";
import { withoutNoise } from "../schema/json-schema.ts";

/** The JSON Schema of a policy file as the text of `schema/policy.schema.json`, for editors. */
export function policySchemaText(): string {
  const schema = z.toJSONSchema(PolicyFile, { io: "input", override: ({ jsonSchema }) => withoutNoise(jsonSchema) });
  const titled = {
    $schema: schema.$schema,
    $id: "policy.schema.json",
    title: "Policy",
    description: "Which fixes may start by themselves, which need people, and which are denied. See docs/policy.md.",
    ...schema,
  };
  return `${JSON.stringify(titled, null, 2)}\n`;
}
