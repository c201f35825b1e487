import type { Outcome } from "../model/finding.ts";
import { lackOf } from "./decision.ts";
import { digestOf } from "./digest.ts";
import { confirmed, fixable, fixing, tooFewRuns, waiting } from "./outcome.ts";
import { onGone } from "./gone.ts";
import { denialWords, overLimit } from "./permission.ts";
import { permittedOn, type Permitted } from "./recurrence.ts";
import { whileLocked } from "./lock.ts";
import { gate } from "./rollout.ts";
import { turnOf } from "./once.ts";
import { nextOfFix, toBeProved } from "./remedy.ts";
import { unarmable } from "./timer.ts";
import type { HostState, RunState, StepState } from "./state.ts";
import { waiverOf } from "./waiver.ts";
import { frozenWords, levelWords, lookWords, moment, runsWords } from "./words.ts";

type OnStep<K extends string> = { readonly kind: K; readonly host: string; readonly step: string };

/** One thing to do now on one host. Only `fix` and `rollback` write there. */
export type Intent =
  | { readonly kind: "connect" | "read-facts"; readonly host: string }
  | { readonly kind: "applies"; readonly host: string; readonly step: string | null }
  /**
   * `reattach`: what its fix or rollback came to is asked of the host. Nothing is begun. `disarm`: the fix has ended, and its host is told at a
   * new login not to undo it, unless it has begun to. `follow`: a fix that was left running is followed further, beside all that is done on other hosts.
   */
  | OnStep<"detect" | "preview" | "verify" | "rollback" | "reattach" | "disarm" | "follow">
  /** Asks for the host's lock, which another had. */
  | OnStep<"lock">
  | (OnStep<"ask"> & { readonly digest: string })
  | (OnStep<"approve"> & { readonly digest: string; readonly by: string })
  | (OnStep<"void"> & { readonly reason: string })
  | { readonly kind: "admit"; readonly host: string; readonly batch: number }
  | (OnStep<"fix"> & { readonly key: string | null })
  /** `open`: a run that is resumed takes the step up again. */
  | (OnStep<"settle"> & { readonly outcome: Outcome; readonly reason: string; readonly open?: boolean });

/** What a host does now: something, wait (`until` in ms since the epoch), or nothing any more. */
export type Todo =
  | Intent
  | { readonly kind: "wait"; readonly for: "person" | "batch" | "survey" | "pause" | "group" | "peer" | "freeze" }
  | { readonly kind: "wait"; readonly for: "time"; readonly until: number }
  | { readonly kind: "done" };

/** More rounds of fixing than this mean that the fix does not hold. */
const MAX_ROUNDS = 3;

/** What is something else at that many looks does not stay long enough to be confirmed, and is not healthy either. */
const MAX_RESTARTS = 3;

/** What changes more often than this between approval and fix is for a person to look at: else it is approved and voided for ever. */
const MAX_VOIDS = 3;

/**
 * Decides what may be done on a host now. Pure: the same state and time give the same answer, live or in recovery.
 * A dry run never gets an intent that writes.
 */
export function todo(state: RunState, name: string, now: number): Todo {
  const host = state.hosts.get(name);
  if (host === undefined) throw new Error(`no host ${name} in this run`);
  if (host.unreachable !== null || host.notConcerned !== null || host.undetermined !== null) return { kind: "done" };
  if (host.steps.every((step) => step.end !== null)) return { kind: "done" };
  if (host.gone) return onGone(state, host, now);
  if (state.stop !== null && !host.steps.some(fixing)) {
    return stopped(state.stop.by, host);
  }
  if (host.skipped !== null && !host.steps.some(fixing)) return skipped(host.skipped, host);
  if (host.identity === null) return { kind: "connect", host: name };
  if (host.concerned === null) return { kind: "applies", host: name, step: null };
  if (host.facts === null || mustReadAgain(host)) return { kind: "read-facts", host: name };
  return firstOf(steps(state, host, now));
}

/** Facts are of one boot. A fix under way comes first, until it is to be proved: then they must be those of the boot that it is proved in. */
function mustReadAgain({ factsStale, steps }: HostState): boolean {
  const under = steps.find(fixing);
  return factsStale && (under === undefined || toBeProved(under));
}

/** The first step that has something to do; else a fix that was left running; else the soonest wait. */
function firstOf(todos: Iterable<Todo>): Todo {
  let wait: Todo | null = null;
  let follow: Todo | null = null;
  for (const next of todos) {
    if (next.kind === "done") continue;
    if (next.kind === "follow") {
      follow ??= next;
      continue;
    }
    if (next.kind !== "wait") return next;
    if (wait === null || (next.for === "time" && wait.kind === "wait" && wait.for !== "time")) wait = next;
  }
  return follow ?? wait ?? { kind: "done" };
}

