import { PolicyFile } from "../../model/policy-file.ts";
import { schemaText } from "../schema/json-schema.ts";

/** The JSON Schema of a policy file as the text of `schema/policy.schema.json`, for editors. */
export function policySchemaText(): string {
  return schemaText(PolicyFile, {
    $id: "policy.schema.json",
    title: "Policy",
    description: "Which fixes may start by themselves, which need people, and which are denied. See docs/policy.md.",
  });
}
