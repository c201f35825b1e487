import type { StepState } from "../engine/state.ts";
import type { Decider } from "../model/approval.ts";
import type { EventOf } from "../model/event.ts";
import type { Finding } from "../model/finding.ts";
import type { DocumentDecision } from "./document.ts";
import { iso } from "./moment.ts";

/** Findings by their keys, with their numbers. */
type Numbers = ReadonlyMap<string, { readonly finding: number }>;

/** What is said about a fix, or becomes of what was said. */
export type Said = EventOf<
  "asked" | "asked-elsewhere" | "endorsed" | "approved" | "denied" | "approval-voided" | "waived"
>;

/** The line of a decision. `known` numbers what was found so far; `step` is as it is after the event. */
export function decisionOf(known: Numbers, event: Said, step: StepState, at: string): DocumentDecision {
  const now = step.findings ?? [];
  switch (event.type) {
    case "asked":
      return { at, kind: "asked", digest: event.digest, findings: numbersOf(known, now) };
    case "asked-elsewhere":
      return { at, kind: "asked-elsewhere", digest: event.digest, inRun: event.inRun };
    case "endorsed":
      return { at, kind: "endorsed", digest: event.digest, ...deciderOf(event), ...reasonOf(event) };
    case "approved": {
      const auto = event.auto === true ? { auto: true } : {};
      return {
        at,
        kind: "approved",
        digest: event.digest,
        ...deciderOf(event),
        ...auto,
        ...reasonOf(event),
        findings: numbersOf(known, now),
      };
    }
    case "denied":
      return { at, kind: "denied", digest: event.digest, ...deciderOf(event), ...reasonOf(event) };
    case "approval-voided":
      return { at, kind: "voided", ...reasonOf(event), ...changeOf(known, step) };
    case "waived": {
      const waived = event.keys.flatMap((key) => known.get(key)?.finding ?? []);
      return { at, kind: "waived", by: event.by, ...reasonOf(event), until: iso(event.until), findings: waived };
    }
  }
}

function numbersOf(known: Numbers, findings: readonly Finding[]): number[] {
  return findings.flatMap(({ key }) => known.get(key)?.finding ?? []);
}

function deciderOf({ by, machine, decidedAt, signature }: Decider): Partial<DocumentDecision> {
  return {
    by,
    ...(machine === undefined ? {} : { machine }),
    ...(decidedAt === undefined ? {} : { decidedAt: iso(decidedAt) }),
    ...(signature === undefined ? {} : { signature: { principal: signature.principal, key: signature.key } }),
  };
}

function reasonOf({ reason = "" }: { readonly reason?: string | undefined }): { reason?: string } {
  return reason === "" ? {} : { reason };
}

/** What is there now and was not on the approved card, and the other way round. */
function changeOf(known: Numbers, { voided, findings }: StepState): Pick<DocumentDecision, "appeared" | "gone"> {
  const [before, now] = [voided?.findings ?? [], findings ?? []];
  return { appeared: numbersOf(known, without(now, before)), gone: numbersOf(known, without(before, now)) };
}

function without(findings: readonly Finding[], others: readonly Finding[]): Finding[] {
  const keys = new Set(others.map((finding) => finding.key));
  return findings.filter((finding) => !keys.has(finding.key));
}
