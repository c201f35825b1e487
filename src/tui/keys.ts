import type { Decision } from "../model/approval.ts";
import type { Waiting } from "./queue.ts";
import { withSent, type Mode, type Ui } from "./ui.ts";

/** A key, or text that came at once: `text` typed (fast), `paste` pasted, which never answers anything. */
export type Press = Plain | { readonly kind: "interrupt" };

type Plain =
  | { readonly kind: "text" | "paste"; readonly text: string }
  | { readonly kind: "up" | "down" | "page-up" | "page-down" | "home" | "end" }
  | { readonly kind: "enter" | "escape" | "backspace" };

/** What a key may act on: exactly what is on the screen. */
export type Scene = {
  readonly card: Waiting | null;
  /** The most hosts that a yes to all like this card would cover. */
  readonly reach: number;
  /** Lines of the card that fit on the screen. */
  readonly page: number;
  /** The last first line that scrolling can reach. */
  readonly last: number;
  readonly stopped: boolean;
  /** ms since the epoch. */
  readonly now: number;
};

/** What a key makes the run do; all else stays on the screen. */
export type Action =
  | { readonly kind: "decide"; readonly decision: Omit<Decision, "by"> }
  | { readonly kind: "stop"; readonly key: "Ctrl-C" | "q" }
  | { readonly kind: "leave" };

/** The screen after a key, and what the run must do. */
export type Pressed = { readonly ui: Ui; readonly action?: Action };

/** The same answer key again sooner than this comes from a key held down, and only the first counts (ms). */
const HELD = 300;
/** A card that the run has just put in another one's place is not answered this soon: the key was meant for the other (ms). */
const SWAPPED = 500;
const LONGEST_REASON = 200;

/** What a key does. Pure: the same screen and key give the same answer. */
export function press(ui: Ui, key: Press, scene: Scene): Pressed {
  if (key.kind === "interrupt") return interrupt(ui, scene);
  const { mode } = ui;
  switch (mode.kind) {
    case "watch":
      return watch({ ...ui, note: null }, key, scene);
    case "help":
      return { ui: key.kind === "text" || key.kind === "escape" || key.kind === "enter" ? toWatch(ui) : ui };
    case "quit":
      return quit(ui, key);
    case "reason":
    case "confirm":
      return typing({ ...ui, answerKey: null }, mode, key, scene);
  }
}

function interrupt(ui: Ui, scene: Scene): Pressed {
  const next = { ...toWatch(ui), interrupts: ui.interrupts + 1 };
  if (ui.interrupts > 0) return { ui: next, action: { kind: "leave" } };
  return scene.stopped ? { ui: next } : { ui: next, action: { kind: "stop", key: "Ctrl-C" } };
}

function watch(ui: Ui, key: Plain, scene: Scene): Pressed {
  if (key.kind !== "text") return { ui: { ...ui, scroll: scrolled(ui.scroll, key, scene) } };
  if (key.text === "?") return { ui: { ...ui, mode: { kind: "help" } } };
  if (key.text === "q") return scene.stopped ? { ui } : { ui: { ...ui, mode: { kind: "quit" } } };
  if (scene.card === null) return { ui };
  switch (key.text) {
    case "y":
    case "d":
    case "a":
    case "n":
      return answer(ui, key.text, scene.card, scene);
    case "s":
      return { ui: { ...ui, later: [...ui.later.filter((id) => id !== scene.card?.id), scene.card.id] } };
  }
  return { ui };
}

function answer(ui: Ui, key: "y" | "d" | "a" | "n", card: Waiting, scene: Scene): Pressed {
  const held = ui.answerKey?.key === key && scene.now - ui.answerKey.at < HELD;
  const pressed = { ...ui, answerKey: { key, at: scene.now } };
  if (held) return { ui: { ...pressed, note: "that was one answer, for the card before: look at this one" } };
  if (ui.shown.swapped !== null && scene.now - ui.shown.swapped < SWAPPED) {
    return { ui: { ...pressed, note: "the card has just changed: look at it first" } };
  }
  if (key === "n") return { ui: { ...pressed, mode: { kind: "reason", text: "" } } };
  if (card.kind === "manual" && key !== "d") {
    const note =
      key === "y" ? "a person does this one: press d once it is done" : "what a person does is said host by host";
    return { ui: { ...pressed, note } };
  }
  if (card.kind === "run" && key === "d")
    return { ui: { ...pressed, note: "d is for what a person does; y runs this fix" } };
  const all = key === "a";
  if (card.risk === "high") {
    const expects = all ? String(scene.reach) : "yes";
    return { ui: { ...pressed, mode: { kind: "confirm", text: "", expects, all } } };
  }
  return all ? { ui: approveAll(pressed, card) } : decide(pressed, card, "approve");
}

function typing(ui: Ui, mode: Extract<Mode, { text: string }>, key: Plain, scene: Scene): Pressed {
  const { card } = scene;
  switch (key.kind) {
    case "escape":
      return { ui: toWatch(ui) };
    case "backspace":
      return { ui: { ...ui, mode: { ...mode, text: mode.text.replace(/.$/u, "") } } };
    case "text":
    case "paste": {
      const text = (mode.text + key.text.replaceAll(/\p{Cc}/gu, "")).slice(0, LONGEST_REASON);
      return { ui: { ...ui, mode: { ...mode, text } } };
    }
    case "enter":
      if (card === null) return { ui: toWatch(ui) };
      if (mode.kind === "reason") return decide(toWatch(ui), card, "deny", mode.text.trim());
      return confirm(ui, mode, card);
    case "up":
    case "down":
    case "page-up":
    case "page-down":
    case "home":
    case "end":
      return { ui: { ...ui, scroll: scrolled(ui.scroll, key, scene) } };
  }
}

function confirm(ui: Ui, mode: Extract<Mode, { kind: "confirm" }>, card: Waiting): Pressed {
  if (mode.text.trim() !== mode.expects) {
    return { ui: { ...toWatch(ui), note: `that was not ${mode.expects}; nothing was decided` } };
  }
  return mode.all ? { ui: approveAll(toWatch(ui), card) } : decide(toWatch(ui), card, "approve");
}

function quit(ui: Ui, key: Plain): Pressed {
  if (key.kind === "enter" || (key.kind === "text" && (key.text === "y" || key.text === "q"))) {
    return { ui: toWatch(ui), action: { kind: "stop", key: "q" } };
  }
  return { ui: key.kind === "text" || key.kind === "escape" ? toWatch(ui) : ui };
}

function decide(ui: Ui, card: Waiting, verdict: Decision["verdict"], reason = ""): Pressed {
  const { host, step, digest } = card;
  const decision = { host, step, digest, verdict, ...(reason === "" ? {} : { reason }) };
  return { ui: withSent(ui, card), action: { kind: "decide", decision } };
}

function approveAll(ui: Ui, card: Waiting): Ui {
  return { ...ui, standing: new Set([...ui.standing, card.step]) };
}

function toWatch(ui: Ui): Ui {
  return { ...ui, mode: { kind: "watch" }, note: null };
}

function scrolled(from: number, key: Press, scene: Scene): number {
  const by = { up: -1, down: 1, "page-up": -scene.page, "page-down": scene.page, home: -Infinity, end: Infinity };
  const change = key.kind in by ? by[key.kind as keyof typeof by] : 0;
  return Math.min(scene.last, Math.max(0, from + change));
}
