import type * as z from "zod";
import type { Path } from "../yaml/path.ts";
import { pathOf, valueAt } from "./schema-faults.ts";

type Issue = z.core.$ZodIssue;

/**
 * The issues of a value that hold whatever else its file brings. `open` is what stands last of it, where lines follow that could not be read: what
 * is missing there may still come, and what is wrong there may be half of something.
 */
export function certain(issues: readonly Issue[], value: unknown, open: Path | undefined): readonly Issue[] {
  if (open === undefined) return issues;
  const goesOn = (path: Path): boolean => path.every((part, at) => String(part) === String(open[at]));
  return issues.filter((issue) => {
    const path = pathOf(issue);
    if (issue.code === "unrecognized_keys") return true;
    return !goesOn(valueAt(value, path) === undefined ? path.slice(0, -1) : path);
  });
}
