import type * as z from "zod";
import type { Fault } from "../../model/fault.ts";
import type { Path, Yaml } from "../yaml/yaml.ts";
import type { Dialect } from "./dialect.ts";
import { pathOf, schemaFaults, valueAt } from "./schema-faults.ts";

/** What the schema does not allow in the beginning of a document whose rest cannot be read: nothing of what the rest might still bring. */
export function headFaults(dialect: Dialect, schema: z.ZodType, head: Yaml): Fault[] {
  const { error } = schema.safeParse(head.value);
  const last = lastPath(head.value);
  const open = (path: Path): boolean => path.every((part, at) => String(part) === last[at]);
  const certain = (error?.issues ?? []).filter((issue) => {
    const path = pathOf(issue);
    if (issue.code === "unrecognized_keys") return true;
    return !open(valueAt(head.value, path) === undefined ? path.slice(0, -1) : path);
  });
  return schemaFaults(dialect, head, certain);
}

/** The path to what stands last in a value. */
function lastPath(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const [key, inner] = Object.entries(value).at(-1) ?? [];
  return key === undefined ? [] : [key, ...lastPath(inner)];
}
