import { answer, type Action } from "./answers.ts";
import { moved, scrolled, type Move } from "./moves.ts";
import type { Sight } from "./sight.ts";
import { typing } from "./typing.ts";
import { isHeld, SORTS, TABS, toWatch, type Ui } from "./ui.ts";

/** A key, or text that came at once: `text` typed (fast), `paste` pasted, which never answers anything. */
export type Press = Plain | { readonly kind: "interrupt" };

/** Every key but Ctrl-C. */
export type Plain =
  | Move
  | { readonly kind: "text" | "paste"; readonly text: string }
  | { readonly kind: "left" | "right" | "enter" | "escape" | "backspace" | "tab" };

/** What a key may act on: exactly what is on the screen. */
export type Scene = {
  /** Null: nothing is shown that a key could act on. */
  readonly sight: Sight | null;
  /** Lines of the pane that fit on the screen, and of the list. */
  readonly page: number;
  readonly listPage: number;
  /** The last first line that scrolling can reach, and the one that is shown. */
  readonly last: number;
  readonly top: number;
  /** The pane grows, and its end is where it is read. */
  readonly follows: boolean;
  /** Keys of the findings on the card of one host that is shown. */
  readonly findings: readonly string[];
  readonly stopped: boolean;
  readonly paused: boolean;
  /** ms since the epoch. */
  readonly now: number;
};

/** The screen after a key, and what the run must do. */
export type Pressed = { readonly ui: Ui; readonly action?: Action };

/** What a key does. Pure: the same screen and key give the same answer. */
export function press(ui: Ui, key: Press, scene: Scene): Pressed {
  if (key.kind === "interrupt") return interrupt(ui, scene);
  const { mode } = ui;
  switch (mode.kind) {
    case "watch":
      return watch({ ...ui, note: null }, key, scene);
    case "help":
      return { ui: help(ui, key, scene) };
    case "quit":
      return quit(ui, key, scene.now);
    case "gone":
      return { ui: key.kind === "enter" || key.kind === "escape" ? toWatch(ui) : ui };
    case "filter":
    case "deny":
    case "confirm":
    case "skip":
    case "waive":
      if (key.kind === "enter" && isHeld(ui, AT_ONCE, scene.now)) return { ui };
      return typing({ ...ui, answerKey: null }, mode, key, scene);
  }
}

/** Any key but those that scroll goes back. */
function help(ui: Ui, key: Plain, scene: Scene): Ui {
  const back = key.kind === "text" || key.kind === "escape" || key.kind === "enter";
  return back ? { ...toWatch(ui), scroll: null } : scrolled(ui, key, scene);
}

function interrupt(ui: Ui, scene: Scene): Pressed {
  const next = { ...toWatch(ui), interrupts: ui.interrupts + 1 };
  if (ui.interrupts > 0) return { ui: next, action: { kind: "leave" } };
  return scene.stopped ? { ui: next } : { ui: next, action: { kind: "stop", key: "Ctrl-C" } };
}

function watch(ui: Ui, key: Plain, scene: Scene): Pressed {
  switch (key.kind) {
    case "text":
      return letter(ui, key.text, scene);
    case "paste":
    case "backspace":
      return { ui };
    case "tab":
      return { ui: otherList(ui, scene) };
    case "left":
      return { ui: turned(ui, -1, scene) };
    case "right":
      return { ui: turned(ui, 1, scene) };
    case "enter":
      return { ui: opened(ui, scene) };
    case "escape":
      return { ui: closed(ui) };
    case "up":
    case "down":
    case "page-up":
    case "page-down":
    case "home":
    case "end":
      return { ui: moved(ui, key, scene) };
  }
}

function letter(ui: Ui, text: string, scene: Scene): Pressed {
  // Typed fast, a filter comes with its first letters.
  if (text.startsWith("/")) return { ui: filtering(ui, text.slice(1)) };
  switch (text) {
    case "?":
      return { ui: { ...ui, mode: { kind: "help" }, scroll: null } };
    case "q":
      return scene.stopped ? { ui } : { ui: { ...ui, mode: { kind: "quit" }, answerKey: { key: "q", at: scene.now } } };
    case "p":
      return pause(ui, scene);
    case "o":
      return { ui: { ...ui, focus: "hosts", sort: after(SORTS, ui.sort, 1) } };
    case "t":
      return { ui: tabled(ui, scene) };
    case "j":
      return { ui: scrolled(ui, { kind: "down" }, scene) };
    case "k":
      return { ui: scrolled(ui, { kind: "up" }, scene) };
    case " ":
      return { ui: scrolled(ui, { kind: "page-down" }, scene) };
    case "b":
      return { ui: scrolled(ui, { kind: "page-up" }, scene) };
    case "1":
    case "2":
    case "3":
    case "4":
      return { ui: { ...ui, focus: "hosts", tab: TABS[Number(text) - 1] ?? ui.tab } };
  }
  return text.length > 1 ? question(ui, text, scene) : answer(ui, text, scene);
}

