import { permissionFor } from "../engine/permission.ts";
import type { RunState, StepState } from "../engine/state.ts";
import type { Entry, Event } from "../model/event.ts";
import type { Finding } from "../model/finding.ts";
import type { Output } from "../model/output.ts";
import { actAfter, started, type OfFix } from "./act.ts";
import { decisionOf } from "./decision.ts";
import type { DocumentAct, DocumentDecision, DocumentFinding, DocumentPermission } from "./document.ts";
import { iso } from "./moment.ts";

/** An event of one step on one host. */
export type StepEvent = Exclude<
  Extract<Event, { host: string; step: string | null }>,
  { type: "concerned" | "not-concerned" }
>;

/** A finding with all that was seen of it. */
export type Known = Omit<DocumentFinding, "values"> & { readonly seen: Finding };

/** What happened to one step on one host, in the order of events. Nothing in it is masked yet. */
export type Case = {
  readonly findings: Map<string, Known>;
  readonly decisions: DocumentDecision[];
  readonly fixes: DocumentAct[];
  readonly verifications: { at: string; ok: boolean; reason: string; looks: number; ms: number }[];
  rollback: DocumentAct | null;
  preview: { readonly output: Output; readonly failed: string | null } | null;
  permission: DocumentPermission | null;
  deferred: string | null;
  unclear: Output | null;
  looks: number;
  ms: number;
};

/** One of which nothing is known yet. */
export function newCase(): Case {
  return {
    findings: new Map(),
    decisions: [],
    fixes: [],
    verifications: [],
    rollback: null,
    preview: null,
    permission: null,
    deferred: null,
    unclear: null,
    looks: 0,
    ms: 0,
  };
}

/** Adds an event to its case. `step` and `state` are those after it. */
export function addTo(file: Case, entry: Entry, event: StepEvent, step: StepState, state: RunState): void {
  const at = iso(entry.at);
  if ("ms" in event) file.ms += event.ms;
  switch (event.type) {
    case "detected":
      file.looks += 1;
      return see(file, event.findings, step, at);
    case "previewed":
      file.preview = step.preview;
      return;
    case "asked":
    case "asked-elsewhere":
    case "endorsed":
    case "approved":
    case "denied":
    case "approval-voided":
    case "waived":
      file.permission = permissionOf(state, event.host, step, entry.at);
      file.decisions.push(decisionOf(file.findings, event, step, at));
      if (event.type === "waived") mark(file, event.keys, "waived");
      return;
    case "deferred":
      file.deferred = event.reason;
      return;
    case "locked-out":
      if (file.fixes.at(-1)?.end === "running") file.fixes.pop();
      return;
    case "lock-taken":
      return;
    case "fix-started":
    case "fix-finished":
    case "fix-lost":
    case "fix-refused":
    case "rebooted":
    case "reboot-failed":
      return addFix(file, event, at);
    case "verified":
      file.verifications.push({ at, ok: true, reason: "", looks: event.looks, ms: event.ms });
      return mark(file, fixedKeys(step), "fixed");
    case "verify-failed":
      file.verifications.push({ at, ok: false, reason: event.reason, looks: event.looks, ms: event.ms });
      return;
    case "disarmed":
    case "timer-lost":
      // The end of the step says what became of it.
      return;
    case "rollback-started":
    case "rollback-finished":
    case "rollback-lost":
    case "rollback-refused":
      file.rollback = actAfter(file.rollback ?? started(at, null), event, at);
      return;
    case "undetermined":
      file.unclear = event.output ?? null;
      return;
    case "step-ended":
      if (event.outcome === "fixed") mark(file, fixedKeys(step), "fixed");
      return;
  }
}

/** A look: what it found is there, or put aside by a waiver; what it did not find any more is gone. */
function see(file: Case, findings: readonly Finding[], step: StepState, at: string): void {
  const aside = new Set(step.waived.map((finding) => finding.key));
  const seen = new Set(findings.map((finding) => finding.key));
  for (const [key, known] of file.findings) {
    if (!seen.has(key) && known.state !== "fixed") file.findings.set(key, { ...known, state: "gone" });
  }
  for (const finding of findings) {
    const known = file.findings.get(finding.key);
    file.findings.set(finding.key, {
      finding: known?.finding ?? file.findings.size + 1,
      firstAt: known?.firstAt ?? at,
      lastAt: at,
      state: aside.has(finding.key) ? "waived" : "there",
      seen: finding,
    });
  }
}

function mark(file: Case, keys: Iterable<string>, state: DocumentFinding["state"]): void {
  for (const key of keys) {
    const known = file.findings.get(key);
    if (known !== undefined) file.findings.set(key, { ...known, state });
  }
}

/** What the fixes of a round were for, as far as they ended well. */
function fixedKeys({ fixes, target }: StepState): string[] {
  const perFinding = fixes.some((fix) => fix.key !== null);
  if (!perFinding) return target.map((finding) => finding.key);
  return fixes.flatMap((fix) => (fix.end === "done" && fix.key !== null ? [fix.key] : []));
}

function permissionOf(state: RunState, host: string, step: StepState, now: number): DocumentPermission {
  const { rules, signers: _, ...said } = permissionFor({ plan: state.plan, host, step: step.plan, now });
  const told = rules.map(({ source, rule }) => ({
    policy: source,
    rule: rule?.name ?? null,
    where: rule?.where ?? null,
  }));
  return { ...said, rules: told };
}

/** What was lost may be found again. */
const OPEN: ReadonlySet<string> = new Set(["running", "lost"]);

function addFix(file: Case, event: OfFix, at: string): void {
  const key = "key" in event ? event.key : null;
  const finding = key === null ? null : (file.findings.get(key)?.finding ?? null);
  const last = file.fixes.findLastIndex((fix) => OPEN.has(fix.end) && fix.finding === finding);
  const place = event.type === "fix-started" || last === -1 ? file.fixes.length : last;
  file.fixes[place] = actAfter(file.fixes[place] ?? started(at, finding), event, at);
}
