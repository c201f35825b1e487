import { render } from "ink";
import { createElement } from "react";
import type { LoadedRunbook } from "../model/runbook.ts";
import type { Approver, Watcher } from "../run/ports.ts";
import { App } from "./app.tsx";
import { createStage, type Stage } from "./stage.ts";
import { heldBack } from "./terminal.ts";

/** What the screen needs from whoever starts the run. */
export type TuiOptions = {
  readonly loaded: LoadedRunbook;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** What is written here while the screen is shown comes after it, where it is a terminal. */
  readonly stderr: NodeJS.WriteStream;
  /** Who sits at the keyboard: signs the decisions. */
  readonly by: string;
  /** The machine that they sit at. */
  readonly machine?: string;
  /** No new fix may start; `by` says who asked for it: `Ctrl-C`, or the person. */
  stop(by: string): void;
  /** The person leaves at once, whatever runs. */
  leave(): void;
  /** ms since the epoch. */
  now(): number;
};

/** Shortest time between two drawings of what the run does, in ms: 15 a second. A key is answered at once. */
export const BEAT = 67;
/** How Ink takes the terminal: it brings the keys and the second screen, which only our painter draws on. */
export const INK = { alternateScreen: true, exitOnCtrlC: false, interactive: true } as const;

/**
 * Takes the terminal: shows the run as its entries come, and asks for decisions.
 * It draws on the terminal's second screen, so that disposing of it gives the first one back as it was. NO_COLOR is kept.
 * Throws when there is no terminal at either end.
 */
export async function openTui(options: TuiOptions): Promise<Watcher & Approver & AsyncDisposable> {
  const { stdin, stdout, stderr } = options;
  if (!stdin.isTTY || !stdout.isTTY) throw new Error("the screen needs a terminal for its keys and its lines");
  // A bug in the screen ends the screen, never the run: what runs is finished, and the bug is told after the summary.
  let bug: unknown = null;
  const lose = (error: unknown): void => {
    if (bug !== null) return;
    bug = error;
    options.stop("the loss of its screen");
    ink.unmount();
  };
  const stage = guarded(createStage(options), lose);
  const others = heldBack(stderr);
  const ink = render(createElement(App, { stage, colour: stdout.hasColors() }), {
    ...INK,
    stdin,
    stdout,
  });
  const gone = ink
    .waitUntilExit()
    .catch(lose)
    .finally(() => others[Symbol.dispose]());
  let beat: NodeJS.Timeout | null = null;
  const soon = (): void => {
    beat ??= setTimeout(() => {
      beat = null;
      stage.refresh();
    }, BEAT);
  };
  return {
    entry(entry, state) {
      stage.entry(entry, state);
      soon();
    },
    output(host, step, _stream, text) {
      stage.output(host, step, text);
      soon();
    },
    listen: stage.listen,
    async [Symbol.asyncDispose]() {
      if (beat !== null) clearTimeout(beat);
      beat = null;
      ink.unmount();
      await gone;
      if (bug !== null) throw bug;
    },
  };
}

/** The same stage, whose bugs are told to `lose` instead of thrown at the run or at Ink; nothing is done on it after one. */
function guarded(stage: Stage, lose: (error: unknown) => void): Stage {
  let lost = false;
  const guard =
    <A extends readonly unknown[]>(act: (...args: A) => void) =>
    (...args: A): void => {
      if (lost) return;
      try {
        act(...args);
      } catch (error) {
        lost = true;
        lose(error);
      }
    };
  return {
    ...stage,
    entry: guard(stage.entry),
    output: guard(stage.output),
    refresh: guard(stage.refresh),
    press: guard(stage.press),
  };
}
