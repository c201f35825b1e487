import type { RunState } from "../engine/state.ts";
import type { Entry } from "../model/event.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import type { Approver } from "../run/ports.ts";
import { clean } from "../view/clean.ts";
import { counted } from "../view/words.ts";
import type { Action } from "./answers.ts";
import type { Frame, Shot } from "./frame.ts";
import { press, type Press } from "./keys.ts";
import { createMemory } from "./memory.ts";
import { createPostbox, wishesOf, type Postbox, type Refusal } from "./postbox.ts";
import { queuedCards } from "./queue.ts";
import { seenIn, sightOf } from "./sight.ts";
import { FRESH_UI, see, type Ui } from "./ui.ts";

/** What the stage asks of those who run it. */
export type Backstage = {
  readonly loaded: LoadedRunbook;
  /** Who sits at the keyboard, and at which machine. */
  readonly by: string;
  readonly machine?: string | undefined;
  stop(by: string): void;
  leave(): void;
  /** ms since the epoch. */
  readonly now: () => number;
};

/** Holds what is on the screen between events and keys. Nothing here draws or waits. */
export function createStage(backstage: Backstage): Stage {
  const { loaded, now, by } = backstage;
  const memory = createMemory();
  const listeners = new Set<() => void>();
  let state: RunState | null = null;
  let ui: Ui = FRESH_UI;
  let shot: Shot = { state, ui, memory, loaded, by, now: now() };
  const postbox = createPostbox((refusals) => {
    ui = refusedIn(ui, state, refusals);
  });

  const take = (whose: "person" | "run", at: number): void => {
    if (state === null) return;
    ui = see(ui, seenIn(state, sightOf({ state, ui, loaded, by, now: at })), whose, at);
  };
  const look = (whose: "person" | "run"): void => {
    const at = now();
    take(whose, at);
    shot = { state, ui, memory, loaded, by, now: at };
    for (const listener of listeners) listener();
  };
  return {
    shot: () => shot,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    entry(entry, next) {
      state = next;
      memory.entry(entry, next);
      // That the run stops is told where an earlier word stands.
      if (entry.event.type === "stop-requested") ui = { ...ui, note: null };
    },
    output: memory.print,
    refresh: () => look("run"),
    press(key, frame) {
      const at = now();
      // What the run has done since the last drawing is not the person's doing, though it is first seen together with the key's effect.
      take("run", at);
      const stopped = state !== null && (state.stop !== null || state.ended !== null);
      const pressed = press(ui, key, { ...frame, stopped, paused: state !== null && state.paused !== null, now: at });
      ui = pressed.ui;
      if (pressed.action !== undefined) act(pressed.action, backstage, postbox, at);
      look("person");
    },
    listen: postbox.listen,
  };
}

function act(action: Action, backstage: Backstage, postbox: Postbox, at: number): void {
  const { by, machine } = backstage;
  switch (action.kind) {
    case "stop":
      backstage.stop(action.key === "q" ? by : action.key);
      return;
    case "leave":
      backstage.leave();
      return;
    case "decide":
    case "waive":
    case "skip":
    case "pause":
    case "continue":
    case "detach":
      postbox.send(wishesOf(action, { by, decidedAt: at, ...(machine === undefined ? {} : { machine }) }));
  }
}

/** The refused is told with its reason, and what was refused may be answered again. */
function refusedIn(ui: Ui, state: RunState | null, refusals: readonly Refusal[]): Ui {
  const again = new Set<string>();
  for (const { wish } of refusals) {
    if (wish.kind !== "decide" || state === null) continue;
    const { host, step, digest } = wish.decision;
    const card = queuedCards(state).find((one) => one.host === host && one.step === step && one.digest === digest);
    if (card !== undefined) again.add(card.id);
  }
  const [first] = refusals;
  const where = first?.wish.kind === "decide" ? `${first.wish.decision.host}: ` : "";
  const more = refusals.length > 1 ? ` (and ${counted(refusals.length - 1, "more answer")})` : "";
  const note = clean(`it does not count: ${where}${first?.why ?? ""}${more}`);
  const detached = ui.detached && !refusals.some(({ wish }) => wish.kind === "detach");
  return { ...ui, note, detached, sent: ui.sent.difference(again) };
}

/** The screen's memory: fed by entries and keys, read by the drawing. */
export type Stage = {
  /** What is to be drawn; the same object until `refresh` or a key. */
  readonly shot: () => Shot;
  readonly subscribe: (listener: () => void) => () => void;
  readonly entry: (entry: Entry, state: RunState) => void;
  readonly output: (host: string, step: string | null, text: string | null) => void;
  /** Makes what has come in since the last time visible. */
  readonly refresh: () => void;
  /** A key, pressed while `frame` was on the screen. */
  readonly press: (key: Press, frame: Frame) => void;
  readonly listen: Approver["listen"];
};
