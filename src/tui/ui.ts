import type { Waiting } from "./queue.ts";

/** What the keyboard does at the moment. */
export type Mode =
  | { readonly kind: "watch" }
  | { readonly kind: "help" }
  /** "Stop the run?" */
  | { readonly kind: "quit" }
  /** The reason of a no is being typed. */
  | { readonly kind: "reason"; readonly text: string }
  /** A high risk needs a typed word: `yes`, or for all hosts their number. */
  | { readonly kind: "confirm"; readonly text: string; readonly expects: string; readonly all: boolean };

/** Everything on the screen that is not the run's: what the person did, and where they look. */
export type Ui = {
  readonly mode: Mode;
  /** First line of the card that is shown. */
  readonly scroll: number;
  /** Ids of cards whose answer is on its way. */
  readonly sent: ReadonlySet<string>;
  /** Places of cards that were answered before: what asks again there has changed. */
  readonly answered: ReadonlySet<string>;
  readonly later: readonly string[];
  /** Steps for which every host's first card is answered with yes for the rest of the run. */
  readonly standing: ReadonlySet<string>;
  /** The card on the screen; `swapped` when the run put it there in place of another one, and when. */
  readonly shown: { readonly id: string | null; readonly swapped: number | null };
  /** The answer key that was last pressed and when, whether it counted or not; null after anything was typed. */
  readonly answerKey: { readonly key: string; readonly at: number } | null;
  /** How often Ctrl-C was pressed. */
  readonly interrupts: number;
  /** One sentence for the person. */
  readonly note: string | null;
};

/** The screen before anything has happened. */
export const FRESH_UI: Ui = {
  mode: { kind: "watch" },
  scroll: 0,
  sent: new Set(),
  answered: new Set(),
  later: [],
  standing: new Set(),
  shown: { id: null, swapped: null },
  answerKey: null,
  interrupts: 0,
  note: null,
};

/** The screen once an answer to `card` is on its way. */
export function withSent(ui: Ui, card: Waiting): Ui {
  return { ...ui, sent: new Set([...ui.sent, card.id]), answered: new Set([...ui.answered, card.place]) };
}

/** Whether a yes to all, given earlier, answers this card. One that asks again is for a person to see. */
export function stands(ui: Ui, card: Waiting): boolean {
  return ui.standing.has(card.step) && !ui.answered.has(card.place);
}

/** Takes in which card is on the screen now, and whether a key or the run brought it there. A card that went away takes a half-typed answer with it. */
export function see(ui: Ui, id: string | null, by: "person" | "run", now: number): Ui {
  if (ui.shown.id === id) return ui;
  const swapped = by === "run" && ui.shown.id !== null && id !== null ? now : null;
  const next = { ...ui, shown: { id, swapped }, scroll: 0 };
  if (by === "person" || (ui.mode.kind !== "reason" && ui.mode.kind !== "confirm")) return next;
  return { ...next, mode: { kind: "watch" }, note: "the card you were answering has gone; nothing was decided" };
}
