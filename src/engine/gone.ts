import { adrift, armed, fixing } from "./outcome.ts";
import { nextOfFix } from "./remedy.ts";
import type { HostState, RunState } from "./state.ts";
import type { Todo } from "./todo.ts";

const GONE = "the host is not in the inventory any more";

/** What is left to say of a host that is gone from the inventory: nothing can be asked of it. A fix whose end is not known stays in doubt. */
export function onGone(state: RunState, host: HostState, now: number): Todo {
  const step = host.steps.find((each) => each.end === null);
  if (step === undefined) return { kind: "done" };
  const at = { kind: "settle", host: host.host, step: step.plan.id } as const;
  if (step.verdict?.ok === true) return { ...at, outcome: "fixed", reason: "" };
  if (!fixing(step)) return { ...at, outcome: "unknown", reason: GONE };
  const next = nextOfFix(state, host, step, now);
  if (next.kind === "settle") return next;
  const reason = `a fix was started, and what came of it cannot be asked: ${GONE}`;
  return { ...at, outcome: "in-doubt", reason, ...(adrift(step) === null && !armed(step) ? {} : { open: true }) };
}
