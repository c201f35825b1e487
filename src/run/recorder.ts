import { evolve } from "../engine/evolve.ts";
import type { RunState } from "../engine/state.ts";
import type { Entry, Event } from "../model/event.ts";
import type { Clock, Journal, Watcher } from "./ports.ts";

/**
 * The one writer of a run. The state moves on as soon as an event has its number, so that no two decisions are made on the same ground;
 * but nobody is told, and nothing is done because of it, before the journal has it. What is lost with the journal's tail was never acted on.
 */
export type Recorder = {
  /** The state after every event recorded so far. */
  readonly state: RunState;
  /** Gives the event its place, hands it to the journal, then tells the watchers. Rejects when the journal cannot be written. */
  record(event: Event): Promise<void>;
  /** Live output of a script, for those who show it; not on record. */
  output: NonNullable<Watcher["output"]>;
};

/** Begins the record of a run with its first event, or goes on with one: then `before` is the state at its end. */
export async function startRecord(
  run: string,
  first: Event & { type: "run-started" | "run-resumed" },
  to: { readonly journal: Journal; readonly clock: Clock; readonly watchers: readonly Watcher[] },
  before: RunState | null = null,
): Promise<Recorder> {
  let state: RunState | null = before;
  const record = async (event: Event): Promise<RunState> => {
    const entry: Entry = { run, seq: (state?.seq ?? 0) + 1, at: to.clock.now(), event };
    const next = evolve(state, entry);
    state = next;
    await to.journal.append([entry]);
    for (const watcher of to.watchers) watcher.entry(entry, next);
    return next;
  };
  const begun = await record(first);
  return {
    get state() {
      return state ?? begun;
    },
    record: async (event) => void (await record(event)),
    output: (...said) => {
      for (const watcher of to.watchers) watcher.output?.(...said);
    },
  };
}
