import type { Todo } from "./todo.ts";

/** A step whose fix or rollback has no known end. A job, or a host that is away, may be found later, by whoever resumes the run. */
export function inDoubt(at: { host: string; step: string }, found: boolean, reason: string): Todo {
  return { kind: "settle", ...at, outcome: "in-doubt", reason, ...(found ? { open: true } : {}) };
}
