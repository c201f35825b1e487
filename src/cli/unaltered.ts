import { isDeepStrictEqual } from "node:util";
import { keyOf, keyText } from "../engine/judge.ts";
import { stepPlan } from "../engine/plan.ts";
import type { RunState } from "../engine/state.ts";
import type { RunPlan, StepPlan } from "../model/plan.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import type { Waiting } from "../view/questions.ts";

/**
 * What is told of a run that came in a file, and that its runbook contradicts; null: nothing. A card is drawn from plan and findings, while
 * its digest covers the runbook and the findings' keys: where these differ, somebody would sign for other than what they see.
 */
export function contradiction(state: RunState, cards: readonly Waiting[], loaded: LoadedRunbook): string | null {
  const { plan } = state;
  if (!isDeepStrictEqual(frameOf(plan), frameFrom(loaded)))
    return "what it says of the run is not what the runbook says";
  for (const { host, step } of cards) {
    const where = `${step.plan.id} on ${host.host}`;
    const told = loaded.runbook.steps.find(({ id }) => id === step.plan.id);
    if (told === undefined) return `the runbook in it has no step ${step.plan.id}`;
    if (!isDeepStrictEqual(comparable(step.plan), comparable(stepPlan(loaded, told, [])))) {
      return `what it says of ${step.plan.id} is not what the runbook says`;
    }
    const key = keyOf(told.detect);
    const wrong = (step.findings ?? []).some((finding) => finding.key !== keyText(key, finding.values));
    if (wrong) return `a finding of ${where} shows other values than those it is known by`;
  }
  return null;
}

/** How it is rolled out is the run's own affair. */
function frameOf({ runbook, applies, facts }: RunPlan): object {
  return { name: runbook.name, title: runbook.title, applies, facts };
}

function frameFrom({ runbook: { name, title, applies, facts } }: LoadedRunbook): object {
  return { name, title, applies: applies !== undefined, facts: Object.keys(facts) };
}

/** Without what the command line chose, and what older records do not say. */
function comparable(plan: StepPlan): object {
  if (plan.fix === null) return plan;
  const { selected: _, keeps: __, ...fix } = plan.fix;
  return { ...plan, fix };
}
