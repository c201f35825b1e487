import type { Action } from "../../src/tui/answers.ts";
import { press, type Press, type Scene } from "../../src/tui/keys.ts";
import type { Entry, QueuedCard } from "../../src/tui/queue.ts";
import type { Offer, Sight } from "../../src/tui/sight.ts";
import { FRESH_UI, see, type Ui } from "../../src/tui/ui.ts";

/** When keys are pressed, unless told otherwise. */
export const NOW = Date.UTC(2026, 10, 3, 14, 5, 0);

/** A card that waits on a host. */
export function card(host = "web1", more: Partial<QueuedCard> = {}): QueuedCard {
  const digest = `digest of ${host}`;
  return { id: `c-${host}`, host, step: "s", digest, risk: "medium", kind: "run", at: 1, placed: false, ...more };
}

/** Cards as an entry of the queue. */
export const entryOf = (cards: readonly QueuedCard[]): Entry => ({ key: cards[0]?.id ?? "", cards, family: "f" });

/** What is seen when these cards are shown together, of which the first `ready` may be approved. */
export function sightOf(
  cards: readonly QueuedCard[],
  more: Partial<Sight> & { ready?: number; bar?: Offer["bar"] } = {},
): Sight {
  const { ready = cards.length, bar = null, ...rest } = more;
  const offer: Offer | null = cards.length === 0 ? null : { all: cards, ready: cards.slice(0, ready), bar };
  const entry = cards.length === 0 ? null : entryOf(cards);
  return {
    focus: "approvals",
    roster: { rows: [], tally: { hosts: 1, phases: new Map(), looked: 0, done: 0, batch: 0 } },
    host: null,
    entries: entry === null ? [] : [entry],
    opened: null,
    entry,
    table: false,
    offer,
    pane: "p",
    ...rest,
  };
}

/** What a key may act on, unless told otherwise: one card. */
export const SCENE: Scene = {
  sight: sightOf([card()]),
  page: 10,
  listPage: 5,
  last: 25,
  top: 0,
  follows: false,
  findings: ["k1"],
  stopped: false,
  paused: false,
  now: NOW,
};

/** A screen on which a scene's cards have been for long. */
export function watching(scene: Partial<Scene> = {}): Ui {
  const cards = (scene.sight ?? SCENE.sight)?.offer?.all ?? [];
  return see(FRESH_UI, { id: "p", cards, waiting: cards }, "person", 0);
}

/** Presses keys one after the other, a second apart unless told otherwise, and collects what the run must do. */
export function type(
  keys: readonly (string | Press)[],
  scene: Partial<Scene> = {},
  before: Ui = watching(scene),
  apart = 1000,
) {
  const actions: Action[] = [];
  let ui = before;
  let now = scene.now ?? NOW;
  for (const key of keys) {
    const at = { ...SCENE, ...scene, top: ui.scroll ?? 0, now };
    const result = press(ui, typeof key === "string" ? { kind: "text", text: key } : key, at);
    ui = result.ui;
    if (result.action !== undefined) actions.push(result.action);
    now += apart;
  }
  return { ui, actions };
}

/** Keys without a letter. */
export const ENTER: Press = { kind: "enter" };
export const ESCAPE: Press = { kind: "escape" };
export const CTRL_C: Press = { kind: "interrupt" };
/** What the run must do after a yes, or a no with its reason. */
export const yes = (...cards: QueuedCard[]): Action => ({ kind: "decide", cards, verdict: "approve", reason: "" });
export const no = (reason: string, ...cards: QueuedCard[]): Action => ({
  kind: "decide",
  cards,
  verdict: "deny",
  reason,
});
