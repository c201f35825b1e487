import type { RunState } from "../engine/state.ts";
import { FaultError } from "../model/fault.ts";
import type { Clock, Desk, Verifier } from "./ports.ts";
import type { LiveRun } from "./run.ts";
import { signatureDoubt } from "./signed.ts";

/** ms between two looks. */
const EVERY = 250;

/** What the mailbox of a live run needs. */
export type MailboxParts = {
  readonly run: string;
  readonly desk: Desk;
  readonly verifier: Verifier;
  readonly clock: Clock;
  readonly wish: LiveRun["wish"];
  readonly state: () => RunState;
};

/** Takes the decisions that others leave for a live run, and tells each what became of it, until the signal fires. */
export async function openMailbox(parts: MailboxParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await empty(parts);
    } catch (error) {
      // A record that cannot be used ends the run where it is written; a look may do better the next time.
      if (!(error instanceof FaultError)) throw error;
    }
    await parts.clock.sleep(EVERY, signal).catch(() => undefined);
  }
}

async function empty({ run, desk, verifier, clock, wish, state }: MailboxParts): Promise<void> {
  for (const { id, decision } of await desk.posted(run)) {
    const doubt = await signatureDoubt(state(), decision, verifier, clock.now());
    await desk.answer(id, doubt ?? wish({ kind: "decide", decision }));
  }
}
