import { waiting } from "../engine/outcome.ts";
import { openPlaces } from "../engine/rollout.ts";
import type { HostState, RunState } from "../engine/state.ts";
import type { Risk } from "../model/approval.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import type { FixKind } from "../model/fix.ts";
import { likenessOf } from "./likeness.ts";
import { permitWords } from "./permits.ts";

/** A card that a person has not answered. */
export type QueuedCard = {
  /** Another one each time the engine asks. */
  readonly id: string;
  readonly host: string;
  readonly step: string;
  readonly digest: string;
  readonly risk: Risk;
  readonly kind: FixKind;
  /** When it was asked, ms since the epoch. */
  readonly at: number;
  /** Its host has its place in a batch already. */
  readonly placed: boolean;
};

/** Cards that are identical apart from the host, in the order in which they were asked; one card alone is an entry too. */
export type Entry = {
  readonly key: string;
  readonly cards: readonly QueuedCard[];
  /** The same for entries that differ only in their evidence. */
  readonly family: string;
};

/** What a person has already done with some cards. */
export type Handled = {
  /** Ids of cards whose answer is on its way. */
  readonly sent: ReadonlySet<string>;
  /** Keys of entries left for later, the longest ago first. */
  readonly later: readonly string[];
  /** The entry whose cards are entries of their own; null: none. */
  readonly opened: string | null;
};

/** The cards to decide on, in the order in which they were asked. None once the run stops: no answer would count. */
export function queuedCards(state: RunState): readonly QueuedCard[] {
  const known = queues.get(state);
  if (known !== undefined) return known;
  const open = state.stop === null && state.ended === null;
  const cards = open ? [...state.hosts.values()].flatMap(cardsOf).toSorted((a, b) => a.at - b.at) : [];
  queues.set(state, cards);
  return cards;
}

const queues = new WeakMap<RunState, readonly QueuedCard[]>();
const NONE: readonly QueuedCard[] = [];
const byHost = new WeakMap<HostState, readonly QueuedCard[]>();

function cardsOf(host: HostState): readonly QueuedCard[] {
  if (!host.steps.some(waiting)) return NONE;
  const known = byHost.get(host);
  if (known !== undefined) return known;
  const cards = host.steps.filter(waiting).flatMap((step): QueuedCard[] => {
    const { asked } = step;
    const { id, fix } = step.plan;
    if (asked === null || fix === null) return [];
    const card = { host: host.host, step: id, digest: asked.digest, at: asked.at };
    const name = JSON.stringify(Object.values(card));
    return [{ ...card, id: name, risk: fix.risk, kind: fix.kind, placed: host.batch !== null }];
  });
  byHost.set(host, cards);
  return cards;
}

/** The queue: cards that say the same in one entry, those left for later at the end; or the cards of the opened entry, one by one. */
export function entriesOf(
  state: RunState,
  handled: Handled,
  loaded: LoadedRunbook,
  now: number,
): { readonly entries: readonly Entry[]; readonly opened: Entry | null } {
  const groups = new Map<string, { key: string; family: string; cards: QueuedCard[] }>();
  for (const card of queuedCards(state)) {
    if (handled.sent.has(card.id)) continue;
    const { key, family } = keysOf(state, card, loaded, now);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { key, family, cards: [card] });
    else group.cards.push(card);
  }
  const opened = handled.opened === null ? undefined : groups.get(handled.opened);
  if (opened === undefined) return { entries: laterLast([...groups.values()], handled.later), opened: null };
  const singles = opened.cards.map((card): Entry => ({ key: card.id, family: opened.family, cards: [card] }));
  return { entries: laterLast(singles, handled.later), opened };
}

function keysOf(
  state: RunState,
  card: QueuedCard,
  loaded: LoadedRunbook,
  now: number,
): { key: string; family: string } {
  const host = state.hosts.get(card.host);
  const step = host?.steps.find((one) => one.plan.id === card.step);
  if (host === undefined || step === undefined) return { key: card.id, family: card.id };
  const { family, alike } = likenessOf(state, host, step, loaded);
  const permit = permitWords(state, card.host, step, now);
  return { key: `${alike}${permit}`, family: `${family}${permit}` };
}

function laterLast(entries: readonly Entry[], later: readonly string[]): readonly Entry[] {
  if (later.length === 0) return entries;
  const put = new Map(later.map((key, place) => [key, place]));
  return entries.toSorted((a, b) => (put.get(a.key) ?? -1) - (put.get(b.key) ?? -1));
}

/**
 * Those of some cards that may be approved together: as many as the batch that is open has room for, whatever was answered and is not
 * yet on record counted in. One card alone may always be approved: it waits for its batch.
 */
export function withinBatch(
  state: RunState,
  cards: readonly QueuedCard[],
  sent: ReadonlySet<string>,
): readonly QueuedCard[] {
  if (cards.length < 2) return cards;
  const pending = queuedCards(state).filter((card) => !card.placed && sent.has(card.id));
  let places = openPlaces(state) - new Set(pending.map((card) => card.host)).size;
  const taken = new Set<string>();
  return cards.filter((card) => {
    if (card.placed || taken.has(card.host)) return true;
    if (places < 1) return false;
    places -= 1;
    taken.add(card.host);
    return true;
  });
}
