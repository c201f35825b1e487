import type { Report } from "./check-report.ts";
import type { ScriptAt } from "./scripts.ts";
import type { Place } from "./source.ts";

/** Where a stretch of a script stands in the runbook's file. */
export function placeIn(report: Report, { path, text }: ScriptAt, stretch: { at: number; length: number }): Place {
  const before = text.slice(0, stretch.at);
  const line = before.split("\n").length - 1;
  return report.yaml.within(path, line, stretch.at - (before.lastIndexOf("\n") + 1), stretch.length);
}
