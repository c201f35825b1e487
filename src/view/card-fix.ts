import { columnsOf } from "../engine/judge.ts";
import type { StepPlan } from "../model/plan.ts";
import type { Risk } from "../model/approval.ts";
import type { LoadedRunbook, Runbook, Step } from "../model/runbook.ts";
import type { Fix, FixKind } from "../model/fix.ts";
import { REBOOT_COMMANDS } from "../model/reboot.ts";
import { clean } from "./clean.ts";
import { becomeWords, proofWords, rebootWords, rollbackWords, timeoutWords } from "./step-words.ts";

/** The fix and all that belongs to it, as exact lines of script. */
export type CardFix = {
  readonly kind: FixKind;
  readonly risk: Risk;
  readonly summary: string;
  /** How often it runs, as whom, for how long. */
  readonly how: string;
  /** The script, or what a person must do. */
  readonly lines: readonly string[];
  readonly guard: readonly string[] | null;
  /** Null: it is not verified. `lines` null: detection alone decides. */
  readonly verify: { readonly how: string; readonly lines: readonly string[] | null } | null;
  readonly rollback: { readonly how: string; readonly lines: readonly string[] } | null;
  /** Shell functions put before every script; empty without. */
  readonly functions: readonly string[];
  /** Names of the files sent along. */
  readonly files: readonly string[];
};

/** What a card says of a step's fix; null where there is none. */
export function fixOf(loaded: LoadedRunbook, step: Step, plan: StepPlan): CardFix | null {
  const { fix, rollback } = step;
  if (fix === undefined || plan.fix === null) return null;
  return {
    kind: plan.fix.kind,
    risk: plan.fix.risk,
    summary: clean(plan.fix.summary),
    how: HOW[plan.fix.kind](loaded.runbook, step, fix),
    lines: linesOf(fix.run ?? fix.manual ?? REBOOT_COMMANDS.join(" || ")),
    guard: fix.guard === undefined ? null : linesOf(fix.guard),
    verify: verifyOf(step),
    rollback: rollback === undefined ? null : { how: rollbackWords(rollback), lines: linesOf(rollback.run) },
    functions: linesOf(loaded.functions),
    files: [...loaded.files.keys()].map((name) => clean(name)),
  };
}

/** Cleaned lines of a text, without the empty ones at its end; none for an empty text. */
export function linesOf(text: string): readonly string[] {
  const trimmed = text.trimEnd();
  return trimmed === "" ? [] : clean(trimmed, { lines: true }).split("\n");
}

const HOW: Readonly<Record<FixKind, (runbook: Runbook, step: Step, fix: Fix) => string>> = {
  run: howItRuns,
  reboot: (runbook, step, fix) =>
    [rebootWords(fix), becomeWords(step.become ?? runbook.become)].filter(Boolean).join("; "),
  manual: () => "a person does this, then says so",
};

function howItRuns(runbook: Runbook, step: Step, fix: Fix): string {
  const columns = columnsOf(step.detect).map(([name]) => `$${name}`);
  const often =
    fix.per === "host" ? "once, with all findings in $findings" : `once for each finding, with ${columns.join(" ")}`;
  const place = step.on === "controller" ? "on this machine, not on the host" : "";
  const whom = becomeWords(step.become ?? runbook.become);
  return [often, place, whom, timeoutWords(fix, step.rollback)].filter((part) => part !== "").join("; ");
}

function verifyOf({ verify }: Step): CardFix["verify"] {
  const how = proofWords(verify);
  if (how === null || verify === false) return null;
  return { how, lines: verify?.run === undefined ? null : linesOf(verify.run) };
}
