import { patternFault } from "../inventory/pattern.ts";
import type { Runbook } from "../../model/runbook.ts";
import { checkFiles } from "./check-files.ts";
import { checkInputs } from "./check-inputs.ts";
import { checkNames } from "./check-names.ts";
import type { Context, Report } from "./check-report.ts";
import { checkScripts } from "./check-scripts.ts";
import { checkShells } from "./check-shells.ts";
import { checkSteps } from "./check-steps.ts";
import { checkUndo } from "./check-undo.ts";

/** Checks what a schema cannot say: whether the parts of a runbook mean something together. */
export function checkRunbook(report: Report, runbook: Runbook, context: Context): void {
  checkHosts(report, runbook);
  checkShells(report, runbook);
  checkInputs(report, runbook);
  checkNames(report, runbook);
  checkSteps(report, runbook);
  checkUndo(report, runbook);
  checkFiles(report, runbook, context);
  checkScripts(report, runbook, context);
}

/** What is no pattern, whatever the inventory. */
function checkHosts(report: Report, { hosts }: Runbook): void {
  const wrong = patternFault(hosts);
  if (wrong !== undefined) report.fault(["hosts"], wrong.message, wrong.hint);
}
