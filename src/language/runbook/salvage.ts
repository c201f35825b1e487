import { Runbook } from "../../model/runbook.ts";
import { pathOf, valueAt } from "./schema-faults.ts";
import type { Path } from "../yaml/yaml.ts";

/** Stands where something that must be there is missing or wrong. */
const STAND_INS: readonly (readonly [pattern: RegExp, value: unknown])[] = [
  [/^name$/, "runbook"],
  [/^title$/, "title"],
  [/^steps\/\d+$/, { detect: { run: ":" } }],
  [/^steps\/\d+\/detect$/, { run: ":" }],
  [/^steps\/\d+\/(detect|rollback)\/run$/, ":"],
  [/^steps\/\d+\/fix\/risk$/, "low"],
];

/**
 * Makes a runbook of a value that the schema does not allow, without what is wrong in it, so that what is right can be
 * checked for its meaning in the same go. Undefined when too little is left.
 */
export function salvage(value: unknown): Runbook | undefined {
  const draft = structuredClone(value);
  for (let round = 0; round < 12; round += 1) {
    const parsed = Runbook.safeParse(draft);
    if (parsed.success) return parsed.data;
    const paths = parsed.error.issues.flatMap((issue) => {
      const path = pathOf(issue);
      return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path];
    });
    if (paths.some((path) => path.length === 0 || path.join("/") === "steps")) return undefined;
    for (const path of paths) drop(draft, path);
  }
  return undefined;
}

/** Takes out what is at a path, or puts a stand-in there; what is missing takes its parent along, and so does an item of a list. */
function drop(draft: unknown, path: Path): void {
  const key = path.at(-1);
  if (key === undefined) return;
  const parentPath = path.slice(0, -1);
  const parent = valueAt(draft, parentPath);
  if (typeof parent !== "object" || parent === null) return;
  const standIn = STAND_INS.find(([pattern]) => pattern.test(path.join("/")));
  // Ids stay different from each other and from every real one.
  if (/^steps\/\d+\/id$/.test(path.join("/"))) (parent as Record<string, unknown>)[key] = `without-id-${path[1]}`;
  else if (standIn !== undefined) (parent as Record<string, unknown>)[key] = structuredClone(standIn[1]);
  else if (Array.isArray(parent) || !Object.hasOwn(parent, key)) drop(draft, parentPath);
  else delete (parent as Record<string, unknown>)[key];
}
