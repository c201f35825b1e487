import { inDoubt } from "./doubt.ts";
import { adrift, fixing, followed, reboots } from "./outcome.ts";
import { permittedOn } from "./recurrence.ts";
import { gate } from "./rollout.ts";
import { runsWords } from "./words.ts";
import type { FixState, HostState, RunState, StepState } from "./state.ts";
import { timerTodo } from "./timer.ts";
import type { Todo } from "./todo.ts";

/** What follows once a fix has started: the next finding's fix, verification, rollback, or the step's end. */
export function nextOfFix(state: RunState, host: HostState, step: StepState, now: number): Todo {
  const at = { host: host.host, step: step.plan.id };
  const last = step.fixes.at(-1);
  const fix = step.plan.fix;
  if (last === undefined || fix === null) throw new Error(`${step.plan.id} on ${host.host} has no fix under way`);

  if (adrift(step) !== null) return { kind: "reattach", ...at };
  const ofTimer = timerTodo(host, step, last);
  if (ofTimer !== null) return ofTimer;
  switch (last.end) {
    case "running":
    case "lost":
      if (isToFollow(state, host, last, now)) return { kind: "follow", ...at };
      return inDoubt(at, last.job !== null || reboots(step), last.reason || "its end is not known");
    case "over":
      if (step.verdict === null && fix.verify) return { kind: "verify", ...at };
      if (step.verdict === null) return { kind: "settle", ...at, outcome: "in-doubt", reason: last.reason };
      return afterFailure(host, step, `${last.reason}; ${step.verdict.reason}`);
    case "timed-out":
    case "failed":
      return afterFailure(host, step, last.reason);
    case "refused":
      return step.fixes.length > 1
        ? afterFailure(host, step, last.reason)
        : { kind: "settle", ...at, outcome: "failed", reason: last.reason };
    case "done":
      break;
  }
  const next = nextTarget(step);
  if (next !== undefined && step.deferred === null) {
    const passage = gate(state, host);
    if (passage.kind === "wait" && passage.for === "pause") return passage;
    // A freeze may last for days: what was fixed is proved now, and the rest is a new matter.
    if (passage.kind !== "stop" && state.frozen === null && host.skipped === null && mayGoOn(state, host, step, now))
      return staleSince(step, last, now) ? { kind: "detect", ...at } : { kind: "fix", ...at, key: next };
  }
  if (!fix.verify && step.verdict === null) return unverified(step, at);
  if (step.verdict === null) return { kind: "verify", ...at };
  return afterFailure(host, step, step.verdict.reason);
}

/** What held when the card's first fix began may not hold for the fix of a further finding: another hour has begun, or other runs have fixed it meanwhile. */
export function mayGoOn(state: RunState, host: HostState, step: StepState, now: number): boolean {
  const { approve } = permittedOn(state, host, step, now);
  return approve === "auto" || (approve === "ask" && step.approval?.auto === false);
}

/** A fix that was left running is followed until then, and on for as long as others are fixed anyway; not once the run is to stop, unless that is to end it. */
function isToFollow(
  { hosts, stop }: RunState,
  { host: name }: HostState,
  { followed: left }: FixState,
  now: number,
): boolean {
  if (left === null || stop?.kill === false) return false;
  const others = [...hosts.values()].filter(({ host }) => host !== name);
  return now < left.until || others.some(({ steps }) => steps.some((step) => fixing(step) && !followed(step)));
}

/** Its last fix has ended, and its proof is next. */
export function toBeProved({ fixes, verdict, rollback }: StepState): boolean {
  const { end, timer } = fixes.at(-1) ?? {};
  const open = verdict === null && rollback === null && timer?.end !== "armed";
  return open && (end === "done" || end === "over");
}

/** Between two fixes of a card as before the first: high risk always looks again, the rest when the evidence is older than `fresh`. */
function staleSince(step: StepState, last: FixState, now: number): boolean {
  if (now - step.seenAt > step.plan.fresh * 1000) return true;
  return step.plan.fix?.risk === "high" && step.seenSeq < last.startedSeq;
}

/** The next finding of the card that is still there and has had no fix; undefined when there is none. */
function nextTarget(step: StepState): string | undefined {
  if (step.plan.fix?.per === "host") return undefined;
  const tried = new Set(step.fixes.map((fix: FixState) => fix.key));
  const there = new Set((step.findings ?? []).map((finding) => finding.key));
  return step.target.find(({ key }) => !tried.has(key) && there.has(key))?.key;
}

function unverified(step: StepState, at: { host: string; step: string }): Todo {
  if (nextTarget(step) === undefined && step.early.length > 0)
    return { kind: "settle", ...at, outcome: "found", reason: runsWords(step) };
  if (nextTarget(step) === undefined)
    return { kind: "settle", ...at, outcome: "fixed", reason: "not verified: the runbook says so" };
  return { kind: "settle", ...at, outcome: "found", reason: step.deferred ?? "not all of it was fixed" };
}

/** A failed fix is rolled back where there is a rollback, once, and only since the fix is known to have ended. */
function afterFailure(host: HostState, step: StepState, reason: string): Todo {
  const at = { host: host.host, step: step.plan.id };
  if (step.rollback === null) {
    if (step.plan.fix?.rollback === true) return { kind: "rollback", ...at };
    return { kind: "settle", ...at, outcome: "failed", reason };
  }
  switch (step.rollback.end) {
    case "running":
    case "lost":
      return inDoubt(at, step.rollback.job !== null, `${reason}; the end of the rollback is not known`);
    case "failed":
      return { kind: "settle", ...at, outcome: "failed", reason: `${reason}; ${step.rollback.reason}` };
    case "done":
      return { kind: "settle", ...at, outcome: "rolled-back", reason };
  }
}
