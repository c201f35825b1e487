import { waiting } from "../engine/outcome.ts";
import type { RunState } from "../engine/state.ts";
import type { Risk } from "../model/approval.ts";

/** A card that a person has not answered. */
export type Waiting = {
  /** Another one each time the engine asks. */
  readonly id: string;
  /** The same for every card of one step on one host. */
  readonly place: string;
  readonly host: string;
  readonly step: string;
  readonly digest: string;
  readonly risk: Risk;
  readonly kind: "run" | "manual";
  /** When it was asked, ms since the epoch. */
  readonly at: number;
};

/** What a person has already done with some cards. */
export type Handled = {
  /** Ids of cards whose answer is on its way. */
  readonly sent: ReadonlySet<string>;
  /** Ids of cards left for later, the longest ago first. */
  readonly later: readonly string[];
};

/** The cards to decide on, in the order in which they were asked, those left for later at the end. None once the run stops: no answer would count. */
export function waitingCards(state: RunState, handled: Handled): readonly Waiting[] {
  if (state.stop !== null || state.ended !== null) return [];
  const cards = [...state.hosts.keys()]
    .flatMap((host) => cardsOf(state, host))
    .filter((card) => !handled.sent.has(card.id))
    .toSorted((a, b) => a.at - b.at);
  const put = (card: Waiting): number => handled.later.indexOf(card.id);
  return cards.toSorted((a, b) => put(a) - put(b));
}

/** How many hosts an answer to all would cover at the most: those that wait with this step, and those that still may. */
export function reach(state: RunState, step: string): number {
  let hosts = 0;
  for (const host of state.hosts.values()) {
    if (host.unreachable !== null || host.undetermined !== null || host.notConcerned !== null) continue;
    const open = host.steps.find((one) => one.plan.id === step);
    if (open !== undefined && open.end === null && open.approval === null && open.denial === null) hosts += 1;
  }
  return hosts;
}

function cardsOf(state: RunState, name: string): Waiting[] {
  const host = state.hosts.get(name);
  if (host === undefined) return [];
  return host.steps.filter(waiting).flatMap((step): Waiting[] => {
    const { asked } = step;
    const { id, fix } = step.plan;
    if (asked === null || fix === null) return [];
    const card = { host: name, step: id, digest: asked.digest, at: asked.at };
    return [
      {
        ...card,
        id: JSON.stringify(Object.values(card)),
        place: JSON.stringify([name, id]),
        risk: fix.risk,
        kind: fix.kind,
      },
    ];
  });
}
