import { WaiverFile } from "../../model/waiver-file.ts";
import { schemaText } from "../schema/json-schema.ts";

/** The JSON Schema of a file of waivers as the text of `schema/waivers.schema.json`, for editors. */
export function waiversSchemaText(): string {
  return schemaText(WaiverFile, {
    $id: "waivers.schema.json",
    title: "Waivers",
    description: "Findings that are accepted as they are until a day. See docs/check.md.",
  });
}
