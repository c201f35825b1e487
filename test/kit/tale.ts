import { digestOf } from "../../src/engine/digest.ts";
import { evolve } from "../../src/engine/evolve.ts";
import type { HostState, RunState, StepState } from "../../src/engine/state.ts";
import { todo, type Todo } from "../../src/engine/todo.ts";
import type { Event } from "../../src/model/event.ts";
import type { RunPlan, StepPlan } from "../../src/model/plan.ts";
import type { Finding } from "../../src/model/finding.ts";
import { NO_OUTPUT } from "../../src/model/output.ts";
import { PLAN, STEP } from "./plans.ts";
import { plain } from "../../src/model/secret.ts";

/** An event, or what makes one of the state so far. */
export type Told = Event | ((state: RunState) => Event);

const AT = { host: "host1", step: "step-1" };

/** The state after these events, each a second after the one before. */
export function after(before: RunPlan | RunState, ...told: readonly Told[]): RunState {
  let state =
    "seq" in before
      ? before
      : evolve(null, { run: "r1", seq: 1, at: 1_000_000, event: { type: "run-started", format: 1, plan: before } });
  for (const one of told) {
    const event = typeof one === "function" ? one(state) : one;
    state = evolve(state, { run: state.run, seq: state.seq + 1, at: state.at + 1000, event });
  }
  return state;
}

/** What the engine does next on a host, `later` seconds after the last event. */
export function next(state: RunState, host = "host1", later = 0): Todo {
  return todo(state, host, state.at + later * 1000);
}

/** A step like `STEP` but for these parts; parts of the fix are merged into its fix. */
export function stepWith(
  parts: Partial<Omit<StepPlan, "fix">>,
  fix: Partial<NonNullable<StepPlan["fix"]>> = {},
): StepPlan {
  return { ...STEP, ...parts, fix: STEP.fix && { ...STEP.fix, ...fix } };
}

/** A plan like `PLAN` but for these parts. */
export function planWith(parts: Partial<RunPlan>): RunPlan {
  return { ...PLAN, ...parts };
}

/** Findings with these keys. */
export function findings(...keys: readonly string[]): Finding[] {
  return keys.map((key) => ({ values: { message: key }, key }));
}

/** A step of a host as it is now. */
export function stepOf(state: RunState, { host, step } = AT): StepState {
  const found = hostOf(state, host).steps.find((one) => one.plan.id === step);
  if (found === undefined) throw new Error(`no ${step}`);
  return found;
}

/** A host as it is now. */
export function hostOf(state: RunState, name = "host1"): HostState {
  const host = state.hosts.get(name);
  if (host === undefined) throw new Error(`no ${name}`);
  return host;
}

/** Events in few words; without a place they happen to the first step of the first host. */
export const reached = (host = "host1"): Event => ({
  type: "reached",
  host,
  machineId: `m-${host}`,
  bootId: "b",
  ms: 1,
});
export const unreachable = (host = "host1"): Event => ({
  type: "unreachable",
  host,
  fault: { kind: "unreachable", message: "no route" },
});
export const saw = (keys: readonly string[], at = AT): Event => ({
  type: "detected",
  ...at,
  findings: findings(...keys),
  ms: 1,
});
export const asked =
  (at = AT) =>
  (state: RunState): Event => ({ type: "asked", ...at, digest: digestAt(state, at) });
export const approved =
  (at = AT) =>
  (state: RunState): Event => ({
    type: "approved",
    ...at,
    digest: digestAt(state, at),
    by: "ada",
  });
export const denied = (reason = "", at = AT): Event => ({ type: "denied", ...at, digest: "d", by: "ada", reason });
export const admitted = (host = "host1", batch = 1): Event => ({ type: "admitted", host, batch });
export const fixStarted = (key: string | null = null, at = AT): Event => ({ type: "fix-started", ...at, key });
export const fixFinished = (exit: number | null = 0, key: string | null = null, at = AT): Event => ({
  type: "fix-finished",
  ...at,
  key,
  exit,
  stdout: NO_OUTPUT,
  stderr: { ...NO_OUTPUT, head: plain(exit === 0 ? "" : "no such process\n") },
  ms: 3000,
});
export const verified = (at = AT): Event => ({ type: "verified", ...at, looks: 1, ms: 1 });
export const verifyFailed = (at = AT): Event => ({
  type: "verify-failed",
  ...at,
  reason: "still there",
  looks: 3,
  ms: 1,
});
export const ended = (outcome: StepEnd, reason = "", at = AT): Event => ({
  type: "step-ended",
  ...at,
  outcome,
  reason,
});

type StepEnd = Extract<Event, { type: "step-ended" }>["outcome"];

function digestAt(state: RunState, at: { host: string; step: string }): string {
  return digestOf(state, hostOf(state, at.host), stepOf(state, at));
}
