import type { Dialect } from "../language/schema/dialect.ts";
import { timeHint } from "../language/time-hint.ts";
import { withoutValues } from "./check-notifications.ts";
import { SchedulesFile } from "../model/schedule.ts";

/** Files of schedules, as mistakes in them are told. */
export const SCHEDULES: Dialect = {
  schema: SchedulesFile,
  whole: "the file",
  items: { schedules: "schedule", notifications: "notification" },
  advise: (_issue, path, value) => {
    const key = path.at(-1);
    // A date without quotes is a date to other readers of YAML, and a text to this one.
    if (key === "from" || key === "to") return timeHint(value);
    if (key === "days") return "days are mon, tue, wed, thu, fri, sat and sun, joined by - and commas";
    if (key === "limit" && Array.isArray(value))
      return `write one pattern: \`${value.filter((each) => typeof each === "string").join(":")}\``;
    if (key === "cron") return 'write it in quotes: "*/15 * * * *"';
    return key === "schedules" && !Array.isArray(value) ? "write a list: `- name: …`" : undefined;
  },
  badKey: (name) => ({
    message: `\`${name}\` is no name of an input`,
    hint: "inputs have names in lower snake case, such as min_size",
  }),
  discreet: (fault, [top]) => (top === "notifications" ? withoutValues(fault) : fault),
};
