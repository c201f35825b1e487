import { WaiverFile } from "../../model/waiver-file.ts";
import type { Dialect } from "../schema/dialect.ts";

/** Waivers, as mistakes in them are told. */
export const WAIVERS: Dialect = {
  schema: WaiverFile,
  whole: "the file of waivers",
  items: { waivers: "waiver" },
  advise: (issue, path, value) => {
    const key = path.at(-1);
    if (key === "until") return "write it as year-month-day";
    if (key === "hosts" && Array.isArray(value))
      return `write one pattern: \`${value.filter((each) => typeof each === "string").join(":")}\``;
    if (key === "finding" && issue.code === "invalid_type") return "name columns, such as `finding: { mount: /srv }`";
    return undefined;
  },
  badKey: (name) => ({ message: `\`${name}\` is no good name of a column` }),
};
