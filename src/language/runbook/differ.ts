import type { Runbook } from "../../model/runbook.ts";

/** Ids of the steps that say other things in one runbook than in another. */
export function stepsThatDiffer(before: Runbook, now: Runbook): string[] {
  const ids = new Set([...before.steps, ...now.steps].map(({ id }) => id));
  return [...ids].filter((id) => !isAlike(stepOf(before, id), stepOf(now, id)));
}

/** Whether two runbooks say the same beside their steps, in what scripts may see of it. */
export function saysTheSame(before: Runbook, now: Runbook): boolean {
  return isAlike(around(before), around(now));
}

function stepOf({ steps }: Runbook, id: string): Runbook["steps"][number] | undefined {
  return steps.find((step) => step.id === id);
}

/** What people read, which hosts it is for, and how fixes spread is nothing that a script sees. */
const UNSEEN: ReadonlySet<string> = new Set(["steps", "title", "about", "references", "tags", "hosts", "rollout"]);

function around(runbook: Runbook): Record<string, unknown> {
  return Object.fromEntries(Object.entries(runbook).filter(([key]) => !UNSEEN.has(key)));
}

/** Both were read by one schema, which puts their keys in one order. */
function isAlike(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
