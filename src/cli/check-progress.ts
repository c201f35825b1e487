import type { HostState } from "../engine/state.ts";
import type { Watcher } from "../run/ports.ts";
import { grouped } from "../view/words.ts";

/** ms between two drawings. */
const EVERY = 100;
/** Back to the beginning of the line, which is cleared. */
const CLEAR = "\r\u001b[K";

/** How far a check is, in one line of a terminal that is drawn again and again; gone once it is disposed of. */
export type Progress = Disposable & { readonly watcher: Watcher };

/** Counts hosts, each once for every runbook: `total` in all. */
export function progressLine(stream: { write(text: string): unknown }, total: number, now: () => number): Progress {
  const done = new Set<string>();
  let drawn = -Infinity;
  return {
    watcher: {
      entry: ({ run, event }, state) => {
        const host = "host" in event ? state.hosts.get(event.host) : undefined;
        if (host === undefined || !isOver(host)) return;
        done.add(`${run} ${host.host}`);
        if (now() - drawn < EVERY && done.size < total) return;
        drawn = now();
        stream.write(`${CLEAR}${grouped(done.size)} of ${grouped(total)} looks`);
      },
    },
    [Symbol.dispose]: () => {
      if (drawn > -Infinity) stream.write(CLEAR);
    },
  };
}

function isOver({ unreachable, undetermined, notConcerned, steps }: HostState): boolean {
  if (unreachable !== null || undetermined !== null || notConcerned !== null) return true;
  return steps.every(({ end }) => end !== null);
}
