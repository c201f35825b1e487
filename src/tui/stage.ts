import type { RunState } from "../engine/state.ts";
import { lastLine } from "../engine/words.ts";
import type { Decision } from "../model/approval.ts";
import type { Entry } from "../model/event.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import type { Approver, Wish } from "../run/ports.ts";
import { clean } from "../view/clean.ts";
import { press, type Action, type Press } from "./keys.ts";
import { waitingCards } from "./queue.ts";
import type { Frame, Shot } from "./frame.ts";
import { FRESH_UI, see, stands, withSent, type Ui } from "./ui.ts";

/** What the stage asks of those who run it. */
export type Backstage = {
  readonly loaded: LoadedRunbook;
  readonly by: string;
  stop(by: string): void;
  leave(): void;
  /** ms since the epoch. */
  readonly now: () => number;
};

/** Hosts print much; this much of the end is enough for a line of the board. */
const TAIL = 400;

/** Holds what is on the screen between events and keys. Nothing here draws or waits. */
export function createStage(backstage: Backstage): Stage {
  const { loaded, now } = backstage;
  const postbox = createPostbox(backstage.by);
  const tails = new Map<string, string>();
  const listeners = new Set<() => void>();
  let state: RunState | null = null;
  let ui: Ui = FRESH_UI;
  let shot: Shot = { state, ui, tails, loaded, now: now() };

  const look = (by: "person" | "run"): void => {
    if (state !== null) ui = answerStanding(state, ui, postbox.send);
    const at = now();
    const first = state === null ? undefined : waitingCards(state, ui)[0];
    ui = see(ui, first?.id ?? null, by, at);
    shot = { state, ui, tails: lastLines(tails), loaded, now: at };
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
      if ("host" in entry.event) tails.delete(entry.event.host);
    },
    output(host, text) {
      tails.set(host, ((tails.get(host) ?? "") + text).slice(-TAIL));
    },
    refresh: () => look("run"),
    press(key, frame) {
      const pressed = press(ui, key, { ...frame, stopped: state !== null && state.stop !== null, now: now() });
      ui = pressed.ui;
      act(pressed.action, backstage, postbox.send);
      look("person");
    },
    listen: postbox.listen,
  };
}

type Send = (decision: Omit<Decision, "by">) => void;

/** Signs decisions, and holds them until somebody listens. */
function createPostbox(by: string): { readonly send: Send; readonly listen: Approver["listen"] } {
  const early: Wish[] = [];
  let listener: ((wish: Wish) => unknown) | null = null;
  return {
    send(decision) {
      const wish: Wish = { kind: "decide", decision: { ...decision, by } };
      if (listener === null) early.push(wish);
      else listener(wish);
    },
    listen(wish, signal) {
      listener = wish;
      signal.addEventListener("abort", () => (listener = null), { once: true });
      for (const each of early.splice(0)) wish(each);
    },
  };
}

/** Says yes to every card that an earlier yes to all covers. */
function answerStanding(state: RunState, before: Ui, send: Send): Ui {
  if (before.standing.size === 0) return before;
  let ui = before;
  for (const card of waitingCards(state, before)) {
    if (!stands(ui, card)) continue;
    ui = withSent(ui, card);
    send({ host: card.host, step: card.step, digest: card.digest, verdict: "approve" });
  }
  return ui;
}

function act(action: Action | undefined, backstage: Backstage, send: Send): void {
  if (action?.kind === "decide") send(action.decision);
  if (action?.kind === "stop") backstage.stop(action.key === "q" ? backstage.by : action.key);
  if (action?.kind === "leave") backstage.leave();
}

function lastLines(tails: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...tails].map(([host, text]) => [host, clean(lastLine(text))]));
}

/** The screen's memory: fed by entries and keys, read by the drawing. */
export type Stage = {
  /** What is to be drawn; the same object until `refresh` or a key. */
  readonly shot: () => Shot;
  readonly subscribe: (listener: () => void) => () => void;
  readonly entry: (entry: Entry, state: RunState) => void;
  readonly output: (host: string, text: string) => void;
  /** Makes what has come in since the last time visible. */
  readonly refresh: () => void;
  /** A key, pressed while `frame` was on the screen. */
  readonly press: (key: Press, frame: Frame) => void;
  readonly listen: Approver["listen"];
};