/** What each step could do, in order. A step that is not settled well blocks the fixes of later ones, never their looks. */
function* steps(state: RunState, host: HostState, now: number): Generator<Todo> {
  let blocker: StepState | null = null;
  for (const step of host.steps) {
    // Of a host that a person took out of the run only what has begun goes on.
    const open = step.end === null && (host.skipped === null || fixing(step));
    if (open) yield onStep(state, host, step, step.plan.independent ? null : blocker, now);
    if (blocker === null && blocks(step)) blocker = step;
  }
}

/** Neither clear, fixed nor skipped, and with a fix that could have mattered. */
function blocks(step: StepState): boolean {
  if (step.plan.fix === null) return false;
  return step.end === null || !["clear", "fixed", "skipped"].includes(step.end.outcome);
}

function onStep(state: RunState, host: HostState, step: StepState, blocker: StepState | null, now: number): Todo {
  const at = { host: host.host, step: step.plan.id };
  const settle = (outcome: Outcome, reason: string): Todo => ({ kind: "settle", ...at, outcome, reason });

  if (step.concerned === null) return { kind: "applies", ...at };
  if (step.verdict?.ok === true) return settle("fixed", left(step));
  if (step.fixes.length > 0) return nextOfFix(state, host, step, now);
  if (step.verdict !== null) return settle("found", `said to be done, but ${step.verdict.reason}`);
  if (step.findings === null) return { kind: "detect", ...at };
  if (step.findings.length === 0) return { kind: "settle", ...at, ...nothingLeft(state, host, step) };
  if (tooFewRuns(step)) return settle("found", runsWords(step));
  if (!confirmed(step)) {
    if (step.restarts >= MAX_RESTARTS) return settle("unknown", "each look finds something else");
    const until = step.seenAt + step.plan.confirm.every * 1000;
    return until > now ? { kind: "wait", for: "time", until } : { kind: "detect", ...at };
  }
  if (step.plan.fix === null) return settle("found", "there is no fix for it");
  if (!fixable(step)) return settle("found", "not among the steps to fix");
  if (state.plan.check !== undefined) return settle("found", "a check only looks");
  if (state.plan.dryRun)
    return step.preview === null ? { kind: "preview", ...at } : settle("found", lookWords(state.plan));
  if (unarmable(state, step)) return settle("found", "not fixed: with --no-jobs nothing on the host could undo it");
  if (step.rounds >= MAX_ROUNDS) return settle("found", `it came back after ${step.rounds} fixes`);
  if (step.denial !== null) return settle("found", denied(step.denial));
  if (step.deferred !== null) return settle("found", `deferred: ${step.deferred}`);
  if (blocker !== null) return blockedBy(blocker, settle);
  return approvedTodo(state, host, step, now);
}

/** What a step is called that finds nothing, or nothing any more. */
function nothingLeft(state: RunState, host: HostState, step: StepState): { outcome: Outcome; reason: string } {
  if (step.rounds > 0) return { outcome: "fixed", reason: "" };
  const [first] = step.waived;
  const waiver = waiverOf(state.waivers, { host: host.host, step: step.plan.id }, first);
  if (waiver === undefined) return { outcome: "clear", reason: "" };
  return { outcome: "skipped", reason: `waived by ${waiver.by} until ${moment(waiver.until)}: ${waiver.reason}` };
}

/** What of the card had no fix of its own, and is gone all the same. */
function left(step: StepState): string {
  if (step.fixes.length === 0 || step.plan.fix?.per === "host") return "";
  const rest = step.target.length - step.fixes.length;
  if (rest === 0) return "";
  const why = step.deferred === null ? "" : `; deferred: ${step.deferred}`;
  return `${rest} of ${step.target.length} findings went with the rest, without a fix${why}`;
}

function denied(denial: { by: string; reason: string }): string {
  return `denied by ${denial.by}${denial.reason === "" ? "" : `: ${denial.reason}`}`;
}

/** While the earlier step may still end well, the later one waits with it. */
function blockedBy(blocker: StepState, settle: (outcome: Outcome, reason: string) => Todo): Todo {
  if (blocker.end === null) return { kind: "wait", for: waiting(blocker) ? "person" : "batch" };
  return settle("found", `not fixed, since ${blocker.plan.id} is ${blocker.end.outcome.replace("-", " ")}`);
}

