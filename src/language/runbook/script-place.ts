import type { Report } from "./check-report.ts";
import type { ScriptAt } from "./scripts.ts";
import type { Place } from "../yaml/source.ts";

/** Where a stretch of a script stands in the runbook's file. */
export function placeIn(report: Report, { path }: ScriptAt, stretch: { at: number; length: number }): Place {
  return report.yaml.within(path, stretch.at, stretch.length);
}
