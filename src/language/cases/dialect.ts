import { CaseSheet } from "../../model/case.ts";
import type { Dialect } from "../schema/dialect.ts";

/** Files of cases, as mistakes in them are told. */
export const CASES: Dialect = {
  schema: CaseSheet,
  whole: "the file of cases",
  items: { cases: "case" },
  advise: (_issue, path, value) => {
    const key = path.at(-1);
    if (path.at(-2) === "commands" || path.at(-2) === "files") return undefined;
    if (key === "findings" && typeof value === "object" && !Array.isArray(value)) {
      return "write a list: one item a finding";
    }
    if (key === "mode" && typeof value === "number") return `write it in quotes: "${value.toString(8)}"`;
    return undefined;
  },
  badKey: (name) => {
    if (name.includes("/")) {
      return { message: `\`${name}\` is no path of a file`, hint: "expected an absolute path, without . and .. in it" };
    }
    return { message: `\`${name}\` is no good name` };
  },
};
