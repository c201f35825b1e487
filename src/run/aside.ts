import type { Decision } from "../model/approval.ts";
import type { Event } from "../model/event.ts";
import type { Archive, Clock, Desk, Holder, Journal, Verifier } from "./ports.ts";

/** What a decision from elsewhere needs: the record of runs, and whoever checks signatures. */
export type AsideParts = {
  /** The whole id. */
  readonly run: string;
  /** In the order in which they are to count; each on a digest as it is on record. */
  readonly decisions: readonly Decision[];
  readonly desk: Desk;
  readonly archive: Archive;
  readonly journal: Journal;
  readonly verifier: Verifier;
  readonly clock: Clock;
  /** Who decides, as another that comes at the same moment is told. */
  readonly self: Omit<Holder, "since">;
};

/** What became of one decision. */
export type Aside =
  /** A process that has the run took it. */
  | { readonly how: "taken" }
  /** Nobody had the run: it is on record now, and counts once the run is resumed. */
  | { readonly how: "recorded"; readonly event: Event }
  /** The process that has the run did not answer in time; the decision is left for it, or for whoever resumes the run. */
  | { readonly how: "left"; readonly holder: Holder | null }
  | { readonly refused: string };

/**
 * Decides on cards of a run from outside of it; the answers come in the order of the decisions. A signature is checked by the files of the run's
 * policies, and one that no policy can check is refused. Rejects with a journal fault.
 */
export async function decideAside(_parts: AsideParts): Promise<readonly Aside[]> {
  throw new Error("not yet");
}
