import type { Entry, Event, EventOf } from "../model/event.ts";
import { outputText, type Output } from "../model/output.ts";
import { clean } from "../view/clean.ts";
import { counted, duration } from "../view/words.ts";

/** What happened, in one human sentence on one line: `xen1, release-deleted-log: found 1 problem (0.2 s)`. */
export function sentenceOf(entry: Entry): string {
  const { event } = entry;
  return clean(`${subjectOf(event)}: ${said(event)}`);
}

function subjectOf(event: Event): string {
  if (!("host" in event)) return "run";
  return "step" in event && event.step !== null ? `${event.host}, ${event.step}` : event.host;
}

function said(event: Event): string {
  switch (event.type) {
    case "run-started":
      return begun(event);
    case "reached":
      return `logged in (${duration(event.ms / 1000)})`;
    case "unreachable":
      return `could not be reached: ${event.fault.message}`;
    case "concerned":
      return `the ${event.step === null ? "runbook" : "step"} applies`;
    case "not-concerned":
      return `the ${event.step === null ? "runbook" : "step"} does not apply: ${event.reason}`;
    case "facts-read":
      return factsOf(event);
    case "undetermined":
      return `cannot be told: ${event.reason}`;
    case "detected":
      return `${event.findings.length === 0 ? "nothing found" : `found ${counted(event.findings.length, "problem")}`}${took(event)}`;
    case "previewed":
      return event.failed === null ? "the change was previewed" : `no preview: ${event.failed}`;
    case "asked":
      return `an approval is needed (card ${event.digest})`;
    case "approved":
      return `approved by ${event.by} (card ${event.digest})`;
    case "denied":
      return `denied by ${event.by}${event.reason === "" ? "" : `: ${event.reason}`}`;
    case "approval-voided":
      return `the approval no longer counts: ${event.reason}`;
    case "deferred":
      return `the guard put it off: ${event.reason}`;
    case "admitted":
      return `its fixes may start, in batch ${event.batch}`;
    case "stop-requested":
      return `stopped by ${event.by}: no new fix starts`;
    case "run-ended":
      return `ended: ${event.outcome}, exit code ${event.exit}`;
    case "step-ended":
      return `${event.outcome}${event.reason === "" ? "" : `: ${event.reason}`}`;
    case "fix-started":
    case "fix-finished":
    case "fix-lost":
    case "fix-refused":
    case "verified":
    case "verify-failed":
    case "rollback-started":
    case "rollback-finished":
    case "rollback-lost":
    case "rollback-refused":
      return remedy(event);
  }
}

type Remedy = EventOf<
  | "fix-started"
  | "fix-finished"
  | "fix-lost"
  | "fix-refused"
  | "verified"
  | "verify-failed"
  | "rollback-started"
  | "rollback-finished"
  | "rollback-lost"
  | "rollback-refused"
>;

function remedy(event: Remedy): string {
  switch (event.type) {
    case "fix-started":
      return `the fix started${event.key === null ? "" : ` for ${event.key}`}`;
    case "fix-finished":
      return `the fix ${endOf(event)}`;
    case "fix-lost":
      return `how the fix ended is not known: ${event.reason}`;
    case "fix-refused":
      return `nothing was begun: ${event.reason}`;
    case "verified":
      return `verified after ${counted(event.looks, "look")}${took(event)}`;
    case "verify-failed":
      return `not verified after ${counted(event.looks, "look")}: ${event.reason}${took(event)}`;
    case "rollback-started":
      return "the rollback started";
    case "rollback-finished":
      return `the rollback ${endOf(event)}`;
    case "rollback-lost":
      return `how the rollback ended is not known: ${event.reason}`;
    case "rollback-refused":
      return `nothing was begun: ${event.reason}`;
  }
}

function begun({ plan }: EventOf<"run-started">): string {
  const { name, path, digest } = plan.runbook;
  const what = `${plan.dryRun ? "dry run" : "run"} of ${name} (${path}, ${digest.slice(0, 12)})`;
  return `${what} on ${counted(plan.hosts.length, "host")} of ${plan.inventory}, by ${plan.by}`;
}

function factsOf({ facts }: EventOf<"facts-read">): string {
  const pairs = Object.entries(facts).map(([name, value]) => `${name}=${value}`);
  return `facts: ${pairs.length === 0 ? "none" : pairs.join(", ")}`;
}

function endOf(event: { exit: number | null; stderr: Output; ms: number }): string {
  const last = outputText(event.stderr).trimEnd().split("\n").at(-1)?.trim() ?? "";
  const how = event.exit === null ? "was ended after its time" : `exited ${event.exit}`;
  return `${how}${took(event)}${last === "" ? "" : `: ${last}`}`;
}

function took({ ms }: { ms: number }): string {
  return ` (${duration(ms / 1000)})`;
}
