import type { Ended, Script } from "../run/ports.ts";
import { findStuck, type Stuck, stuckIn } from "../script/hung.ts";
import { attempt } from "./attempt.ts";
import { endSession, type Pool } from "./pool.ts";
import type { Session } from "./session.ts";

/** Seconds that the question for what is left of a look may take. */
const QUESTION = 10;

/** Asks in a session of its own which processes of a look are left in `session`; none where that cannot be told. */
export async function stuckOf(session: Session, script: Script, pool: Pool): Promise<readonly Stuck[]> {
  if (session.id === null) return [];
  const need = { shell: script.shell, become: script.become, late: "end" } as const;
  const taken = await pool.take(need);
  if ("kind" in taken) return [];
  const question = { ...need, text: findStuck(session.id, script.look), timeout: QUESTION };
  const { ended } = await attempt(taken.session, question, {});
  await endSession(taken.session);
  return ended.kind === "exited" ? stuckIn(ended.stdout.head) : [];
}

/** Whether a process of it may be there still. */
export function isLeft(ended: Ended): ended is Extract<Ended, { kind: "timed-out" | "flooded" }> {
  return (ended.kind === "timed-out" || ended.kind === "flooded") && !ended.gone;
}
