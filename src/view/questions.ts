import { votesThatCount } from "../engine/decision.ts";
import { waiting } from "../engine/outcome.ts";
import { permissionFor, type Permission } from "../engine/permission.ts";
import type { HostState, RunState, StepState } from "../engine/state.ts";
import type { StepPlan } from "../model/plan.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { cardKind } from "./card-kind.ts";

/** A card that waits for a person. */
export type Waiting = {
  readonly host: HostState;
  readonly step: StepState;
  readonly digest: string;
  /** Since when, ms since the epoch. */
  readonly since: number;
};

/** Cards of one kind that wait: one question, whose answer may be the same for all of them. */
export type Question = { readonly step: StepPlan; readonly members: readonly [Waiting, ...Waiting[]] };

/** Every card of a run that waits, by host and step as the plan has them. */
export function waitingCards(state: RunState): readonly Waiting[] {
  return [...state.hosts.values()].flatMap((host) =>
    host.steps.flatMap((step) =>
      waiting(step) && step.asked !== null ? [{ host, step, digest: step.asked.digest, since: step.asked.at }] : [],
    ),
  );
}

/** The cards as questions, each in the place of its first card. Without the runbook nobody can tell which are of one kind. */
export function questionsOf(
  state: RunState,
  cards: readonly Waiting[],
  loaded: LoadedRunbook | null,
): readonly Question[] {
  const groups = new Map<string, [Waiting, ...Waiting[]]>();
  for (const card of cards) {
    const kind = loaded === null ? card.digest : cardKind(state, card.host, card.step, loaded);
    const group = groups.get(kind);
    if (group === undefined) groups.set(kind, [card]);
    else group.push(card);
  }
  return [...groups.values()].map((members) => ({ step: members[0].step.plan, members }));
}

/** What the policy wants of a card now, and whose yes it has. `now` is in ms since the epoch. */
export function wantedOf(
  state: RunState,
  { host, step }: Waiting,
  now: number,
): { readonly permission: Permission; readonly given: StepState["votes"]; readonly missing: number } {
  const permission = permissionFor({ plan: state.plan, host: host.host, step: step.plan, now });
  const given = votesThatCount(state.plan, step, permission, now);
  return { permission, given, missing: Math.max(0, permission.approvers - given.length) };
}
