import type { RunState } from "../engine/state.ts";
import { FaultError } from "../model/fault.ts";
import { obey } from "./orders.ts";
import type { Clock, Desk, Verifier } from "./ports.ts";
import type { LiveRun } from "./run.ts";
import { signatureDoubts } from "./signed.ts";

/** ms between two looks. */
const EVERY = 250;

/** What the mailbox of a live run needs. */
export type MailboxParts = {
  readonly run: string;
  readonly desk: Desk;
  readonly verifier: Verifier;
  readonly clock: Clock;
  readonly live: Pick<LiveRun, "wish" | "stop" | "recorded">;
  readonly state: () => RunState;
};

/** Takes the orders and decisions that others leave for a live run, and tells each what became of it, until the signal fires. */
export async function openMailbox(parts: MailboxParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await obey(parts);
      await empty(parts, signal);
    } catch (error) {
      // A record that cannot be used ends the run where it is written; a look may do better the next time.
      if (!(error instanceof FaultError)) throw error;
    }
    await parts.clock.sleep(EVERY, signal).catch(() => undefined);
  }
}

async function empty({ run, desk, verifier, clock, live, state }: MailboxParts, signal: AbortSignal): Promise<void> {
  const letters = await desk.posted(run);
  const decisions = letters.map(({ decision }) => decision);
  const doubts = await signatureDoubts(state(), decisions, verifier, clock.now());
  // What comes too late stays on the desk: whoever left it finds nobody at work then, and records it.
  if (letters.length === 0 || signal.aborted) return;
  const answers = decisions.map((decision, at) => doubts[at] ?? live.wish({ kind: "decide", decision }));
  // Nobody may rely on an answer that a crash could take back.
  await live.recorded();
  for (const [at, { id }] of letters.entries()) await desk.answer(id, answers[at] ?? null);
}
