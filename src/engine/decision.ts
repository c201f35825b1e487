import { deciderOf, nameOf, type Decider, type Decision } from "../model/approval.ts";
import type { Event } from "../model/event.ts";
import type { RunPlan } from "../model/plan.ts";
import { digestOf } from "./digest.ts";
import { waiting } from "./outcome.ts";
import { denialWords, overLimit, permissionFor, type Permission } from "./permission.ts";
import type { RunState, StepState } from "./state.ts";

/** The event that a decision makes, or why it does not count. */
export type Ruled = { readonly event: Event } | { readonly refused: string };

/**
 * Judges a decision by what is asked now. A signature must have been checked before: here only whose it is counts.
 * `now` is in ms since the epoch.
 */
export function ruleOn(state: RunState, decision: Decision, now: number): Ruled {
  const host = state.hosts.get(decision.host);
  const step = host?.steps.find((each) => each.plan.id === decision.step);
  if (host === undefined || step === undefined) {
    return { refused: `${decision.step} on ${decision.host} is not part of this run` };
  }
  if (step.denial !== null) return { refused: `it was denied by ${step.denial.by} before` };
  if (step.approval !== null) return { refused: `it was approved by ${step.approval.by} before` };
  if (step.end !== null) return { refused: `it has ended: ${step.end.outcome}` };
  if (step.elsewhere !== null) return { refused: `it is asked in run ${step.elsewhere.inRun} now: decide there` };
  if (!waiting(step)) return { refused: "nothing is asked about it now" };
  if (step.asked?.digest !== decision.digest || digestOf(state, host, step) !== decision.digest) {
    return { refused: "what is there now is not what was decided on; look at it again" };
  }
  const permission = permissionFor({ plan: state.plan, host: decision.host, step: step.plan, now });
  const decidedAt = decision.decidedAt ?? now;
  if (decidedAt > now + SKEW) return { refused: "it was decided in the future: the clocks differ too much" };
  if (decidedAt + permission.expires * 1000 < now) return { refused: "it was decided too long ago, and has expired" };
  if (isSpent(step, decision))
    return { refused: "this very decision has counted before; it answers one question once" };
  // A no needs no proof: nothing happens because of it.
  if (decision.verdict === "deny") return denial(decision);
  if (permission.signed && decision.signature === undefined) {
    return { refused: "it needs a signature (`runbook approve --sign`)" };
  }
  const objection = permission.approve === "deny" ? denialWords(permission) : overLimit(state, host.host, permission);
  return objection === null ? approval(state, step, decision, permission, now) : { refused: objection };
}

/** A signed file can be brought twice, and what it approved may have come back meanwhile. */
function isSpent({ answers }: StepState, decision: Decision): boolean {
  const { decidedAt } = decision;
  if (decidedAt === undefined) return false;
  return answers.some((answer) => answer.decidedAt === decidedAt && nameOf(answer) === nameOf(decision));
}

/** Clocks of two machines may differ by this much, in ms. */
const SKEW = 5 * 60_000;

function denial(decision: Decision): Ruled {
  return { event: { type: "denied", ...subject(decision), reason: decision.reason ?? "" } };
}

function approval(state: RunState, step: StepState, decision: Decision, permission: Permission, now: number): Ruled {
  if (permission.notRequester && isRequester(state.plan, decision)) {
    return { refused: `${state.plan.by} started the run, and the policy wants somebody else` };
  }
  const earlier = votesThatCount(state.plan, step, permission, now);
  if (earlier.some((vote) => samePerson(vote, decision))) {
    return { refused: `${nameOf(decision)} has approved it already; it needs somebody else` };
  }
  const reason = decision.reason === undefined ? {} : { reason: decision.reason };
  const enough = earlier.length + 1 >= permission.approvers;
  return { event: { type: enough ? "approved" : "endorsed", ...subject(decision), ...reason } };
}

function subject(decision: Decision): { host: string; step: string; digest: string } & Decider {
  const { host, step, digest } = decision;
  return { host, step, digest, ...deciderOf(decision) };
}

/** The yeses of different people to what is asked that the policy takes and that have not expired. `now` in ms since the epoch. */
export function votesThatCount(
  plan: Pick<RunPlan, "by">,
  step: StepState,
  permission: Permission,
  now: number,
): StepState["votes"] {
  const fresh = step.votes.filter((vote) => vote.at + permission.expires * 1000 >= now);
  return accepted(plan, fresh, step.asked?.digest, permission);
}

/**
 * Why the yeses that made an approval would not do by what the policy wants now, since another hour has begun; null: they do.
 * Whether they have expired is another question.
 */
export function lackOf(plan: Pick<RunPlan, "by">, step: StepState, permission: Permission): string | null {
  if (step.approval === null) return null;
  const enough = accepted(plan, step.votes, step.approval.digest, permission).length >= permission.approvers;
  return enough ? null : "the policy wants more for its approval now";
}

function accepted(
  plan: Pick<RunPlan, "by">,
  votes: StepState["votes"],
  digest: string | undefined,
  { signed, notRequester }: Permission,
): StepState["votes"] {
  const valid = votes.filter(
    (vote) =>
      vote.digest === digest && !(signed && vote.signature === undefined) && !(notRequester && isRequester(plan, vote)),
  );
  return valid.filter((vote, at) => !valid.slice(0, at).some((before) => samePerson(before, vote)));
}

/** Signers are told apart by their key and their name; others by the name alone. */
function samePerson(one: Decider, other: Decider): boolean {
  if (one.signature === undefined || other.signature === undefined) return one.by === other.by;
  return one.signature.key === other.signature.key || one.signature.principal === other.signature.principal;
}

/** The requester by their OS user, or by a signature whose principal is that name (`alice`, or `alice@…`), in whatever case. */
function isRequester(plan: Pick<RunPlan, "by">, decider: Decider): boolean {
  const signer = decider.signature?.principal ?? "";
  return [decider.by, signer, signer.split("@")[0]].some((name) => name?.toLowerCase() === plan.by.toLowerCase());
}
