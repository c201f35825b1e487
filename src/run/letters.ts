import { ruleOn, type Ruled } from "../engine/decision.ts";
import { evolve } from "../engine/evolve.ts";
import type { RunState } from "../engine/state.ts";
import type { Entry, Event } from "../model/event.ts";
import type { Clock, Desk, Journal, Verifier } from "./ports.ts";
import { signatureDoubts } from "./signed.ts";

/** What it takes to judge the decisions that were left for a run. */
export type LetterParts = {
  readonly run: string;
  /** Of the journal below: its leases are what the journal goes by. */
  readonly desk: Desk;
  readonly journal: Journal;
  readonly verifier: Verifier;
  readonly clock: Clock;
};

/**
 * Judges every decision that is left for a run, in its turn, records what counts, and answers each. For whoever has the lease, while
 * nothing else is done in the run; `state` is the one on record. `recorded` gets the events, by the number of the decision.
 */
export async function openLetters(
  parts: LetterParts,
  state: RunState,
  recorded: Map<number, Event> = new Map(),
): Promise<RunState> {
  const { run, desk, journal, clock } = parts;
  let now = state;
  for (let left = await desk.posted(run); left.length > 0; left = await desk.posted(run)) {
    const decisions = left.map(({ decision }) => decision);
    const doubts = await signatureDoubts(now, decisions, parts.verifier, clock.now());
    for (const [at, { id, decision }] of left.entries()) {
      const doubt = doubts[at] ?? null;
      const ruled: Ruled = doubt === null ? ruleOn(now, decision, clock.now()) : { refused: doubt };
      if ("event" in ruled) {
        const entry: Entry = { run, seq: now.seq + 1, at: clock.now(), event: ruled.event };
        await journal.append([entry]);
        now = evolve(now, entry);
        recorded.set(id, ruled.event);
      }
      await desk.answer(id, "refused" in ruled ? ruled.refused : null);
    }
  }
  return now;
}
