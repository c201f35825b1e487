import type { Event, EventOf } from "../model/event.ts";
import { digestOf } from "./digest.ts";
import { mayGoOn } from "./remedy.ts";
import { permittedOn } from "./recurrence.ts";
import { turnOf } from "./once.ts";
import { gate } from "./rollout.ts";
import type { HostState, RunState } from "./state.ts";
import { doubtOf } from "./todo.ts";

/**
 * Whether an event may still be recorded. Between the engine's word and its record other hosts go on and time passes: the last place of a
 * batch may be taken by now, another node of a cluster may have been asked about, a failure elsewhere may have used up the budget while the guard ran, the host may have been skipped, or the
 * approval have expired. Not going on ends the intent before anything is sent, and the engine is asked again.
 */
export function stillHolds(state: RunState, event: Event, now: number): boolean {
  if (event.type === "asked" || event.type === "approved") return isStillMeant(state, event);
  if (event.type !== "admitted" && event.type !== "fix-started") return true;
  const host = state.hosts.get(event.host);
  if (host === undefined) return false;
  const passage = gate(state, host);
  if (event.type === "admitted")
    return passage.kind === "enter" && passage.batch === event.batch && passage.from <= now;
  return passage.kind === "go" && host.skipped === null && stillApproved(state, host, event, now);
}

/** What is asked about or approved is what is found now (a finding may have been waived meanwhile), and of a cluster's nodes only one is. */
function isStillMeant(state: RunState, event: EventOf<"asked" | "approved">): boolean {
  const host = state.hosts.get(event.host);
  const step = host?.steps.find((each) => each.plan.id === event.step);
  if (host === undefined || step === undefined || host.skipped !== null) return false;
  return digestOf(state, host, step) === event.digest && turnOf(state, host, step).kind === "mine";
}

/** All of it for the first fix of a card: what follows it belongs to the same approval, as long as that may go on. */
function stillApproved(state: RunState, host: HostState, event: EventOf<"fix-started">, now: number): boolean {
  const step = host.steps.find((each) => each.plan.id === event.step);
  if (step === undefined) return false;
  if (step.fixes.length > 0) return event.key !== null && mayGoOn(state, host, step, now);
  // Another name of the machine may have been fixed, or booted, meanwhile.
  if (step.approval === null || host.factsStale || step.seenSeq < host.changedSeq) return false;
  const permission = permittedOn(state, host, step, now);
  if (permission.approve === "deny") return false;
  return doubtOf(state.plan, step, digestOf(state, host, step), permission, now) === null;
}
