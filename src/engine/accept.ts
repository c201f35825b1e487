import type { Accepted, StepPlan } from "../model/plan.ts";
import type { Fault } from "../model/fault.ts";
import { adrift, armed, fixing } from "./outcome.ts";
import { setAdrift } from "./evolve-step.ts";
import type { HostState, RunState, StepState } from "./state.ts";

/** The run with what a person accepted: what has not begun is looked at anew where it is another thing now, and what was approved is asked again. */
export function accept(state: RunState, { plan, moved, gone }: Accepted): RunState {
  const another = plan.runbook.digest !== state.plan.runbook.digest;
  const hosts = [...state.hosts].map(([name, host]): [string, HostState] => {
    const now = gone.includes(name) ? leftAlone(host) : { ...host, gone: false };
    return [name, another || moved.includes(name) ? anew(now, plan, state.seq) : now];
  });
  return { ...state, plan: { ...state.plan, ...plan }, hosts: new Map(hosts) };
}

/** Nobody can answer for it any more. */
function leftAlone(host: HostState): HostState {
  return { ...host, gone: true, steps: host.steps.map((step) => ({ ...step, asked: null })) };
}

function anew(host: HostState, { steps, applies, facts }: Accepted["plan"], seq: number): HostState {
  const changed = host.steps.map((step) => stepAnew(step, steps, seq));
  // A fix that has begun comes to its end with the facts that it began with; so does what has ended, which peers go by.
  if (host.steps.some(begun) || host.steps.every(({ end }) => end !== null)) return { ...host, steps: changed };
  const concerned = applies ? (host.notConcerned === null ? null : host.concerned) : true;
  const known = facts.length > 0 ? host.facts : {};
  return { ...host, concerned, facts: known, factsStale: facts.length > 0 && known !== null, steps: changed };
}

/** What has ended stays as it was, and so does what has begun. */
function stepAnew(step: StepState, plans: readonly StepPlan[], seq: number): StepState {
  if (step.end !== null || begun(step)) return step;
  const unanswered = step.approval === null;
  const plan = plans.find(({ id }) => id === step.plan.id) ?? step.plan;
  return {
    ...step,
    plan,
    concerned: plan.applies ? null : true,
    findings: null,
    earlier: [],
    early: [],
    waived: [],
    looks: 0,
    restarts: 0,
    preview: null,
    deferred: null,
    elsewhere: null,
    ...(unanswered ? { asked: null, votes: [] } : {}),
    anewSeq: seq,
  };
}

function begun(step: StepState): boolean {
  return step.end === null && (step.fixes.length > 0 || step.verdict !== null);
}

/** Why changes cannot be accepted in a run as it is left; null: they can. */
export function acceptRefusal(state: RunState, accepted: Accepted): Fault | null {
  const ids = state.plan.steps.map(({ id }) => id);
  const now = accepted.plan.steps.map(({ id }) => id);
  if (JSON.stringify(ids) !== JSON.stringify(now)) {
    const message = `the runbook has other steps than the run: ${now.join(", ")}, not ${ids.join(", ")}`;
    return { kind: "usage", message, hint: "that is another run: begin it anew, or put the steps back" };
  }
  for (const host of state.hosts.values()) {
    const under = host.steps.filter(underway);
    const touched = under.find(({ plan }) => accepted.touched.includes(plan.id));
    const step = touched ?? (accepted.bound.includes(host.host) ? under[0] : undefined);
    if (step === undefined) continue;
    const what = touched === undefined ? "what the inventory says of the host" : "the step";
    const message = `a fix of ${step.plan.id} on ${host.host} has begun and not come to its end, and ${what} has changed`;
    const hint =
      "it can only be followed as it was begun: put that back, resume the run until the fix has ended, then accept the change";
    return { kind: "usage", message, hint };
  }
  return null;
}

/** A fix of it has begun, and has not come to an end that is known. */
function underway(step: StepState): boolean {
  if (fixing(step)) return true;
  const again = setAdrift(step);
  return step.end?.open === true && (adrift(again) !== null || armed(again));
}
