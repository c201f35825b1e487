import { HEALTH_FORMS } from "../report/health-forms.ts";
import type { Health } from "../report/health.ts";
import type { Io } from "./io.ts";
import { writeDrawn, type ReportFile } from "./report.ts";

/** Writes the reports of a check. Answers with its exit code, unless that is 0 and a report is missing. */
export function writeCheckReports(
  reports: readonly ReportFile[],
  health: Health,
  exit: number,
  io: Io,
): Promise<number> {
  return writeDrawn(reports, async () => (form) => HEALTH_FORMS[form](health), exit, io);
}
