import type { QueuedCard } from "./queue.ts";

/** Which list the arrows move in, and so what the pane shows. */
export type Focus = "approvals" | "hosts";
/** What the pane shows of the host under the cursor. */
export type Tab = (typeof TABS)[number];
/** The tabs from left to right. */
export const TABS = ["card", "script", "output", "history"] as const;
/** The order of the hosts. */
export type Sort = (typeof SORTS)[number];
/** The orders in which a key goes through them. */
export const SORTS = ["trouble", "name", "elapsed"] as const;

/** What the keyboard does at the moment. What was asked about is kept: an answer is for that, whatever the run does meanwhile. */
export type Mode =
  | { readonly kind: "watch" | "help" }
  /** "Stop the run?" */
  | { readonly kind: "quit" }
  /** The card of a half-typed answer went away: what is still being typed is for that one, and no key for another. */
  | { readonly kind: "gone" }
  /** Which hosts to show; `before` is what Esc goes back to while it is typed. */
  | { readonly kind: "filter"; readonly text: string }
  /** The reason of a no is being typed. */
  | { readonly kind: "deny"; readonly text: string; readonly cards: readonly QueuedCard[] }
  /** A high risk needs a typed word: `yes`, or for several hosts their number. */
  | { readonly kind: "confirm"; readonly text: string; readonly cards: readonly QueuedCard[] }
  /** Why nothing more is to be begun on a host. */
  | { readonly kind: "skip"; readonly text: string; readonly host: string }
  | WaiveMode;

/** Which findings of a card are accepted, until when, and why: asked one after the other. */
export type WaiveMode = {
  readonly kind: "waive";
  readonly asks: "which" | "until" | "why";
  readonly text: string;
  readonly card: QueuedCard;
  readonly keys: readonly string[];
  /** ms since the epoch; 0 until it is known. */
  readonly until: number;
};

/** Everything on the screen that is not the run's: what the person did, and where they look. */
export type Ui = {
  readonly mode: Mode;
  /** Null: approvals where cards wait, else hosts. */
  readonly focus: Focus | null;
  /** The host under the cursor; null: the first one. */
  readonly host: string | null;
  /** The entry of the queue under the cursor; null: the first one. */
  readonly entry: string | null;
  /** The group whose cards are shown one by one. */
  readonly opened: string | null;
  /** Whether all cards like the chosen one are shown as a table, whatever their evidence. */
  readonly table: boolean;
  readonly tab: Tab;
  readonly sort: Sort;
  readonly filter: string;
  /** First line of the pane that is shown; null: where it begins, or its end where it grows. */
  readonly scroll: number | null;
  /** Ids of cards whose answer is on its way. */
  readonly sent: ReadonlySet<string>;
  /** Entries of the queue that were left for later, the longest ago first. */
  readonly later: readonly string[];
  /** What the pane shows, and since when each card of it can be answered: ms since the epoch; null: a person brought it there. */
  readonly shown: { readonly id: string | null; readonly since: ReadonlyMap<string, number | null> };
  /** The key for an answer, a pause or a stop that was last pressed and when, whether it counted or not; null after anything was typed. */
  readonly answerKey: { readonly key: string; readonly at: number } | null;
  /** How often Ctrl-C was pressed. */
  readonly interrupts: number;
  /** The person leaves the cards waiting. */
  readonly detached: boolean;
  /** One sentence for the person. */
  readonly note: string | null;
};

/** The screen before anything has happened. */
export const FRESH_UI: Ui = {
  mode: { kind: "watch" },
  focus: null,
  host: null,
  entry: null,
  opened: null,
  table: false,
  tab: "card",
  sort: "trouble",
  filter: "",
  scroll: null,
  sent: new Set(),
  later: [],
  shown: { id: null, since: new Map() },
  answerKey: null,
  interrupts: 0,
  detached: false,
  note: null,
};

/** The screen once answers to some cards are on their way. */
export function withSent(ui: Ui, cards: readonly QueuedCard[]): Ui {
  return { ...ui, sent: new Set([...ui.sent, ...cards.map((card) => card.id)]), entry: null, table: false };
}

/** The same key again sooner than this comes from a key held down, and only the first counts (ms). */
const HELD = 300;

/** Whether a key is held down: it was pressed just now. */
export function isHeld(ui: Ui, key: string, now: number): boolean {
  return ui.answerKey?.key === key && now - ui.answerKey.at < HELD;
}

/** The screen without a question, after the person has answered it or gone back. */
export function toWatch(ui: Ui): Ui {
  return { ...ui, mode: { kind: "watch" }, note: null };
}

/** What can be seen: the pane's name, the cards that may be answered in it, and every card that waits. */
export type Seen = {
  readonly id: string;
  readonly cards: readonly QueuedCard[];
  readonly waiting: readonly QueuedCard[];
};

/**
 * Takes in what is on the screen now, and whether a key or the run brought it there.
 * A card that went away takes a half-typed answer with it.
 */
export function see(before: Ui, seen: Seen, by: "person" | "run", now: number): Ui {
  const ui = stillAsked(before, seen);
  const { shown } = ui;
  const same = shown.id === seen.id && shown.since.size === seen.cards.length;
  if (same && seen.cards.every(({ id }) => shown.since.has(id))) return ui;
  const since = new Map<string, number | null>();
  for (const { id } of seen.cards) {
    const known = shown.since.get(id);
    since.set(id, known === undefined ? (by === "person" ? null : now) : known);
  }
  const moved = shown.id !== seen.id;
  return { ...ui, shown: { id: seen.id, since }, scroll: moved ? null : ui.scroll };
}

function stillAsked(ui: Ui, seen: Seen): Ui {
  const asked = askedAbout(ui.mode);
  if (asked.length === 0) return ui;
  const waiting = new Set(seen.waiting.map((card) => card.id));
  if (asked.every((card) => waiting.has(card.id))) return ui;
  return { ...ui, mode: { kind: "gone" }, note: "the card you were answering has gone; nothing was decided" };
}

function askedAbout(mode: Mode): readonly QueuedCard[] {
  switch (mode.kind) {
    case "watch":
    case "help":
    case "quit":
    case "gone":
    case "filter":
    case "skip":
      return [];
    case "deny":
    case "confirm":
      return mode.cards;
    case "waive":
      return [mode.card];
  }
}
