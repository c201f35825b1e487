import type { Ailment } from "../model/ailment.ts";
import type { Finding } from "../model/finding.ts";
import { deciderOf, nameOf, type Decider } from "../model/approval.ts";
import type { EventOf, Event, Entry } from "../model/event.ts";
import { reboots } from "./outcome.ts";
import type { Adrift, FixState, StepState, TimerState, Vote } from "./state.ts";
import { parted, since } from "./sightings.ts";
import { exitReason, fixReason } from "./words.ts";

/** When an event was recorded, and its number: what comes before what is told by the number, since a millisecond is long. */
export type Moment = Pick<Entry, "at" | "seq"> & {
  /** The host's boot, where the event is about one. */
  readonly bootId?: string | null;
};

/** Puts the waived findings of a look aside. What was asked or approved with them is another thing than what is left. */
export function sift(step: StepState, keys: ReadonlySet<string>): StepState {
  const waived = seenOf(step).filter((finding) => keys.has(finding.key));
  if (waived.length === 0) return step;
  const left = seenOf(step).filter((finding) => !keys.has(finding.key));
  const counted = parted(left, step.earlier, step.seenAt, step.plan.confirm.runs);
  return { ...step, ...counted, waived: [...step.waived, ...waived], preview: null, asked: null };
}

/** All that a step's last look found and nobody has waived, whether enough runs have found it or not. */
export function seenOf({ findings, early }: StepState): Finding[] {
  const own = findings ?? [];
  return [...own, ...early.flatMap(({ finding }) => (own.some(({ key }) => key === finding.key) ? [] : [finding]))];
}

type StepOnly = Exclude<
  Extract<Event, { host: string; step: string }>,
  { type: "concerned" | "not-concerned" | "undetermined" | "detected" | "waived" }
>;

/** The step after an event of its own. */
export function onStep(step: StepState, event: StepOnly, when: Moment): StepState {
  switch (event.type) {
    case "previewed":
      return isOfNow(step, event.keys) ? { ...step, preview: { output: event.output, failed: event.failed } } : step;
    case "asked":
      return { ...step, asked: { digest: event.digest, at: when.at } };
    case "asked-elsewhere":
      // Where it was asked here, another run has taken the question over.
      return { ...step, asked: null, elsewhere: { inRun: event.inRun, digest: event.digest } };
    case "endorsed":
      return { ...answered(step, event), votes: [...step.votes, voteOf(event, when)] };
    case "approved":
      return approved(event.auto === true ? step : answered(step, event), event, when);
    case "denied":
      return { ...answered(step, event), denial: { by: event.by, reason: event.reason } };
    case "approval-voided":
      return voided(step, event.reason);
    case "deferred":
      return { ...step, deferred: event.reason };
    case "locked-out":
      return lockedOut(step, event, when);
    case "lock-taken":
      return { ...step, locked: null };
    case "fix-started":
      return { ...step, fixes: [...step.fixes, begun(event, when)] };
    case "fix-finished":
      return fixEnded(step, event.key, endOf(event), { reason: fixReason(event) });
    case "fix-lost":
      return leftRunning(fixEnded(step, event.key, event.over === true ? "over" : "lost", event), event, when);
    case "fix-refused":
      return fixEnded(step, event.key, "refused", event);
    case "rebooted":
      return fixEnded(step, null, "done", { reason: "" });
    case "reboot-failed":
      return fixEnded(step, null, event.how === "away" ? "lost" : "failed", event);
    case "disarmed":
      return timerEnded(step, "disarmed");
    case "timer-lost":
      return timerEnded(step, event.over === true ? "over" : "lost", event.reason);
    case "verified":
      return { ...step, verdict: { ok: true, reason: "" }, rounds: step.rounds + 1, early: [] };
    case "verify-failed":
      return { ...step, verdict: { ok: false, reason: event.reason } };
    case "rollback-started":
      return rollbackBegun(step, event);
    case "rollback-finished": {
      const reason = exitReason("the rollback", event.exit, event.stderr, event.ms);
      return { ...step, rollback: rollbackEnded(step, event.exit === 0 ? "done" : "failed", reason) };
    }
    case "rollback-refused":
      return { ...step, rollback: rollbackEnded(step, "failed", event.reason) };
    case "rollback-lost":
      return { ...step, rollback: rollbackEnded(step, "lost", event.reason) };
    case "step-ended":
      return ended(step, event.outcome, event.reason, when, { open: event.open === true });
  }
}

