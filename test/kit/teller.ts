import { evolve } from "../../src/engine/evolve.ts";
import type { RunState } from "../../src/engine/state.ts";
import type { Entry } from "../../src/model/event.ts";

/** Tells someone of entries as a run does: each with the state right after it. */
export function teller(told: { entry(entry: Entry, state: RunState): void }): (...entries: readonly Entry[]) => void {
  let state: RunState | null = null;
  return (...entries) => {
    for (const entry of entries) {
      state = evolve(state, entry);
      told.entry(entry, state);
    }
  };
}
