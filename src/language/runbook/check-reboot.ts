import { type Runbook, type Step } from "../../model/runbook.ts";
import { kernelOf } from "../../model/fix.ts";
import { valueAt } from "../schema/schema-faults.ts";
import { didYouMean } from "../suggest.ts";
import { isUnknown, type Path } from "../yaml/path.ts";
import type { Report } from "./check-report.ts";

/** Checks a fix that reboots its host: what belongs to scripts has no meaning there, and what it must come back with is known before. */
export function checkReboot(report: Report, path: Path, step: Step, runbook: Runbook): void {
  const { fix } = step;
  if (fix === undefined) return;
  const given = (keys: Path): unknown => valueAt(report.yaml.value, [...path, ...keys]);
  if (step.on === "controller") {
    report.fault([...path, "on"], "a reboot is of a host, and this step runs on the controller", "leave `on` out");
  }
  if (given(["fix", "per"]) === "finding") {
    report.fault([...path, "fix", "per"], "a host is rebooted once, whatever was found", "leave `per` out");
  }
  if (given(["fix", "on_timeout"]) !== undefined) {
    const hint = "leave it out: a host that is not back in time is in doubt, and is looked for again on `resume`";
    report.fault([...path, "fix", "on_timeout"], "nothing of a reboot can be ended", hint, "key");
  }
  if (step.rollback !== undefined) {
    report.fault([...path, "rollback"], "nothing undoes a reboot", "remove it, or make it a step of its own", "key");
  }
  if (given(["fix", "risk"]) === "low") {
    const hint = "say `risk: high`, so that a person looks at it";
    report.warn(
      [...path, "fix", "risk"],
      "a reboot ends whatever runs on the host, and its risk is said to be low",
      hint,
    );
  }
  checkKernel(report, [...path, "fix", "reboot", "kernel"], kernelOf(fix), runbook);
}

function checkKernel(report: Report, path: Path, name: string | null, { inputs, facts }: Runbook): void {
  if (name === null) return;
  const known = [
    ...Object.keys(facts),
    ...Object.entries(inputs).flatMap(([input, { secret }]) => (secret ? [] : [input])),
  ];
  if (known.includes(name) || ["inputs", "facts"].some((top) => isUnknown(report.lost, [top, name]))) return;
  if (inputs[name]?.secret === true) {
    report.fault(
      path,
      `\`kernel\` names \`${name}\`, which is secret`,
      "a kernel is told in the record: make it a plain input",
    );
    return;
  }
  const hint = didYouMean(name, known) ?? "declare it: `kernel` is the name of an input or a fact, not a version";
  report.fault(path, `\`kernel\` names \`${name}\`, which is no input and no fact`, hint);
}