/** A finding may be waived while a preview is under way, which then tells of more than is left. Older records do not say. */
function isOfNow({ findings }: StepState, keys: readonly string[] | undefined): boolean {
  return keys === undefined || JSON.stringify((findings ?? []).map(({ key }) => key)) === JSON.stringify(keys);
}

function answered(step: StepState, event: Decider): StepState {
  return { ...step, answers: [...step.answers, deciderOf(event)] };
}

function voteOf(event: EventOf<"approved" | "endorsed">, { at }: Moment): Vote {
  const reason = event.reason === undefined ? {} : { reason: event.reason };
  return { ...deciderOf(event), ...reason, digest: event.digest, at: event.decidedAt ?? at };
}

function approved(step: StepState, event: EventOf<"approved">, when: Moment): StepState {
  const { digest } = event;
  const auto = event.auto === true;
  const votes = auto ? step.votes : [...step.votes, voteOf(event, when)];
  const names = auto ? [event.by] : votes.filter((vote) => vote.digest === digest).map(nameOf);
  const approval = { digest, by: [...new Set(names)].join(", "), seq: when.seq, at: event.decidedAt ?? when.at, auto };
  return { ...step, votes, approval, target: step.findings ?? [], elsewhere: null };
}

/** What was approved, or asked, is kept, to be shown beside what is there now; the yeses were to that, and are gone with it. */
function voided(step: StepState, reason: string): StepState {
  return {
    ...step,
    votes: [],
    approval: null,
    asked: null,
    preview: null,
    voids: step.voids + 1,
    voided: { findings: step.approval === null ? (step.findings ?? []) : step.target, reason },
  };
}

/**
 * A look counts toward confirmation only for what every look in a row saw. What a later look adds, or puts in the place of all that
 * was there, begins a new count. After a verified fix, what is found is a new round.
 */
export function looked(
  step: StepState,
  { findings: seen, ms }: EventOf<"detected">,
  aside: ReadonlySet<string>,
  when: Moment,
): StepState {
  const findings = seen.filter((finding) => !aside.has(finding.key));
  const base = step.verdict?.ok === true ? newRound(step) : step;
  const confirming = base.looks > 0 && base.looks < base.plan.confirm.times;
  const before = new Set((base.findings ?? []).map((finding) => finding.key));
  const stayed = findings.filter((finding) => before.has(finding.key));
  const replaced = confirming && stayed.length === 0 && findings.length > 0;
  const kept = confirming && !replaced ? stayed : findings;
  const nothingNew = kept.length === stayed.length;
  const looks = kept.length === 0 ? 0 : nothingNew ? base.looks + 1 : 1;
  const earlier = since(base.earlier, seen);
  const counted = parted(kept, earlier, when.at, base.plan.confirm.runs);
  const same = counted.findings.length === before.size && counted.findings.every(({ key }) => before.has(key));
  return {
    ...base,
    ...counted,
    earlier,
    waived: seen.filter((finding) => aside.has(finding.key)),
    preview: same ? base.preview : null,
    looks,
    restarts: base.restarts + (replaced ? 1 : 0),
    seenAt: when.at,
    seenSeq: when.seq,
    seenFrom: when.at - ms,
  };
}

/** A step whose findings are a new matter: nothing that was asked, approved or done counts for them. */
export function newRound(step: StepState): StepState {
  return {
    ...step,
    preview: null,
    asked: null,
    votes: [],
    approval: null,
    voided: null,
    target: [],
    locked: null,
    fixes: [],
    verdict: null,
    looks: 0,
  };
}

