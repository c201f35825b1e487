import type { Runbook } from "../../model/runbook.ts";
import type { Report } from "./check-report.ts";
import { valueAt } from "../schema/schema-faults.ts";
import type { Path } from "../yaml/yaml.ts";

/** Keys of a step that the language knows and that nothing acts on yet, with what to do instead. */
const PLANNED: readonly (readonly [path: string, instead: string])[] = [
  ["detect/confirm/runs", "use `times` and `every`, which look again within the run"],
];

/** Refuses by name what is part of the language but not built yet: ignoring it would break a promise. */
export function checkSupport(report: Report, runbook: Runbook): void {
  for (const index of runbook.steps.keys()) refuse(report, ["steps", index], PLANNED);
}

function refuse(report: Report, base: Path, planned: typeof PLANNED): void {
  for (const [keys, instead] of planned) {
    const path = [...base, ...keys.split("/")];
    if (valueAt(report.yaml.value, path) === undefined) continue;
    report.fault(path, `\`${path.at(-1)}\` is not supported yet`, instead, "key");
  }
}
