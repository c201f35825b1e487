import type { RunPlan } from "../model/plan.ts";
import type { LoadedRunbook, Step } from "../model/runbook.ts";
import { REBOOT_COMMANDS } from "../model/reboot.ts";
import type { DocumentPolicy, DocumentStep, ScriptRole } from "./document.ts";

/** The steps as they were planned, with their scripts where the record has them. */
export function documentSteps(plan: RunPlan, loaded: LoadedRunbook | null): DocumentStep[] {
  return plan.steps.map(({ id, title, severity, on, columns, fix }) => {
    const definition = loaded?.runbook.steps.find((step) => step.id === id);
    return {
      step: id,
      title,
      severity,
      on,
      columns,
      fix: fix && {
        kind: fix.kind,
        risk: fix.risk,
        summary: fix.summary,
        per: fix.per,
        selected: fix.selected,
      },
      scripts: definition === undefined ? null : scriptsOf(definition),
    };
  });
}

function scriptsOf({ applies, detect, fix, verify, rollback }: Step): { role: ScriptRole; text: string }[] {
  const all: readonly (readonly [ScriptRole, string | undefined])[] = [
    ["applies", applies],
    ["detect", detect.run],
    ["preview", fix?.preview],
    ["guard", fix?.guard],
    ["fix", fix?.run],
    ["reboot", fix?.reboot === undefined ? undefined : REBOOT_COMMANDS.join(" || ")],
    ["manual", fix?.manual],
    ["verify", verify === false ? undefined : verify?.run],
    ["rollback", rollback?.run],
  ];
  return all.flatMap(([role, text]) => (text === undefined ? [] : [{ role, text }]));
}

/** The policies in force, as far as they could matter to the run. */
export function policiesOf(plan: RunPlan): DocumentPolicy[] {
  return plan.policies.map(({ source, signers, rules }) => ({
    source,
    signers,
    rules: rules.map(({ name, where, approve, reason }) => ({ rule: name, where, approve, reason })),
  }));
}
