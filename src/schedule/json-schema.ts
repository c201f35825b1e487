import { schemaText } from "../language/schema/json-schema.ts";
import { SchedulesFile } from "../model/schedule.ts";

/** The JSON Schema of a file of schedules as the text of `schema/schedules.schema.json`, for editors. */
export function schedulesSchemaText(): string {
  return schemaText(SchedulesFile, {
    $id: "schedules.schema.json",
    title: "Schedules",
    description: "Which runbooks run when, on which hosts, and what they may do by themselves. See docs/schedules.md.",
  });
}
