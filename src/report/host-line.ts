import { exitReason, fixReason, kernelWords, moment } from "../engine/words.ts";
import type { StepState } from "../engine/state.ts";
import type { Event } from "../model/event.ts";
import type { Outcome } from "../model/finding.ts";
import type { Style } from "../view/colour.ts";
import { counted, duration, grouped, OUTCOME_LOOK, shortDigest } from "../view/words.ts";
import { countedEvidence, evidenceOf } from "../view/evidence.ts";
import type { LogLine } from "./line.ts";

/** What happened on a host once a login worked. */
export type HostEvent = Exclude<Extract<Event, { host: string }>, { type: "unreachable" }>;

/** A step as it stands after the event, with what a line says of its past. */
export type StepSoFar = {
  readonly step: StepState;
  /** Looks of its last verification. */
  readonly looks: number;
  /** How long its scripts took so far. */
  readonly ms: number;
  /** The host whose card was shown in the place of this one; null where its own is shown, or none. */
  readonly like: string | null;
  /** Its card has something against the fix that must not be missed: it comes back again and again. */
  readonly alarm: boolean;
};

/** So many fixes of a step on a host have lines of their own; after them, only those that fail, and a count at every hundredth. */
const OWN_LINES = 20;
const COUNTED = 100;

/** The line that a log gets for an event on a host; null where a later line will say it. */
export function hostLine(event: HostEvent, soFar: StepSoFar | null): LogLine | null {
  const step = soFar?.step ?? null;
  const say = (word: string, style: Style | null, rest: string): LogLine => {
    return { host: event.host, step: step?.plan.id ?? "", word, style, rest };
  };
  const end = (outcome: Outcome, rest: string) => say(OUTCOME_LOOK[outcome].word, OUTCOME_LOOK[outcome].style, rest);

  switch (event.type) {
    case "reached":
    case "concerned":
    case "facts-read":
    case "detected":
    case "previewed":
    case "admitted":
    case "denied":
    case "deferred":
    case "verified":
    case "asked-elsewhere":
    case "disarmed":
      return null;
    case "not-concerned":
      return end("skipped", event.reason);
    case "undetermined":
      return end("unknown", event.reason);
    case "asked":
      return end(
        "waiting",
        `card ${shortDigest(event.digest)}${likeWords(soFar)}: ${step === null ? "" : countedEvidence(step.plan, step.findings ?? [])}`,
      );
    case "approved":
      // What the command line approves is told as the fix begins. Its state names everybody who said yes, the event the last of them.
      return event.auto === true || step?.asked === null
        ? null
        : say("approved", "cyan", `by ${step?.approval?.by ?? event.by}${because(event.reason)}`);
    case "endorsed":
      return say("approved", "cyan", `by ${event.by}, and needs somebody else too${because(event.reason)}`);
    case "waived": {
      const what = `${counted(event.keys.length, "finding")} until ${moment(event.until)}`;
      return say("waived", "yellow", `${what} by ${event.by}${because(event.reason)}`);
    }
    case "host-skipped":
      return say(
        "skipped",
        "yellow",
        `by ${event.by}: nothing new is begun here${event.reason === "" ? "" : ` (${event.reason})`}`,
      );
    case "locked-out":
      return (step?.locked?.tries ?? 1) > 1 ? null : say("locked", "yellow", event.reason);
    case "lock-taken": {
      const over =
        event.over === undefined
          ? ""
          : `; ${event.over.by} left a stale one (run ${event.over.run}, since ${moment(event.over.since)})`;
      return say("lock taken", "cyan", `nobody else fixes it now${over}`);
    }
    case "approval-voided":
      return say("asked again", "magenta", event.reason);
    case "fix-started":
      return many(step)
        ? null
        : say(event.kernel === undefined ? "fixing" : "rebooting", "cyan", beginning(step, event.key));
    case "fix-finished":
      return event.exit === 0 ? fixDone(step, event.ms, say) : say("fix failed", "red", fixReason(event));
    case "fix-lost":
      if (event.until !== undefined) return say("still runs", "yellow", `${event.reason}; it is followed`);
      return say("fix lost", "red", event.reason);
    case "fix-refused":
      return say("fix refused", "red", event.reason);
    case "rebooted":
      return say("rebooted", null, `in ${duration(event.ms / 1000)}: ${kernelWords(event)}`);
    case "reboot-failed":
      return say(event.how === "away" ? "away" : "not booted", "red", event.reason);
    case "verify-failed":
      return say(
        "not proven",
        "red",
        `${event.reason} (${counted(event.looks, "look")}, ${duration(event.ms / 1000)})`,
      );
    case "rollback-started":
      return say(
        "rollback",
        "yellow",
        event.by === "host" ? "by the host itself, since nobody logged in again" : "begins",
      );
    case "timer-lost":
      return say("rollback", "red", `whether the host has undone it is not known: ${event.reason}`);
    case "rollback-finished":
      return say("rollback", event.exit === 0 ? "yellow" : "red", exitReason("it", event.exit, event.stderr, event.ms));
    case "rollback-lost":
    case "rollback-refused":
      return say("rollback", "red", event.reason);
    case "step-ended":
      return soFar === null ? null : end(event.outcome, ending(event, soFar));
  }
}

function because(reason = ""): string {
  return reason === "" ? "" : `: ${reason}`;
}

function likeWords(soFar: StepSoFar | null): string {
  const like = soFar === null || soFar.like === null ? "" : `, like that of ${soFar.like}`;
  return soFar?.alarm === true ? `${like}, recurring` : like;
}

/** In a dry run nothing waits: the line is about what was found, and names the card only where there is something to say of it. */
function cardWords(soFar: StepSoFar): string {
  const words = likeWords(soFar);
  return words === "" ? "" : `; card${words}`;
}

function many(step: StepState | null): boolean {
  return step !== null && step.fixes.length > OWN_LINES;
}

function fixDone(step: StepState | null, ms: number, say: (word: string, style: null, rest: string) => LogLine) {
  if (step === null || !many(step)) return say("fix done", null, `in ${duration(ms / 1000)}`);
  const done = step.fixes.length;
  if (done % COUNTED !== 0 && done < step.target.length) return null;
  return say("fix done", null, `${grouped(done)} of ${grouped(step.target.length)}`);
}

function beginning(step: StepState | null, key: string | null): string {
  if (step === null || step.plan.fix === null) return "";
  const findings = key === null ? step.target : step.target.filter((finding) => finding.key === key);
  const by = step.approval === null ? "" : ` (approved by ${step.approval.by})`;
  const subject = evidenceOf(step.plan, findings);
  return `${step.plan.fix.summary}${by}${subject === "" ? "" : `: ${subject}`}`;
}

function ending(event: { outcome: Outcome; reason: string }, soFar: StepSoFar): string {
  const { step, looks, ms } = soFar;
  const took = ` (${duration(ms / 1000)})`;
  const reason = event.reason === "" ? "" : `; ${event.reason}`;
  switch (event.outcome) {
    case "fixed": {
      const fixed = counted(step.target.length, "finding");
      return `${fixed}${looks === 0 ? reason : `, verified after ${counted(looks, "look")}`}${took}`;
    }
    case "found":
      return `${countedEvidence(step.plan, step.findings ?? [])}${reason}${cardWords(soFar)}`;
    case "clear":
      return took.trim();
    case "failed":
    case "in-doubt":
    case "rolled-back":
    case "waiting":
    case "unknown":
    case "skipped":
      return event.reason;
  }
}
