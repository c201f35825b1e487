import type { Report } from "./check-report.ts";
import type { ScriptAt } from "./scripts.ts";
import type { Place } from "../yaml/source.ts";

/** Where a stretch of a script stands in the runbook's file. */
export function placeIn(report: Report, { path, lines }: ScriptAt, stretch: { at: number; length: number }): Place {
  const { line, column } = lines.place(stretch.at, stretch.at);
  return report.yaml.within(path, line - 1, column - 1, stretch.length);
}
