import { seenOf } from "../engine/evolve-step.ts";
import { replay } from "../engine/evolve.ts";
import { stepVerdict } from "../engine/outcome.ts";
import type { Judged } from "../engine/score.ts";
import type { HostState, RunState, StepState } from "../engine/state.ts";
import type { CheckPart } from "../model/check.ts";
import type { Entry } from "../model/event.ts";
import { privacyOf, type Privacy } from "../view/privacy.ts";

/** One run of a check, read from its record. */
export type Checked = {
  readonly state: RunState;
  readonly part: CheckPart;
  readonly privacy: (host: string) => Privacy;
  /** Host → ms that its looks took. */
  readonly ms: ReadonlyMap<string, number>;
};

/** A run that is a part of a check; null for any other. */
export function checkedOf(entries: readonly Entry[]): Checked | null {
  const [first] = entries;
  if (first?.event.type !== "run-started" || first.event.plan.check === undefined) return null;
  const ms = new Map<string, number>();
  const state = replay(entries, ({ event }) => {
    if (event.type === "detected") ms.set(event.host, (ms.get(event.host) ?? 0) + event.ms);
  });
  const { plan } = first.event;
  return state && { state, part: first.event.plan.check, privacy: privacyOf(entries, plan), ms };
}

/** What a step of a check came to on a host: how it counts, with the findings that are waived. Null: it does not concern the host. */
export function judgedOf(host: HostState, step: StepState): (Judged & { readonly waived: number }) | null {
  const { severity } = step.plan;
  const { outcome } = stepVerdict(host, step);
  const waived = step.waived.length;
  switch (outcome) {
    case "found":
      return { severity, findings: seenOf(step).length, waived };
    case "clear":
    case "fixed":
      return { severity, findings: 0, waived };
    case "skipped":
      return waived > 0 ? { severity, findings: 0, waived } : null;
    case "unknown":
    case "failed":
    case "in-doubt":
    case "rolled-back":
    case "waiting":
      return { severity, findings: "unknown", waived: 0 };
  }
}
