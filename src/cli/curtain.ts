import type { RunState } from "../engine/state.ts";
import { todo } from "../engine/todo.ts";
import type { Approver, Watcher } from "../run/ports.ts";

/** What shows a run and takes decisions once it has the terminal. */
export type Scene = Watcher & Approver & AsyncDisposable;

/**
 * A scene that opens at the first word of a host, and then shows all that was before; of live output, only what comes after. A run that
 * goes on where all hosts wait has no such word: there it opens at once.
 * Where it cannot be opened, the one that `instead` makes of the error is shown: a run must not die of its screen.
 */
export function curtain(open: () => Promise<Scene>, instead: (error: unknown) => Scene): Scene {
  const kept: ((scene: Scene) => void)[] = [];
  let scene: Scene | null = null;
  let opening: Promise<void> | null = null;
  const show = (what: (scene: Scene) => void): void => {
    if (scene === null) kept.push(what);
    else what(scene);
  };
  const raise = async (): Promise<void> => {
    const opened = await open().catch(instead);
    for (const what of kept.splice(0)) what(opened);
    scene = opened;
  };
  return {
    entry: (entry, state) => {
      show((shown) => shown.entry(entry, state));
      if ("host" in entry.event || (entry.event.type === "run-resumed" && waits(state))) opening ??= raise();
    },
    output: (...printed) => scene?.output?.(...printed),
    listen: (wish, signal) => show((shown) => shown.listen(wish, signal)),
    [Symbol.asyncDispose]: async () => {
      await opening;
      await scene?.[Symbol.asyncDispose]();
      scene = null;
    },
  };
}

/** Whether no host of a run does anything by itself. */
function waits(state: RunState): boolean {
  return [...state.hosts.keys()].every((host) => ["wait", "done"].includes(todo(state, host, state.at).kind));
}
