import { ruleOn, type Ruled } from "../engine/decision.ts";
import type { HostState, RunState } from "../engine/state.ts";
import { LONGEST_WAIVER } from "../model/approval.ts";
import type { Wish } from "./ports.ts";

/** The event that a wish makes, or why it does not count now. `now` in ms since the epoch. */
export function eventOf(state: RunState, wish: Exclude<Wish, { kind: "detach" }>, now: number): Ruled {
  switch (wish.kind) {
    case "decide":
      return ruleOn(state, wish.decision, now);
    case "waive":
      return waive(state, wish, now);
    case "skip":
      return skip(state, wish);
    case "pause":
      return state.paused === null ? { event: { type: "paused", by: wish.by } } : { refused: "it is paused already" };
    case "freeze":
      if (state.frozen?.since === wish.freeze.since) return { refused: "it is frozen already" };
      return { event: { type: "frozen", ...wish.freeze } };
    case "unfreeze":
      return state.frozen === null ? { refused: "it is not frozen" } : { event: { type: "unfrozen", by: wish.by } };
    case "continue":
      return state.paused === null ? { refused: "it is not paused" } : { event: { type: "continued", by: wish.by } };
  }
}

function waive(state: RunState, wish: Extract<Wish, { kind: "waive" }>, now: number): Ruled {
  const step = state.hosts.get(wish.host)?.steps.find((each) => each.plan.id === wish.step);
  const there = new Set((step?.findings ?? []).map((finding) => finding.key));
  if (step === undefined || step.end !== null || wish.keys.length === 0 || !wish.keys.every((key) => there.has(key))) {
    return { refused: "the finding is not there any more" };
  }
  if (step.fixes.length > 0 || step.approval !== null) return { refused: "its fix is approved already" };
  if (wish.until <= now) return { refused: "the date has passed" };
  if (wish.until > now + LONGEST_WAIVER) return { refused: "a waiver lasts at most a year" };
  if (wish.reason.trim() === "") return { refused: "a waiver needs a reason" };
  const { host, by, until, reason } = wish;
  return { event: { type: "waived", host, step: wish.step, keys: [...wish.keys], until, by, reason } };
}

function skip(state: RunState, { host, by, reason }: Extract<Wish, { kind: "skip" }>): Ruled {
  const found: HostState | undefined = state.hosts.get(host);
  if (found === undefined) return { refused: `${host} is not part of this run` };
  if (found.skipped !== null) return { refused: `${host} was skipped by ${found.skipped.by} before` };
  if (found.steps.every((step) => step.end !== null)) return { refused: `${host} is done` };
  return { event: { type: "host-skipped", host, by, reason } };
}