/** From evidence to the first fix: old evidence is looked at again, then it is shown, decided, admitted and started. */
function approvedTodo(state: RunState, host: HostState, step: StepState, now: number): Todo {
  const at = { host: host.host, step: step.plan.id };
  const fix = step.plan.fix;
  if (fix === null) return { kind: "done" };
  const passage = gate(state, host);
  if (step.locked !== null && passage.kind === "go") return whileLocked(state.plan, step.locked, at, now);
  if (step.seenSeq < host.changedSeq) return { kind: "detect", ...at };
  if (fix.kind === "reboot" && host.identity?.bootId === null) {
    const reason =
      "not rebooted, since it could not be proven: the host has no boot id (/proc/sys/kernel/random/boot_id)";
    return { kind: "settle", ...at, outcome: "found", reason };
  }
  if (passage.kind === "stop") return { kind: "settle", ...at, outcome: "found", reason: passage.reason };

  const permission = permittedOn(state, host, step, now);
  const objection = permission.approve === "deny" ? denialWords(permission) : overLimit(state, host.host, permission);
  if (objection !== null) return { kind: "settle", ...at, outcome: "found", reason: objection };

  const turn = turnOf(state, host, step);
  if (turn.kind === "wait") return { kind: "wait", for: "peer" };
  if (turn.kind === "look") return { kind: "detect", ...at };
  if (turn.kind === "over") return { kind: "settle", ...at, outcome: "found", reason: turn.reason };

  const digest = digestOf(state, host, step);
  const { approval } = step;
  if (approval === null) return unapproved(state, step, at, digest, permission);
  const doubt = doubtOf(state.plan, step, digest, permission, now);
  if (doubt !== null) return { kind: "void", ...at, reason: doubt };
  if (fix.kind === "manual") return { kind: "verify", ...at };
  // Where nobody waits for the thaw it ends as it was found. What a person has approved keeps that, and waits for whoever resumes the run.
  if (state.frozen !== null && !state.plan.attended && approval.auto) {
    return { kind: "settle", ...at, outcome: "found", reason: frozenWords(state.frozen), open: true };
  }
  if (passage.kind === "wait") return passage;
  if (passage.kind === "enter" && passage.from > now) return { kind: "wait", for: "time", until: passage.from };
  if (passage.kind === "enter") return { kind: "admit", host: host.host, batch: passage.batch };
  if (stale(step, now)) return { kind: "detect", ...at };
  return { kind: "fix", ...at, key: fix.per === "host" ? null : (step.target[0]?.key ?? null) };
}

/** What is not approved yet was denied of late, is approved by command line and policies, waits for an answer, is shown in another run, or is asked. */
function unapproved(
  state: RunState,
  step: StepState,
  at: { host: string; step: string },
  digest: string,
  permission: Permitted,
): Todo {
  const refused = state.plan.schedule?.refused?.find((one) => one.digest === digest);
  if (refused !== undefined) {
    return {
      kind: "settle",
      ...at,
      outcome: "found",
      reason: denied({ ...refused, by: `${refused.by} in run ${refused.run}` }),
    };
  }
  if (permission.approve === "auto" && step.voids < MAX_VOIDS) {
    return { kind: "approve", ...at, digest, by: levelWords(state.plan) };
  }
  if (step.asked?.digest === digest) return { kind: "wait", for: "person" };
  if (step.elsewhere?.digest === digest) {
    return { kind: "settle", ...at, outcome: "waiting", reason: `asked in run ${step.elsewhere.inRun}`, open: true };
  }
  return step.plan.fix?.preview === true && step.preview === null
    ? { kind: "preview", ...at }
    : { kind: "ask", ...at, digest };
}

/** Why a step's approval does not count any more; null: it does. */
export function doubtOf(
  plan: RunState["plan"],
  step: StepState,
  digest: string,
  permission: Permitted,
  now: number,
): string | null {
  const { approval } = step;
  if (approval === null) return null;
  if (approval.seq < step.anewSeq) return "it was for what the runbook and the inventory said before";
  if (approval.digest !== digest) return "what was found has changed since it was approved";
  if (approval.auto)
    return permission.approve === "auto" ? null : (permission.recurs ?? "the policy wants a person to approve it now");
  if (now - approval.at > permission.expires * 1000) return "the approval has expired";
  return lackOf(plan, step, permission);
}

/** High risk always looks again after the approval; the rest when the evidence is older than `fresh`. */
function stale(step: StepState, now: number): boolean {
  if (now - step.seenAt > step.plan.fresh * 1000) return true;
  return step.plan.fix?.risk === "high" && step.approval !== null && step.seenSeq < step.approval.seq;
}

/** No new fix after a stop: what a person was asked stays open, the rest ends where it is until the run is resumed. */
function stopped(by: string, host: HostState): Todo {
  for (const step of host.steps) {
    if (step.end !== null || waiting(step)) continue;
    const at = { kind: "settle", host: host.host, step: step.plan.id, open: true } as const;
    if (step.findings === null)
      return { ...at, outcome: "unknown", reason: `stopped by ${by} before it was looked at` };
    if (step.findings.length === 0) return { ...at, outcome: step.rounds > 0 ? "fixed" : "clear", reason: "" };
    return { ...at, outcome: "found", reason: `stopped by ${by}` };
  }
  return { kind: "wait", for: "person" };
}

/** A person took the host out of the run: what was found on it stays found. */
function skipped({ by, reason }: NonNullable<HostState["skipped"]>, host: HostState): Todo {
  const step = host.steps.find((each) => each.end === null);
  if (step === undefined) return { kind: "done" };
  const at = { kind: "settle", host: host.host, step: step.plan.id } as const;
  const found = step.findings !== null && step.findings.length > 0;
  const words = `the host was skipped by ${by}${reason === "" ? "" : `: ${reason}`}`;
  return { ...at, outcome: found ? "found" : "skipped", reason: words };
}
