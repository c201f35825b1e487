import type * as z from "zod";
import { pathOf, valueAt } from "./schema-faults.ts";
import type { Path } from "../yaml/path.ts";

/**
 * What stands where something that must be there is missing or wrong: a value for the path that fits (`steps/0/id`), made by the path;
 * undefined for what is better taken out.
 */
export type StandIns = (path: string) => unknown;

/**
 * Makes a file's model of a value that the schema does not allow, without what is wrong in it, so that what is right can be
 * checked for its meaning in the same go. Undefined when too little is left: when `vital` (a path) or the whole is wrong.
 */
export function salvage<T>(
  schema: z.ZodType<T>,
  value: unknown,
  vital: string | null,
  standIns: StandIns,
): T | undefined {
  const draft = structuredClone(value);
  for (let round = 0; round < 12; round += 1) {
    const parsed = schema.safeParse(draft);
    if (parsed.success) return parsed.data;
    const paths = parsed.error.issues.flatMap((issue) => {
      const path = pathOf(issue);
      return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path];
    });
    if (paths.some((path) => path.length === 0 || path.join("/") === vital)) return undefined;
    for (const path of paths) drop(draft, path, standIns);
  }
  return undefined;
}

/** Takes out what is at a path, or puts a stand-in there; what is missing takes its parent along, and so does an item of a list. */
function drop(draft: unknown, path: Path, standIns: StandIns): void {
  const key = path.at(-1);
  if (key === undefined) return;
  const parentPath = path.slice(0, -1);
  const parent = valueAt(draft, parentPath);
  if (typeof parent !== "object" || parent === null) return;
  const standIn = standIns(path.join("/"));
  if (standIn !== undefined) (parent as Record<string, unknown>)[key] = standIn;
  else if (Array.isArray(parent) || !Object.hasOwn(parent, key)) drop(draft, parentPath, standIns);
  else delete (parent as Record<string, unknown>)[key];
}
