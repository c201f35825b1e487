import * as z from "zod";
import { withoutNoise } from "../language/schema/json-schema.ts";
import { SchedulesFile } from "../model/schedule.ts";

/** The JSON Schema of a file of schedules as the text of `schema/schedules.schema.json`, for editors. */
export function schedulesSchemaText(): string {
  const schema = z.toJSONSchema(SchedulesFile, { io: "input", override: ({ jsonSchema }) => withoutNoise(jsonSchema) });
  const titled = {
    $schema: schema.$schema,
    $id: "schedules.schema.json",
    title: "Schedules",
    description: "Which runbooks run when, on which hosts, and what they may do by themselves. See docs/schedules.md.",
    ...schema,
  };
  return `${JSON.stringify(titled, null, 2)}\n`;
}
