import type { Ailment } from "../model/ailment.ts";
import { nameOf } from "../model/approval.ts";
import { worst, type Outcome } from "../model/finding.ts";
import { ailmentHint, ailmentOf, faultReason } from "./ailment.ts";
import type { HostState, RunState, StepState } from "./state.ts";

/** An outcome with its reason, as cards, logs and reports say it. */
export type Verdict = { readonly outcome: Outcome; readonly reason: string };

/** Whether the step has a fix that this run may start: it has one, and `--step` did not leave it out. */
export function fixable(step: StepState): boolean {
  return step.plan.fix !== null && step.plan.fix.selected;
}

/** Whether the step's last look found something, often enough. */
export function confirmed(step: StepState): boolean {
  const { findings, looks, plan } = step;
  return findings !== null && findings.length > 0 && looks >= plan.confirm.times && !tooFewRuns(step);
}

/** Whether all that the step's last look found is still to be found by further runs. */
export function tooFewRuns({ findings, early }: StepState): boolean {
  return early.some(({ finding }) => finding.key === findings?.[0]?.key);
}

/** Its fix is approved: it has begun, or does as soon as the rollout lets it. */
export function committed(step: StepState): boolean {
  return step.end === null && step.approval !== null;
}

/** A fix of it has begun, and the step has not ended. */
export function fixing(step: StepState): boolean {
  return step.end === null && step.fixes.length > 0;
}

/** Its fix was left running when its time was up, and is followed: that holds nobody else up. */
export function followed(step: StepState): boolean {
  return step.end === null && step.fixes.some((fix) => fix.followed !== null);
}

/** What was approved or begun on it has not come to its end, or was left open: a resumed run goes back there, even where nobody answered. */
export function unfinished({ steps }: HostState): boolean {
  return steps.some((step) => step.end?.open === true || committed(step) || fixing(step));
}

/** Whether its fix boots the host. */
export function reboots({ plan }: StepState): boolean {
  return plan.fix?.kind === "reboot";
}

/** What of a step is to be looked for on its host before anything else is done: its last fix or its rollback; null for nothing. */
export function adrift(step: StepState): "fix" | "rollback" | null {
  if (step.rollback?.adrift === true) return "rollback";
  return step.fixes.some((fix) => fix.adrift) ? "fix" : null;
}

/** Its host may still undo its last fix by itself. */
export function armed(step: StepState): boolean {
  return step.fixes.some((fix) => fix.timer?.end === "armed");
}

/** A person holds the step's card and has not answered. */
export function waiting(step: StepState): boolean {
  return step.end === null && step.asked !== null && step.approval === null && step.denial === null;
}

/** What a step would be called if the run ended now. */
export function stepVerdict(host: HostState, step: StepState): Verdict {
  if (step.end !== null) return step.end;
  if (step.fixes.some((fix) => fix.end === "running" || fix.end === "lost") || step.rollback?.end === "running") {
    return { outcome: "in-doubt", reason: "a fix was started and its end is not known" };
  }
  if (armed(step)) return { outcome: "in-doubt", reason: "its host undoes the fix unless somebody logs in in time" };
  // Nobody answers there any more: that says nothing of what was begun.
  const whole = hostOnly(host);
  if (whole !== null) return whole;
  if (fixing(step) && step.verdict?.ok === false) return { outcome: "failed", reason: step.verdict.reason };
  const last = step.fixes.at(-1);
  if (last?.end === "done") return { outcome: "in-doubt", reason: "it was fixed and not yet verified" };
  if (last !== undefined) return { outcome: "failed", reason: last.reason };
  if (waiting(step)) return { outcome: "waiting", reason: lackWords(step) };
  if (step.elsewhere !== null && step.approval === null) {
    return { outcome: "waiting", reason: `asked in run ${step.elsewhere.inRun}` };
  }
  if (step.findings === null) return { outcome: "unknown", reason: "it was not looked at" };
  return step.findings.length > 0 ? { outcome: "found", reason: "not fixed yet" } : { outcome: "clear", reason: "" };
}

/** What a step lacks that waits for people. How many more it takes is the policy's to say; here only who was not enough. */
function lackWords({ votes, asked }: StepState): string {
  const names = new Set(votes.filter(({ digest }) => digest === asked?.digest).map(nameOf));
  return names.size === 0 ? "needs an approval" : `approved by ${[...names].join(", ")}; needs another approval`;
}

/** A verdict that holds for every step of the host; null where the steps differ. */
function hostOnly(host: HostState): Verdict | null {
  if (host.unreachable !== null) return { outcome: "unknown", reason: faultReason(host.unreachable) };
  if (host.undetermined !== null) return { outcome: "unknown", reason: host.undetermined.reason };
  if (host.notConcerned !== null) return { outcome: "skipped", reason: host.notConcerned };
  return null;
}

/** What of a host kept it, or a step of it, from being told; null where nobody knows. */
export function ailmentAt(host: HostState, step: StepState | null): Ailment | null {
  if (host.unreachable !== null) return ailmentOf(host.unreachable);
  return host.undetermined?.ailment ?? step?.end?.ailment ?? null;
}

/** What to do about a host that could not be looked at, or not at a step; null: nobody knows, or nothing is to be done. */
export function hintOf(host: HostState, step: StepState | null): string | null {
  const ailment = ailmentAt(host, step);
  return host.unreachable?.hint ?? (ailment === null ? null : ailmentHint(ailment));
}

/** The same of the host and all its steps, each once. */
export function hintsOf(host: HostState): readonly string[] {
  return [...new Set([null, ...host.steps].flatMap((step) => hintOf(host, step) ?? []))];
}

/** The worst of a host's steps, with the reason of the step that makes it so. */
export function hostVerdict(host: HostState): Verdict {
  const verdicts = host.steps.map((step) => stepVerdict(host, step));
  const outcome = worst(verdicts.map((verdict) => verdict.outcome));
  return verdicts.find((verdict) => verdict.outcome === outcome) ?? { outcome, reason: "" };
}

/** The worst of a run's hosts. */
export function runOutcome(state: RunState): Outcome {
  return worst([...state.hosts.values()].map((host) => hostVerdict(host).outcome));
}
