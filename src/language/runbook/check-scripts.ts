import type { Runbook } from "../../model/runbook.ts";
import type { Context, Report } from "./check-report.ts";
import { checkPowershell } from "./check-powershell.ts";
import { checkSignals } from "./check-signals.ts";
import { checkStatus } from "./check-status.ts";
import { checkCalled } from "./check-called.ts";
import { checkVariables, variablesOf } from "./check-variables.ts";
import { sharedOf } from "./shared.ts";
import { scriptsOf, type ScriptAt, type ScriptKind } from "./scripts.ts";
import { placeIn } from "./script-place.ts";
import type { ShellScript } from "../shell/tree.ts";
import { isUnknown } from "../yaml/path.ts";
import { readBeginning, readShell } from "../shell/shell.ts";

/** Checks every script of a runbook by reading it as a shell would. What is not understood is left to the shell's own check. */
export function checkScripts(report: Report, runbook: Runbook, context: Context): void {
  const shared = sharedOf(runbook, context);
  const variables = checkVariables(report, runbook, shared);
  const called = checkCalled(report, runbook, shared);
  for (const at of scriptsOf(runbook)) {
    if (isUnknown(report.lost, at.path)) continue;
    characters(report, at);
    joinedLines(report, at);
    if (at.shell === "powershell") {
      if (context.unknown !== true) checkPowershell(report, runbook, at);
      continue;
    }
    const script = readShell(at.text);
    variables(at, script ?? readBeginning(at.text));
    if (script !== undefined) called(at, script);
    templates(report, runbook, at);
    if (script === undefined) continue;
    if (script.list.length === 0) report.fault(at.path, NOTHING[at.kind], "write what it is to do, or leave it out");
    checkStatus(report, at, script, shared.functions);
    checkSignals(report, at, script);
    hereDocuments(report, at, script);
  }
}

const EMPTY = "there is no command in this script";
/** What comes of a script without a command. */
const NOTHING: Readonly<Record<ScriptKind, string>> = {
  applies: EMPTY,
  fact: EMPTY,
  preview: EMPTY,
  rollback: EMPTY,
  detect: `${EMPTY}: every host would look healthy`,
  guard: `${EMPTY}: it would keep nothing from being fixed`,
  fix: `${EMPTY}: nothing would be mended`,
  verify: `${EMPTY}: every fix would look proved`,
};

function characters(report: Report, at: ScriptAt): void {
  for (const [char, name] of [
    ["\0", "a NUL byte"],
    ["\r", "a carriage return"],
  ] as const) {
    const offset = at.text.indexOf(char);
    if (offset < 0) continue;
    const place = placeIn(report, at, { at: offset, length: 1 });
    report.faults.push(report.yaml.faultAt(place, `the script holds ${name}, which shells stumble over`, "remove it"));
  }
}

/** To a shell, Ansible's templates are text. */
function templates(report: Report, runbook: Runbook, at: ScriptAt): void {
  const known = variablesOf(report, runbook, at);
  for (const { 0: template, 1: name = "", index } of at.text.matchAll(/\{\{\s*([a-z]\w*)\s*\}\}/g)) {
    if (!known.includes(name)) continue;
    const place = placeIn(report, at, { at: index, length: template.length });
    const message = `\`${template}\` is text: values are shell variables, and there are no templates`;
    report.warnings.push(report.yaml.faultAt(place, message, `write "$${name}"`));
  }
}

/** `>` and quotes make one line of many: a shell would take the second command for words of the first. */
function joinedLines(report: Report, { path }: ScriptAt): void {
  if (report.yaml.joined(path))
    report.warn(path, "YAML joins the lines of this script into one", "begin it with `|` and a new line");
}

function hereDocuments(report: Report, at: ScriptAt, script: ShellScript): void {
  for (const offset of script.heredocs) {
    const place = placeIn(report, at, { at: offset, length: 2 });
    const message = "a here-document: older shells write it to /tmp, which fails when that disk is full";
    report.warnings.push(report.yaml.faultAt(place, message, "use `printf '%s\\n' … |` instead"));
  }
}
