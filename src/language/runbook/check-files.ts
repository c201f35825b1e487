import type { Runbook } from "../../model/runbook.ts";
import type { Context, Report } from "./check-report.ts";

/** Checks the files that a runbook names: each must be readable, and their names must differ in the directory they are sent to. */
export function checkFiles(report: Report, runbook: Runbook, { unreadable }: Context): void {
  const names = runbook.files.map((file) => file.replace(/^.*\//, ""));
  for (const [index, name] of names.entries()) {
    const problem = unreadable?.get(runbook.files[index] ?? "");
    if (problem !== undefined) report.fault(["files", index], `\`${runbook.files[index]}\`: ${problem}`, BESIDE);
    else if (names.indexOf(name) !== index) {
      report.fault(
        ["files", index],
        `two files are called \`${name}\``,
        "they are sent into one directory: rename one",
      );
    }
  }
  for (const [index, name] of [runbook.functions ?? []].flat().entries()) {
    const problem = unreadable?.get(name);
    const path = Array.isArray(runbook.functions) ? ["functions", index] : ["functions"];
    if (problem !== undefined) report.fault(path, `\`${name}\`: ${problem}`, BESIDE);
  }
}

const BESIDE = "paths are relative to the runbook's own directory";
