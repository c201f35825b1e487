import { Runbook } from "../../model/runbook.ts";
import type { Dialect } from "../schema/dialect.ts";
import { keysAt } from "../schema/keys.ts";

/** Runbooks, as mistakes in them are told. */
export const RUNBOOKS: Dialect = {
  schema: Runbook,
  whole: "the runbook",
  items: { steps: "step" },
  advise: (issue, path, value) => {
    if (path.at(-1) === "become") return orderHint(value);
    if (path.at(-1) === "verify" && value === true) return "it is on by default: leave it out";
    const shaped = shapeHint(path.at(-1), value);
    if (shaped !== undefined) return shaped;
    const wantsMapping = issue.code === "invalid_type" && issue.expected === "object" && typeof value === "string";
    return wantsMapping && keysAt(RUNBOOKS, path, value).includes("run")
      ? `write the script as \`run\` under \`${path.at(-1)}\``
      : undefined;
  },
  badKey: (name, tooLong) => {
    const better = name
      .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
      .replaceAll(/[^A-Za-z0-9]+/g, "_")
      .toLowerCase();
    const why = tooLong ? "at most 64 characters" : "lower snake case";
    const message = `the name \`${name}\` becomes a shell variable: expected ${why}`;
    return /^[a-z][a-z0-9_]*$/.test(better) ? { message, hint: `write it \`${better}\``, meant: better } : { message };
  },
};

/** What is often written as a list, and is none; or the other way round. */
function shapeHint(key: string | number | undefined, value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const texts = Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
  if (key === "steps" && !Array.isArray(value)) return "write a list: each step begins with `- id: NAME`";
  if (texts.length === 0) return undefined;
  if (key === "hosts") return `write \`hosts: ${texts.join(":")}\``;
  if (key === "findings")
    return `give each column its type: \`{ ${texts.map((each) => `${each}: string`).join(", ")} }\``;
  return undefined;
}

/** `become: yes` is a text in YAML 1.2, and no user's name. */
function orderHint(value: unknown): string {
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  if (/^(y|yes|on|1)$/i.test(text)) return "did you mean `true`?";
  if (/^(n|no|off|0)$/i.test(text)) return "did you mean `false`?";
  return "did you mean `true` (root) or `false` (the login user)?";
}
