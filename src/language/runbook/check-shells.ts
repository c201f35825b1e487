import type { Runbook, Step } from "../../model/runbook.ts";
import type { Path } from "../yaml/path.ts";
import type { Report } from "./check-report.ts";

/** Checks that all of a runbook that runs on one host runs in one kind of shell, and that PowerShell is asked for nothing that is not there. */
export function checkShells(report: Report, runbook: Runbook): void {
  const powershell = runbook.shell === "powershell";
  for (const [index, step] of runbook.steps.entries()) {
    const path = ["steps", index];
    const own = (step.shell ?? runbook.shell) === "powershell";
    if (step.on === "controller") {
      if (own) onController(report, path, step);
      continue;
    }
    if (own !== powershell) {
      const message = own
        ? "a step for PowerShell in a runbook for POSIX shells: no host has both"
        : "a step for a POSIX shell in a runbook for PowerShell: no host has both";
      const hint = own
        ? "write `shell: powershell` for the whole runbook, or make two of it"
        : "leave `shell` out, or make two runbooks of it";
      report.fault([...path, "shell"], message, hint);
    }
    if (own) onWindows(report, path, step);
  }
  if (!powershell) return;
  become(report, [], runbook.become);
  const controller = runbook.steps.some(({ on }) => on === "controller");
  if (runbook.functions === undefined || !controller) return;
  const hint = "make a runbook of its own of the steps that run on the controller";
  report.fault(["functions"], "`functions` would be put before scripts for sh and for PowerShell", hint, "key");
}

function onController(report: Report, path: Path, step: Step): void {
  const message = "a step on the controller runs on this machine, in sh or bash";
  report.fault([...path, step.shell === undefined ? "on" : "shell"], message, "write `shell: sh`");
}

function onWindows(report: Report, path: Path, step: Step): void {
  become(report, path, step.become);
  if (step.detect.format === "nul") {
    const hint = "use `format: json`: ConvertTo-Json writes every character";
    report.fault([...path, "detect", "format"], "PowerShell ends what it prints with newlines, not with NUL", hint);
  }
  if (step.rollback?.unless_reconnect === undefined) return;
  const message = "nothing on a Windows host could undo a fix by itself: there are no jobs there";
  report.fault([...path, "rollback", "unless_reconnect"], message, "leave it out", "key");
}

function become(report: Report, base: Path, user: string | boolean | undefined): void {
  if (user === undefined || user === false) return;
  const message = "on Windows scripts run as the login user, and as nobody else";
  const hint = "leave it out: over SSH an administrator has all rights at once";
  report.fault([...base, "become"], message, hint, "key");
}
