import type { Runbook, Step } from "../../model/runbook.ts";
import type { Path } from "../yaml/path.ts";

/** What a script is for: it decides which variables it has and what its exit status means. */
export type ScriptKind = "applies" | "fact" | "detect" | "preview" | "guard" | "fix" | "verify" | "rollback";

/** One script of a runbook and where it stands. */
export type ScriptAt = {
  readonly kind: ScriptKind;
  readonly path: Path;
  readonly text: string;
  readonly shell: "sh" | "bash" | "powershell";
  readonly step?: Step;
};

/** Every script of a runbook in the order of the file. */
export function scriptsOf(runbook: Runbook): ScriptAt[] {
  const shell = runbook.shell ?? "sh";
  const facts = Object.entries(runbook.facts).map(([name, text]) => script("fact", ["facts", name], text, shell));
  const steps = runbook.steps.flatMap((step, index) => stepScripts(step, ["steps", index], shell));
  return [...script("applies", ["applies"], runbook.applies, shell), ...facts.flat(), ...steps];
}

function stepScripts(step: Step, path: Path, inherited: ScriptAt["shell"]): ScriptAt[] {
  const shell = step.shell ?? inherited;
  const verify = step.verify === false ? undefined : step.verify;
  const at = (kind: ScriptKind, keys: Path, text: string | undefined): ScriptAt[] =>
    script(kind, [...path, ...keys], text, shell).map((each) => ({ ...each, step }));
  return [
    ...at("applies", ["applies"], step.applies),
    ...at("detect", ["detect", "run"], step.detect.run),
    ...at("preview", ["fix", "preview"], step.fix?.preview),
    ...at("guard", ["fix", "guard"], step.fix?.guard),
    ...at("fix", ["fix", "run"], step.fix?.run),
    ...at("verify", ["verify", "run"], verify?.run),
    ...at("rollback", ["rollback", "run"], step.rollback?.run),
  ];
}

function script(kind: ScriptKind, path: Path, text: string | undefined, shell: ScriptAt["shell"]): ScriptAt[] {
  return text === undefined ? [] : [{ kind, path, text, shell }];
}
