import type { Runbook } from "../../model/runbook.ts";
import type { Report } from "./check-report.ts";

/** Seconds: a login on a busy host, over a slow line, takes as long. */
const LEAST = 5;

/** Checks what a host is to undo by itself. */
export function checkUndo(report: Report, runbook: Runbook): void {
  for (const [index, { on, rollback }] of runbook.steps.entries()) {
    const within = rollback?.unless_reconnect;
    if (within === undefined) continue;
    const path = ["steps", index, "rollback", "unless_reconnect"];
    if (on === "controller") {
      const message = "`unless_reconnect` is for fixes on hosts, and this step runs on the controller";
      report.fault(path, message, "remove it: nobody has to log in there", "key");
    }
    if (within < LEAST) {
      const message = `\`unless_reconnect\` is shorter than ${LEAST} s, in which no login may come through`;
      report.fault(path, message, "give it a minute, as in `60s`");
    }
  }
}
