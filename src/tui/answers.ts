import type { Decision } from "../model/approval.ts";
import { clean } from "../view/clean.ts";
import { counted } from "../view/words.ts";
import type { Pressed, Scene } from "./keys.ts";
import type { QueuedCard } from "./queue.ts";
import type { Offer, Sight } from "./sight.ts";
import { isHeld, withSent, type Ui } from "./ui.ts";

/** What a key makes the run do; all else stays on the screen. */
export type Action =
  | {
      readonly kind: "decide";
      readonly cards: readonly QueuedCard[];
      readonly verdict: Decision["verdict"];
      readonly reason: string;
    }
  | {
      readonly kind: "waive";
      readonly card: QueuedCard;
      readonly keys: readonly string[];
      /** ms since the epoch. */
      readonly until: number;
      readonly reason: string;
    }
  | { readonly kind: "skip"; readonly host: string; readonly reason: string }
  | { readonly kind: "pause" | "continue" | "detach" }
  | { readonly kind: "leave" }
  | { readonly kind: "stop"; readonly key: "Ctrl-C" | "q" };

/** A card that the run has just brought is not answered this soon: the key was meant for what was there before (ms). */
const SWAPPED = 500;

type AnswerKey = "y" | "d" | "n" | "w" | "x";

/** What a key means for the card or the host that is shown. */
export function answer(ui: Ui, key: string, scene: Scene): Pressed {
  const { sight } = scene;
  if (sight === null) return { ui };
  switch (key) {
    case "s":
      return { ui: putOff(ui, sight) };
    case "x":
      return skip(ui, sight, scene);
    case "y":
    case "d":
    case "n":
    case "w":
      return sight.offer === null
        ? { ui: { ...ui, note: "no card is shown that could be answered" } }
        : onCards(ui, key, sight.offer, scene);
  }
  return { ui };
}

/** The next card first. */
function putOff(ui: Ui, { focus, entry }: Sight): Ui {
  if (focus !== "approvals" || entry === null) return ui;
  return { ...ui, later: [...ui.later.filter((key) => key !== entry.key), entry.key], entry: null, table: false };
}

/** Nothing new on a host: the one of the card, or the one under the cursor. */
function skip(ui: Ui, { focus, host, offer }: Sight, { stopped }: Scene): Pressed {
  if (stopped) return { ui };
  if (focus === "approvals" && offer !== null && offer.all.length > 1) {
    return { ui: { ...ui, note: "hosts are skipped one by one: Enter opens the group" } };
  }
  if (focus === "hosts" && host !== null && (host.skipped !== null || host.steps.every(({ end }) => end !== null))) {
    return { ui: { ...ui, note: `${clean(host.host)} is ${host.skipped === null ? "done" : "skipped already"}` } };
  }
  const name = focus === "approvals" ? offer?.all[0]?.host : host?.host;
  return { ui: name === undefined ? ui : { ...ui, mode: { kind: "skip", text: "", host: name } } };
}

/** An answer counts only for cards that were there long enough to be seen, and once. */
function onCards(ui: Ui, key: Exclude<AnswerKey, "x">, offer: Offer, scene: Scene): Pressed {
  const held = isHeld(ui, key, scene.now);
  const pressed = { ...ui, answerKey: { key, at: scene.now } };
  const say = (note: string): Pressed => ({ ui: { ...pressed, note } });
  if (held) return say("that was one answer, for the card before: look at this one");
  const seen = (cards: readonly QueuedCard[]): readonly QueuedCard[] =>
    cards.filter(({ id }) => wasSeen(ui, id, scene.now));
  const all = seen(offer.all);
  if (all.length === 0) return say("the card has just changed: look at it first");
  switch (key) {
    case "n":
      return { ui: { ...pressed, mode: { kind: "deny", text: "", cards: all } } };
    case "w":
      return waive(pressed, all, scene);
    case "y":
    case "d":
      return approve(pressed, key, { ...offer, all, ready: seen(offer.ready) }, offer.ready.length);
  }
}

function wasSeen(ui: Ui, id: string, now: number): boolean {
  const since = ui.shown.since.get(id);
  return since === null || (since !== undefined && now - since >= SWAPPED);
}

function approve(ui: Ui, key: "y" | "d", offer: Offer, offered: number): Pressed {
  const say = (note: string): Pressed => ({ ui: { ...ui, note } });
  const [first] = offer.all;
  if (first === undefined) return { ui };
  if (first.kind === "manual" && key === "y") return say("a person does this one: press d once it is done");
  if (first.kind !== "manual" && key === "d") return say("d is for what a person does; y runs this fix");
  if (offer.bar !== null) return say(offer.bar.why);
  if (first.kind === "manual" && offer.all.length > 1) {
    return say("what a person does is said host by host: Enter opens the group");
  }
  if (offer.ready.length === 0) return say("the batch has no room for any of them now: Enter opens them one by one");
  if (first.risk === "high") return { ui: { ...ui, mode: { kind: "confirm", text: "", cards: offer.ready } } };
  const late = offered - offer.ready.length;
  const left = late > 0 ? `; ${counted(late, "host")} came just now and is not among them: look first` : "";
  const note = `yes to ${whom(offer.ready)}${left}`;
  return { ui: { ...withSent(ui, offer.ready), note }, action: decided(offer.ready, "approve") };
}

function waive(ui: Ui, cards: readonly QueuedCard[], scene: Scene): Pressed {
  const [card] = cards;
  if (card === undefined || cards.length > 1) {
    return { ui: { ...ui, note: "a waiver is for the findings of one host: Enter opens the group" } };
  }
  const several = scene.findings.length > 1;
  const mode = { kind: "waive", text: "", card, keys: scene.findings, until: 0 } as const;
  return { ui: { ...ui, mode: { ...mode, asks: several ? "which" : "until" } } };
}

/** The same verdict on some cards. */
export function decided(cards: readonly QueuedCard[], verdict: Decision["verdict"], reason = ""): Action {
  return { kind: "decide", cards, verdict, reason };
}

/** The host of one card, or how many there are. */
export function whom(cards: readonly QueuedCard[]): string {
  const [first] = cards;
  return cards.length === 1 ? clean(first?.host ?? "") : counted(cards.length, "host");
}

/** The word that must be typed for a high risk: for several hosts their number. */
export function wordFor(cards: readonly QueuedCard[]): string {
  return cards.length === 1 ? "yes" : String(cards.length);
}