/** Stands for a question that came with the first letters of its answer. */
const AT_ONCE = "at once";

/**
 * Typed fast, or over a slow line, a no comes with its reason: were its first letter dropped, the others would be keys. It needs an Enter of its
 * own, since text that was pasted looks the same where the terminal does not tell.
 */
function question(ui: Ui, text: string, scene: Scene): Pressed {
  const [first = ""] = text;
  if (!["n", "w", "x"].includes(first)) return { ui };
  const asked = answer(ui, first, scene);
  if (!("text" in asked.ui.mode)) return asked;
  const { ui: typed } = typing(asked.ui, asked.ui.mode, { kind: "text", text: text.slice(1) }, scene);
  return { ui: { ...typed, answerKey: { key: AT_ONCE, at: scene.now } } };
}

/** All cards of the family, which is worth a table only where they differ. */
function tabled(ui: Ui, { sight }: Scene): Ui {
  if (ui.table || sight?.focus !== "approvals" || sight.opened !== null) return { ...ui, table: false };
  const family = sight.entries.filter((entry) => entry.family === sight.entry?.family);
  return family.length > 1
    ? { ...ui, table: true }
    : { ...ui, note: "no other card differs from it in its findings only" };
}

function filtering(ui: Ui, typed: string): Ui {
  const text = typed === "" ? ui.filter : typed;
  return { ...ui, focus: "hosts", filter: text, mode: { kind: "filter", text } };
}

function otherList(ui: Ui, { sight }: Scene): Ui {
  if (sight === null) return ui;
  if (sight.focus === "approvals") return { ...ui, focus: "hosts" };
  if (sight.entries.length > 0) return { ...ui, focus: "approvals" };
  return { ...ui, note: "no card waits" };
}

function turned(ui: Ui, by: number, { sight }: Scene): Ui {
  return sight?.focus === "hosts" ? { ...ui, focus: "hosts", tab: after(TABS, ui.tab, by) } : ui;
}

function after<T>(all: readonly T[], one: T, by: number): T {
  return all[(all.indexOf(one) + by + all.length) % all.length] ?? one;
}

/** Enter looks closer: a group is opened, a host's card is shown. */
function opened(ui: Ui, { sight }: Scene): Ui {
  if (sight === null) return ui;
  if (sight.focus === "hosts") return { ...ui, focus: "hosts", tab: "card" };
  if (sight.entry === null || sight.opened !== null || sight.entry.cards.length < 2) return ui;
  return { ...ui, opened: sight.entry.key, entry: null, table: false };
}

/** Escape goes back from what was opened last. */
function closed(ui: Ui): Ui {
  if (ui.table) return { ...ui, table: false };
  if (ui.opened !== null) return { ...ui, opened: null, entry: ui.opened };
  return { ...ui, filter: "" };
}

/** A key held down would pause and go on many times a second. */
function pause(ui: Ui, { stopped, paused, now }: Scene): Pressed {
  if (stopped) return { ui };
  const pressed = { ...ui, answerKey: { key: "p", at: now } };
  return isHeld(ui, "p", now) ? { ui: pressed } : { ui: pressed, action: { kind: paused ? "continue" : "pause" } };
}

function quit(ui: Ui, key: Plain, now: number): Pressed {
  const said = key.kind === "text" ? key.text : key.kind;
  if (said === "q" && isHeld(ui, "q", now)) return { ui: { ...ui, answerKey: { key: "q", at: now } } };
  if (said === "y" || said === "q" || said === "enter") return { ui: toWatch(ui), action: { kind: "stop", key: "q" } };
  if (said === "l") return { ui: { ...toWatch(ui), detached: true }, action: { kind: "detach" } };
  return { ui: key.kind === "text" || key.kind === "escape" ? toWatch(ui) : ui };
}