function begun({ key, job, kernel, timer: name }: EventOf<"fix-started">, when: Moment): FixState {
  const since = { startedAt: when.at, startedSeq: when.seq, bootId: when.bootId ?? null };
  const timer = name === undefined ? null : ({ name, end: "armed", reason: "" } as const);
  const open = { end: "running", reason: "", adrift: false, followed: null } as const;
  return { key, ...since, ...open, kernel: kernel ?? null, job: job ?? null, timer };
}

function timerEnded(step: StepState, end: TimerState["end"], reason = ""): StepState {
  const fixes = step.fixes.map((fix) =>
    fix.timer?.end === "armed" ? { ...fix, timer: { ...fix.timer, end, reason } } : fix,
  );
  return { ...step, fixes };
}

function rollbackBegun(step: StepState, { job, by }: EventOf<"rollback-started">): StepState {
  const rollback = { end: "running", reason: "", job: job ?? null, adrift: false, by: by ?? "us" } as const;
  return { ...(by === "host" ? timerEnded(step, "fired") : step), rollback };
}

/** A fix that was announced did not begin. After others of its card it is put off: those are proved. */
function lockedOut(step: StepState, { reason }: EventOf<"locked-out">, { at }: Moment): StepState {
  const fixes = step.fixes.filter((fix) => fix.end !== "running");
  if (fixes.length > 0) return { ...step, fixes, deferred: reason };
  const { since = at, tries = 0 } = step.locked ?? {};
  return { ...step, fixes, locked: { since, at, tries: tries + 1, reason } };
}

function rollbackEnded(step: StepState, end: "done" | "failed" | "lost", reason: string): StepState["rollback"] {
  return { end, reason, job: step.rollback?.job ?? null, adrift: false, by: step.rollback?.by ?? "us" };
}

function untold({ end }: { readonly end: string }): boolean {
  return end === "running" || end === "lost";
}

/** Another process goes on: what may still run on the host without us, or has ended there unseen, is to be looked for. So is a host that was told to reboot. */
export function setAdrift(step: StepState): StepState {
  const found = ({ job }: Adrift): boolean => job !== null || reboots(step);
  return {
    ...step,
    fixes: step.fixes
      .map((fix) => ({ ...fix, followed: null }))
      .map((fix) => rearmed(untold(fix) && found(fix) ? { ...fix, end: "running", adrift: true } : fix)),
    rollback:
      step.rollback !== null && step.rollback.job !== null && untold(step.rollback)
        ? { ...step.rollback, end: "running", adrift: true }
        : step.rollback,
  };
}

/** What became of its timer is asked again. */
function rearmed(fix: FixState): FixState {
  return fix.timer?.end === "lost" ? { ...fix, timer: { ...fix.timer, end: "armed", reason: "" } } : fix;
}

function fixEnded(step: StepState, key: string | null, end: FixState["end"], event: { reason: string }): StepState {
  const fixes = step.fixes.map((fix) =>
    fix.key === key && (fix.end === "running" || fix.followed !== null)
      ? {
          ...fix,
          end,
          reason: event.reason,
          adrift: false,
          timer: end === "refused" ? null : fix.timer,
          followed: null,
        }
      : fix,
  );
  return { ...step, fixes };
}

/** One that is followed though its time is up may still tell how it ends. */
function leftRunning(step: StepState, { key, until }: EventOf<"fix-lost">, { at: since }: Moment): StepState {
  if (until === undefined) return step;
  const fixes = step.fixes.map((fix) =>
    fix.key === key && fix.end === "lost" ? { ...fix, followed: { since, until } } : fix,
  );
  return { ...step, fixes };
}

/** The step with its last word. */
export function ended(
  step: StepState,
  outcome: NonNullable<StepState["end"]>["outcome"],
  reason: string,
  when: Moment,
  { open = false, ailment = null }: { readonly open?: boolean; readonly ailment?: Ailment | null } = {},
): StepState {
  return { ...step, endSeq: when.seq, end: { outcome, reason, at: when.at, open, ailment } };
}

function endOf({ exit, by }: EventOf<"fix-finished">): FixState["end"] {
  if (by !== undefined) return "failed";
  return exit === 0 ? "done" : exit === null ? "timed-out" : "failed";
}
