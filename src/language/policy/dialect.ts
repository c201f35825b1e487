import { PolicyFile } from "../../model/policy-file.ts";
import type { Dialect } from "../schema/dialect.ts";
import { timeHint } from "../time-hint.ts";

/** Policies, as mistakes in them are told. */
export const POLICIES: Dialect = {
  schema: PolicyFile,
  whole: "the policy",
  items: { rules: "rule" },
  advise: (_issue, path, value) => {
    const key = path.at(-1);
    if (key === "from" || key === "to") return timeHint(value);
    if (key === "days") return "days are mon, tue, wed, thu, fri, sat and sun, joined by - and commas";
    if ((key === "hosts" || key === "not_hosts") && Array.isArray(value))
      return `write one pattern: \`${value.filter((each) => typeof each === "string").join(":")}\``;
    return key === "rules" && Array.isArray(value)
      ? "a policy without rules would ask for everything: `- approve: ask` says so"
      : undefined;
  },
  // No part of a policy has names of its own.
  badKey: (name) => ({ message: `\`${name}\` is no good name` }),
};
