import { isMeasure, type Runbook, type Step } from "../../model/runbook.ts";
import type { Fix } from "../../model/fix.ts";
import { checkReboot } from "./check-reboot.ts";
import type { Report } from "./check-report.ts";
import { valueAt } from "../schema/schema-faults.ts";
import { didYouMean } from "../suggest.ts";
import { isUnknown, type Path } from "../yaml/path.ts";

/** Checks how the parts of the steps fit together. */
export function checkSteps(report: Report, runbook: Runbook): void {
  const ids = new Map<string, number>();
  for (const [index, step] of runbook.steps.entries()) {
    const path = ["steps", index];
    const first = ids.get(step.id);
    if (first === undefined) ids.set(step.id, index);
    else {
      const { line } = report.yaml.place(["steps", first, "id"]);
      report.fault(
        [...path, "id"],
        `the step id \`${step.id}\` is used twice`,
        `it is used first on line ${line}: rename one`,
      );
    }
    checkDetect(report, path, step);
    checkFix(report, path, step);
    if (step.fix !== undefined) checkOncePer(report, path, step.fix, Object.keys(runbook.facts));
    if (step.fix?.reboot !== undefined) checkReboot(report, path, step, runbook);
  }
  checkBatches(report, runbook);
}

function checkDetect(report: Report, step: Path, { detect }: Step): void {
  const path = [...step, "detect"];
  // As the file gives them: one whose type is wrong is a column all the same.
  const written = Object.keys(valueAt(report.yaml.value, [...path, "findings"]) ?? {});
  const columns = written.length > 0 ? written : Object.keys(detect.findings ?? {});
  if (detect.findings !== undefined && columns.length === 0) {
    report.fault(
      [...path, "findings"],
      "`findings` names no columns",
      "leave it out: then a line is one message",
      "key",
    );
  }
  if (detect.format === "json" && columns.length === 0) {
    report.fault([...path, "format"], "`format: json` needs `findings`", "name the columns to take from the objects");
  }
  checkKey(report, path, detect);
  checkConfirm(report, [...path, "confirm"], detect.confirm);
}

function checkConfirm(report: Report, path: Path, confirm: Step["detect"]["confirm"]): void {
  if (confirm === undefined) return;
  const { times, every, runs, apart } = confirm;
  if (times === undefined && runs === undefined) {
    // One that is said wrongly is told already.
    if (["times", "runs"].some((key) => valueAt(report.yaml.value, [...path, key]) !== undefined)) return;
    report.fault(path, "`confirm` says no number of looks", "add `times: 3` or `runs: 3`", "key");
  } else if (times !== undefined && runs !== undefined) {
    const hint = "`times` looks again within the run, `runs` counts the runs that found it: keep one";
    report.fault([...path, "runs"], "`confirm` has both `times` and `runs`", hint, "key");
  } else if (runs !== undefined && every !== undefined) {
    report.fault([...path, "every"], "`every` goes with `times`", "say with `apart` how far apart runs must be", "key");
  } else if (times !== undefined && apart !== undefined) {
    report.fault(
      [...path, "apart"],
      "`apart` goes with `runs`",
      "say with `every` how long to wait between looks",
      "key",
    );
  }
}

function checkKey(report: Report, path: Path, detect: Step["detect"]): void {
  const columns = Object.entries(detect.findings ?? {});
  const written = valueAt(report.yaml.value, [...path, "findings"]);
  // As the file gives them: one whose type is wrong is a column all the same.
  const declared =
    typeof written === "object" && written !== null && !Array.isArray(written) ? Object.keys(written) : [];
  const names = declared.length === 0 ? ["message"] : declared;
  for (const [index, name] of (detect.key ?? []).entries()) {
    if (!names.includes(name)) {
      const hint = didYouMean(name, names) ?? `the columns are ${names.join(", ")}`;
      report.fault([...path, "key", index], `\`key\` names \`${name}\`, which is no column`, hint);
    } else if (detect.key?.indexOf(name) !== index) {
      report.fault([...path, "key", index], `\`key\` names \`${name}\` twice`, "remove one");
    }
  }
  if (detect.key !== undefined || columns.length === 0) return;
  if (columns.length < declared.length || columns.some(([, { type }]) => !isMeasure(type))) return;
  const hint = "say with `key` which columns tell one finding from another";
  report.fault([...path, "findings"], "every column is a measure, so that nothing identifies a finding", hint, "key");
}

/** Of what the hosts of a cluster have in common, only a fact can tell. */
function checkOncePer(report: Report, path: Path, { once_per: fact }: Fix, facts: readonly string[]): void {
  if (fact === undefined || facts.includes(fact) || isUnknown(report.lost, ["facts", fact])) return;
  const known = facts.length === 0 ? "this runbook has no facts" : `the facts are ${facts.join(", ")}`;
  const hint = didYouMean(fact, facts) ?? known;
  report.fault([...path, "fix", "once_per"], `\`once_per\` names \`${fact}\`, which is no fact`, hint);
}

function checkFix(report: Report, path: Path, step: Step): void {
  const { fix } = step;
  const misplaced = (keys: Path, why: string): void => {
    report.fault([...path, ...keys], `\`${keys.at(-1)}\` needs a fix with \`run\`, and ${why}`, "remove it", "key");
  };
  if (fix === undefined) {
    for (const key of ["verify", "rollback"] as const)
      if (step[key] !== undefined) misplaced([key], "this step has none");
    return;
  }
  const kinds = KINDS.filter((kind) => fix[kind] !== undefined);
  // What is said wrongly is told already.
  const said = KINDS.some((kind) => valueAt(report.yaml.value, [...path, "fix", kind]) !== undefined);
  const [, second] = kinds;
  if (kinds.length === 0) {
    if (said) return;
    report.fault(
      [...path, "fix"],
      "a fix needs `run`, `reboot` or `manual`",
      "give the script, or say what a person must do",
      "key",
    );
  } else if (second !== undefined) {
    const message = `a fix is one of \`run\`, \`reboot\` and \`manual\`, and this one has ${kinds.map((kind) => `\`${kind}\``).join(" and ")}`;
    report.fault([...path, "fix", second], message, "make two steps of it", "key");
  }
  if (!kinds.includes("manual") || kinds.length > 1) return;
  // As the file gives them: some are never absent.
  const written = valueAt(report.yaml.value, [...path, "fix"]) ?? {};
  for (const [key, value] of Object.entries(written))
    if (OF_SCRIPTS.has(key) && value !== null) misplaced(["fix", key], "this one has none");
  for (const key of ["verify", "rollback"] as const)
    if (step[key] !== undefined) misplaced([key], "this step has none");
}

const KINDS = ["run", "reboot", "manual"] as const;
/** What has no meaning for what a person does. */
const OF_SCRIPTS: ReadonlySet<string> = new Set(["preview", "guard", "per", "timeout", "on_timeout"]);

function checkBatches(report: Report, runbook: Runbook): void {
  const shares = [...runbook.rollout.batches.entries()].map(([index, share]) => [["batches", index], share] as const);
  const { max_unknown: unknown, max_affected: affected } = runbook.rollout;
  const limits = [
    [["max_unknown"], unknown],
    [["max_affected"], affected],
  ] as const;
  for (const [path, share] of [...shares, ...limits]) {
    const percent = typeof share === "string" ? Number.parseFloat(share) : undefined;
    const least = path[0] === "batches" ? 1 : 0;
    if (percent === undefined || (percent >= least && percent <= 100)) continue;
    report.fault(["rollout", ...path], `expected a percentage from ${least}% to 100%, found ${share}`);
  }
}
