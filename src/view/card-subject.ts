import type { HostState, RunState, StepState } from "../engine/state.ts";
import type { StepPlan } from "../model/plan.ts";
import type { LoadedRunbook, Step } from "../model/runbook.ts";
import { foldHosts } from "./hosts.ts";
import { clean } from "./clean.ts";

/** A step on one of the hosts that a card is for. */
export type Member = { readonly host: HostState; readonly step: StepState };

/** What a card is made of: one step on one host or on several, at a time in ms since the epoch. */
export type Subject = {
  readonly state: RunState;
  readonly loaded: LoadedRunbook;
  readonly step: Step;
  readonly plan: StepPlan;
  readonly first: Member;
  /** The first one too. */
  readonly members: readonly Member[];
  readonly now: number;
};

/** What is said of each host, cleaned: once where it is the same of all, else with the hosts that it is said of. */
export function spread({ members }: Subject, say: (member: Member) => string): string {
  const said = Map.groupBy(members, say);
  if (said.size === 1) return [...said.keys()].join("");
  const parts = [...said].filter(([words]) => words !== "");
  return parts.map(([words, some]) => `${namesOf(some)}: ${words}`).join("; ");
}

/** The names of members in few words, cleaned. */
export function namesOf(members: readonly Member[]): string {
  return clean(
    foldHosts(
      members.map(({ host }) => host.host),
      3,
    ),
  );
}
