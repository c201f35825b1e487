import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../../model/fault.ts";
import type { Deadline } from "./login.ts";

/** A try that came to nothing. `again`: the host hung up before it asked who we are, as an overloaded one does. */
export type NotIn = { readonly fault: Fault; readonly again: boolean };

/** ms: the longest pause before a host that hung up is tried a second time; it doubles up to a limit. Less time than `last` is too short for a login. */
const PAUSE = { first: 400, limit: 1600, last: 250 };

/** Tries to log in until it works, is hopeless, or the deadline is too near. */
export async function logInAtLast<T extends object>(
  attempt: () => Promise<T | NotIn>,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Promise<T | NotIn> {
  let answer = await attempt();
  for (let most = PAUSE.first; "fault" in answer && answer.again; most = Math.min(2 * most, PAUSE.limit)) {
    const left = deadline.left() - PAUSE.last;
    if (left < 0) break;
    // Hundreds of hosts behind one address were turned away at the same moment: they must not come back together.
    await sleep(Math.min(left, most * (0.5 + Math.random() / 2)), undefined, { signal }).catch(() => undefined);
    const next = await attempt();
    // That it hung up says more than that there was too little time left in the end.
    if (!("fault" in next) || deadline.left() > 0) answer = next;
  }
  return answer;
}
