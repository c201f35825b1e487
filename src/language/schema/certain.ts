import type * as z from "zod";
import type { Path } from "../yaml/path.ts";
import type { ReadYaml } from "../yaml/yaml.ts";
import { pathOf, valueAt } from "./schema-faults.ts";

type Issue = z.core.$ZodIssue;

/**
 * The issues of a value that hold whatever else its file brings. `open` is what stands last of it, where lines follow that could not be read: what
 * is missing there may still come, and what is wrong there may be half of something. `lost`: where aliases lead nowhere.
 */
export function certain(
  issues: readonly Issue[],
  value: unknown,
  { open, lost = [] }: Pick<ReadYaml, "open" | "lost">,
): readonly Issue[] {
  const goesOn = (path: Path): boolean =>
    open !== undefined && path.every((part, at) => String(part) === String(open[at]));
  // What was to be merged into a mapping may have brought what is missing there.
  const unmerged = new Set(lost.filter((path) => path.at(-1) === "<<").map((path) => path.slice(0, -1).join("\0")));
  const unknown = new Set(lost.map((path) => path.join("\0")));
  return issues.filter((issue) => {
    const path = pathOf(issue);
    if (unknown.has(path.join("\0"))) return false;
    if (issue.code === "unrecognized_keys") return true;
    const above = path.slice(0, -1);
    if (valueAt(value, path) !== undefined) return !goesOn(path);
    return !goesOn(above) && !unmerged.has(above.join("\0"));
  });
}
