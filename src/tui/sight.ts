import { waiting } from "../engine/outcome.ts";
import type { HostState, RunState } from "../engine/state.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { barOf, type Bar } from "./permits.ts";
import { entriesOf, queuedCards, withinBatch, type Entry, type QueuedCard } from "./queue.ts";
import { rosterOf, type Roster } from "./roster.ts";
import type { Focus, Seen, Ui } from "./ui.ts";

/** What a person looks at: worked out before anything is drawn, so that a key acts on nothing else. */
export type Sight = {
  readonly focus: Focus;
  readonly roster: Roster;
  /** The host under the cursor. */
  readonly host: HostState | null;
  readonly entries: readonly Entry[];
  /** The group whose cards the entries are; null: they are the queue. */
  readonly opened: Entry | null;
  /** The entry under the cursor. */
  readonly entry: Entry | null;
  /** Whether the pane shows all cards of the entry's family as a table. */
  readonly table: boolean;
  /** What an answer is for; null: nothing that could be answered is shown. */
  readonly offer: Offer | null;
  /** The pane's name: another one means that the pane shows something else. */
  readonly pane: string;
};

/** Cards that are shown together, and what may become of them. */
export type Offer = {
  /** All that are shown: a no is for them. */
  readonly all: readonly QueuedCard[];
  /** Those that a yes is for: as many as the batch has room for. */
  readonly ready: readonly QueuedCard[];
  /** Why nobody can approve them on this screen; null: somebody can. */
  readonly bar: Bar | null;
};

/** What a sight is made of. */
export type Look = {
  readonly state: RunState;
  readonly ui: Ui;
  readonly loaded: LoadedRunbook;
  /** Who sits at the keyboard. */
  readonly by: string;
  readonly now: number;
};

/** What the person looks at. */
export function sightOf(look: Look): Sight {
  const known = sights.get(look.state);
  if (known?.ui === look.ui && known.minute === Math.floor(look.now / MINUTE)) return known.sight;
  const sight = compute(look);
  sights.set(look.state, { ui: look.ui, minute: Math.floor(look.now / MINUTE), sight });
  return sight;
}

/** A policy may say something else at another hour, and nothing else hangs on the time. */
const MINUTE = 60_000;
const sights = new WeakMap<RunState, { ui: Ui; minute: number; sight: Sight }>();

function compute({ state, ui, loaded, by, now }: Look): Sight {
  const roster = rosterOf(state, ui);
  const { entries, opened } = entriesOf(state, ui, loaded, now);
  const focus = ui.focus === "hosts" || entries.length === 0 ? "hosts" : "approvals";
  const entry = entries.find(({ key }) => key === ui.entry) ?? entries[0] ?? null;
  const row = roster.rows.find(({ host }) => host.host === ui.host) ?? roster.rows[0];
  const host = row?.host ?? null;
  const table = focus === "approvals" && ui.table && entry !== null && opened === null;
  const all = focus === "approvals" ? shownOf(entries, entry, table) : cardOfHost(state, host, ui);
  const offer =
    all.length === 0 ? null : { all, ready: withinBatch(state, all, ui.sent), bar: barOf(state, all, by, now) };
  const pane = JSON.stringify(
    focus === "approvals" ? [focus, table, entry?.key] : [focus, ui.tab, host?.host, all[0]?.id],
  );
  return { focus, roster, host, entries, opened, entry, table, offer, pane };
}

/** The chosen entry's cards; in a table, those of all that differ from it only in their evidence. */
function shownOf(entries: readonly Entry[], entry: Entry | null, table: boolean): readonly QueuedCard[] {
  if (entry === null) return [];
  if (!table) return entry.cards;
  const family = entries.filter((one) => one.family === entry.family);
  return family.flatMap((one) => one.cards).toSorted((a, b) => a.at - b.at);
}

/** The card of the host under the cursor, where the pane shows it. */
function cardOfHost(state: RunState, host: HostState | null, ui: Ui): readonly QueuedCard[] {
  if (host === null || ui.tab !== "card" || state.stop !== null || state.ended !== null) return [];
  const step = host.steps.find(waiting);
  const card = queuedCards(state).find((one) => one.host === host.host && one.step === step?.plan.id);
  return card === undefined || ui.sent.has(card.id) ? [] : [card];
}

/** What must be known of a sight to tell whether it has changed. */
export function seenIn(state: RunState, sight: Sight): Seen {
  return { id: sight.pane, cards: sight.offer?.all ?? [], waiting: queuedCards(state) };
}
