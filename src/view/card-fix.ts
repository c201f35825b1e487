import { columnsOf } from "../engine/judge.ts";
import type { StepPlan } from "../model/event.ts";
import type { Risk } from "../model/approval.ts";
import type { LoadedRunbook, Runbook, Step } from "../model/runbook.ts";
import { clean } from "./clean.ts";
import { duration } from "./words.ts";

/** The fix and all that belongs to it, as exact lines of script. */
export type CardFix = {
  readonly kind: "run" | "manual";
  readonly risk: Risk;
  readonly summary: string;
  /** How often it runs, as whom, for how long. */
  readonly how: string;
  /** The script, or what a person must do. */
  readonly lines: readonly string[];
  readonly guard: readonly string[] | null;
  /** Null: it is not verified. `lines` null: detection alone decides. */
  readonly verify: { readonly how: string; readonly lines: readonly string[] | null } | null;
  readonly rollback: readonly string[] | null;
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
    how: plan.fix.kind === "manual" ? "a person does this, then says so" : howItRuns(loaded.runbook, step, fix),
    lines: linesOf(fix.run ?? fix.manual ?? ""),
    guard: fix.guard === undefined ? null : linesOf(fix.guard),
    verify: verifyOf(step),
    rollback: rollback === undefined ? null : linesOf(rollback.run),
    functions: linesOf(loaded.functions),
    files: [...loaded.files.keys()].map((name) => clean(name)),
  };
}

/** Cleaned lines of a text, without the empty ones at its end; none for an empty text. */
export function linesOf(text: string): readonly string[] {
  const trimmed = text.trimEnd();
  return trimmed === "" ? [] : clean(trimmed, { lines: true }).split("\n");
}

function howItRuns(runbook: Runbook, step: Step, fix: NonNullable<Step["fix"]>): string {
  const columns = columnsOf(step.detect).map(([name]) => `$${name}`);
  const often =
    fix.per === "host" ? "once, with all findings in $findings" : `once for each finding, with ${columns.join(" ")}`;
  const place = step.on === "controller" ? "on this machine, not on the host" : null;
  const late = fix.on_timeout === "kill" ? "then it is ended" : "then it is left running and the step is in doubt";
  const whom = asWhom(step.become ?? runbook.become);
  return [often, place, whom, `up to ${duration(fix.timeout)}, ${late}`].filter((part) => part !== null).join("; ");
}

/** Null where the runbook leaves it to the inventory and the command line. */
function asWhom(become: boolean | string | undefined): string | null {
  if (become === undefined) return null;
  if (become === false) return "as the login user";
  return `as ${become === true ? "root" : clean(become)}`;
}

function verifyOf(step: Step): CardFix["verify"] {
  if (step.verify === false) return null;
  const { run, within, stable_for: stable } = step.verify ?? { run: undefined, within: 60, stable_for: undefined };
  const again = stable === undefined ? "" : `, and once more ${duration(stable)} later`;
  const how = `what was fixed must be gone within ${duration(within)}${again}`;
  return { how, lines: run === undefined ? null : linesOf(run) };
}
