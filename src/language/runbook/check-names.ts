import type { Runbook } from "../../model/runbook.ts";
import type { Report } from "./check-report.ts";
import type { Path } from "../yaml/path.ts";

/** Variables that the engine itself gives to scripts, with what they hold. */
export const GIVEN: Readonly<Record<string, string>> = {
  host_name: "the host's name in the inventory",
  run_id: "the run's id",
  since: "when the fix began",
  keep: "a private directory for the time of the run",
  findings: "the findings' lines",
  files: "the directory of the files that were sent",
};

/** Lower-case names that programs or the shells we send to give a meaning of their own; `PATH` and the like are upper case. */
const MEANING = new Set(["auto_resume", "histchars"]);
const FAMILIES = /_proxy$/;

/** Checks the names that become shell variables: none may be reserved, and none may mean two things in one script. */
export function checkNames(report: Report, runbook: Runbook): void {
  const names = new Map<string, { what: string; path: Path }>();
  const declare = (name: string, what: string, path: Path): void => {
    reserved(report, name, path);
    const first = names.get(name);
    if (first === undefined) names.set(name, { what, path });
    else clash(report, name, path, what, first);
  };
  for (const name of Object.keys(runbook.inputs)) declare(name, "an input", ["inputs", name]);
  for (const name of Object.keys(runbook.facts)) declare(name, "a fact", ["facts", name]);
  for (const [index, step] of runbook.steps.entries()) {
    const columns = Object.keys(step.detect.findings ?? {});
    for (const name of columns) {
      const path = ["steps", index, "detect", "findings", name];
      reserved(report, name, path);
      const first = names.get(name);
      if (first !== undefined) clash(report, name, path, "a column", first);
    }
    const implicit = names.get("message");
    if (columns.length > 0 || implicit === undefined || step.fix?.run === undefined) continue;
    const hint = "rename it, or give the findings columns";
    report.fault(
      implicit.path,
      `\`message\` is ${implicit.what}, and the whole line of a finding without columns`,
      hint,
      "key",
    );
    names.delete("message");
  }
}

function clash(report: Report, name: string, path: Path, what: string, first: { what: string; path: Path }): void {
  const line = report.yaml.place(first.path, "key").line;
  const message = `\`${name}\` is declared as ${what}, and as ${first.what} on line ${line}`;
  report.fault(path, message, "rename one: both would be the same variable", "key");
}

function reserved(report: Report, name: string, path: Path): void {
  const given = Object.hasOwn(GIVEN, name) ? GIVEN[name] : undefined;
  const hint = `choose another name, such as \`the_${name}\``;
  if (given !== undefined) report.fault(path, `the name \`${name}\` is taken: it holds ${given}`, hint, "key");
  else if (MEANING.has(name) || FAMILIES.test(name)) {
    report.fault(path, `the name \`${name}\` is reserved: it means something to programs or shells`, hint, "key");
  }
}
