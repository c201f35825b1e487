import { LONGEST_WAIVER } from "../model/approval.ts";
import { clean } from "../view/clean.ts";
import { counted } from "../view/words.ts";
import { decided, whom, wordFor } from "./answers.ts";
import type { Plain, Pressed, Scene } from "./keys.ts";
import { scrolled } from "./moves.ts";
import { toWatch, withSent, type Mode, type Ui, type WaiveMode } from "./ui.ts";
import { readUntil, untilWords } from "./until.ts";

type Typed = Extract<Mode, { text: string }>;

const LONGEST = 200;

/** What a key does while something is typed: it goes on, is given up with Esc, or is meant with Enter. */
export function typing(ui: Ui, mode: Typed, key: Plain, scene: Scene): Pressed {
  switch (key.kind) {
    case "escape":
      return { ui: mode.kind === "filter" ? { ...toWatch(ui), filter: "" } : toWatch(ui) };
    case "backspace":
      return { ui: written(ui, mode, mode.text.replace(/.$/su, "")) };
    case "text":
    case "paste":
      return { ui: written(ui, mode, (mode.text + key.text.replaceAll(/\p{Cc}/gu, "")).slice(0, LONGEST)) };
    case "enter":
      // With the screen too small for anything, nobody sees what they say yes or no to.
      return scene.sight === null ? { ui } : meant(ui, mode, scene);
    case "up":
    case "down":
    case "page-up":
    case "page-down":
    case "home":
    case "end":
      return { ui: scrolled(ui, key, scene) };
    case "left":
    case "right":
    case "tab":
      return { ui };
  }
}

/** A filter is at work while it is typed. */
function written(ui: Ui, mode: Typed, text: string): Ui {
  const next = { ...ui, mode: { ...mode, text }, note: null };
  return mode.kind === "filter" ? { ...next, filter: text, host: null } : next;
}

function meant(ui: Ui, mode: Typed, scene: Scene): Pressed {
  const text = mode.text.trim();
  switch (mode.kind) {
    case "filter":
      return { ui: toWatch(ui) };
    case "deny":
      return {
        ui: { ...withSent(toWatch(ui), mode.cards), note: `no to ${whom(mode.cards)}` },
        action: decided(mode.cards, "deny", text),
      };
    case "confirm": {
      const word = wordFor(mode.cards);
      if (text !== word) return { ui: { ...toWatch(ui), note: `that was not ${word}; nothing was decided` } };
      return {
        ui: { ...withSent(toWatch(ui), mode.cards), note: `yes to ${whom(mode.cards)}` },
        action: decided(mode.cards, "approve"),
      };
    }
    case "skip":
      return {
        ui: { ...toWatch(ui), note: `${clean(mode.host)} is skipped` },
        action: { kind: "skip", host: mode.host, reason: text },
      };
    case "waive":
      return waiving(ui, mode, text, scene);
  }
}

/** Which findings, until when, why: what cannot be read is asked again. */
function waiving(ui: Ui, mode: WaiveMode, text: string, scene: Scene): Pressed {
  const again = (note: string): Pressed => ({ ui: { ...ui, note } });
  switch (mode.asks) {
    case "which": {
      const keys = chosen(text, mode.keys);
      if (keys === null) return again(`a number from 1 to ${mode.keys.length}, several with commas, or \`all\``);
      return { ui: { ...ui, mode: { ...mode, asks: "until", text: "", keys }, note: null } };
    }
    case "until": {
      const until = readUntil(text, scene.now);
      if (until === null || until <= scene.now) return again("a time to come, such as 7d, 12h or 2026-12-24");
      if (until > scene.now + LONGEST_WAIVER) return again("a waiver lasts at most a year");
      return { ui: { ...ui, mode: { ...mode, asks: "why", text: "", until }, note: null } };
    }
    case "why": {
      if (text === "") return again("a waiver needs a reason");
      const { card, keys, until } = mode;
      const note = `${counted(keys.length, "finding")} of ${whom([card])} waived ${untilWords(until, scene.now)}`;
      return { ui: { ...toWatch(ui), note }, action: { kind: "waive", card, keys, until, reason: text } };
    }
  }
}

/** Findings by their numbers on the card, `1,3` or `all`; null: that is none of them. */
function chosen(text: string, keys: readonly string[]): readonly string[] | null {
  if (text === "all") return keys;
  const picked = text
    .split(/[\s,]+/)
    .filter((part) => part !== "")
    .map((part) => (/^\d{1,6}$/.test(part) ? keys[Number(part) - 1] : undefined));
  const found = picked.filter((key) => key !== undefined);
  return found.length === 0 || found.length < picked.length ? null : [...new Set(found)];
}
