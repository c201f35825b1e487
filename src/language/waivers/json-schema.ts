import * as z from "zod";
import { WaiverFile } from "../../model/waiver-file.ts";
import { withoutNoise } from "../schema/json-schema.ts";

/** The JSON Schema of a file of waivers as the text of `schema/waivers.schema.json`, for editors. */
export function waiversSchemaText(): string {
  const schema = z.toJSONSchema(WaiverFile, { io: "input", override: ({ jsonSchema }) => withoutNoise(jsonSchema) });
  const titled = {
    $schema: schema.$schema,
    $id: "waivers.schema.json",
    title: "Waivers",
    description: "Findings that are accepted as they are until a day. See docs/check.md.",
    ...schema,
  };
  return `${JSON.stringify(titled, null, 2)}\n`;
}
