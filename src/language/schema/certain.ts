import type * as z from "zod";
import { isUnknown, type Path } from "../yaml/path.ts";
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
  return issues.filter((issue) => {
    const path = pathOf(issue);
    if (isUnknown(lost, path)) return false;
    // What is said of a value as a whole is also said of what is not known in it.
    const inside = issue.code === "invalid_union" && issue.errors.length > 0;
    if (inside && lost.some((each) => each.length > path.length && isUnknown([path], each))) return false;
    if (issue.code === "unrecognized_keys") return true;
    const above = path.slice(0, -1);
    if (valueAt(value, path) !== undefined) return !goesOn(path);
    return !goesOn(above) && !unmerged.has(above.join("\0"));
  });
}
