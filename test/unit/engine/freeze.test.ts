import { describe, expect, test } from "vitest";
import { stillHolds } from "../../../src/engine/recheck.ts";
import { gate, openPlaces } from "../../../src/engine/rollout.ts";
import type { RunPlan } from "../../../src/model/plan.ts";
import type { Event } from "../../../src/model/event.ts";
import {
  admitted,
  after,
  approved,
  asked,
  fixFinished,
  fixStarted,
  hostOf,
  next,
  planWith,
  reached,
  saw,
  stepWith,
  verified,
  type Told,
} from "../../kit/tale.ts";

const at = { host: "host1", step: "step-1" };
const FROZEN: Event = { type: "frozen", by: "ada", since: 0, reason: "the end of the year" };
const THAWED: Event = { type: "unfrozen", by: "ben" };
const resumed = (attended = false): Event => ({ type: "run-resumed", by: "ada", attended });

/** A step with two findings that is approved by a person and has its place. */
function ready(plan: Partial<RunPlan>, ...told: readonly Told[]) {
  const steps = [stepWith({}, { per: "finding" })];
  return after(planWith({ hosts: ["host1"], steps, ...plan }), reached(), saw(["a", "b"]), ...told);
}

describe.each([true, false])("frozen, with somebody there: %s", (attended) => {
  const approvedReady = (...told: readonly Told[]) => ready({ attended }, asked(), approved(), admitted(), ...told);

  test("a fix that a person approved waits, is not recorded by a race, and starts after the thaw", () => {
    const frozen = approvedReady(FROZEN);
    expect(next(approvedReady())).toEqual({ kind: "fix", ...at, key: "a" });
    expect(next(frozen)).toEqual({ kind: "wait", for: "freeze" });
    expect(stillHolds(frozen, fixStarted("a"), frozen.at)).toBe(false);
    expect(gate(frozen, hostOf(frozen))).toEqual({ kind: "wait", for: "freeze" });
    expect(openPlaces(frozen)).toBe(0);
    expect(next(after(frozen, THAWED))).toEqual({ kind: "fix", ...at, key: "a" });
  });

  test("looks go on and people are asked", () => {
    expect(next(after(planWith({ attended }), reached(), FROZEN))).toEqual({ kind: "detect", ...at });
    expect(next(ready({ attended }, FROZEN))).toMatchObject({ kind: "ask", ...at });
  });

  test("what was fixed of a card is verified, and the rest is not begun", () => {
    const state = approvedReady(fixStarted("a"), FROZEN, fixFinished(0, "a"));
    expect(next(state)).toEqual({ kind: "verify", ...at });
    const anew = after(state, verified(), saw(["b"]));
    expect(next(anew)).toMatchObject({ kind: "ask", ...at });
  });
});

const auto: Told = (state) => {
  const wanted = next(state);
  if (wanted.kind !== "approve") throw new Error(`it is not approved by itself: ${wanted.kind}`);
  return { type: "approved", ...at, digest: wanted.digest, by: wanted.by, auto: true };
};

describe("frozen, what starts by itself", () => {
  test("waits where somebody is there, and else ends as found until the run is resumed", () => {
    expect(next(ready({ attended: true, approve: "high" }, FROZEN, auto))).toEqual({ kind: "wait", for: "freeze" });
    const alone = ready({ attended: false, approve: "high" }, FROZEN, auto);
    const reason = "frozen by ada since 1970-01-01 00:00:00 UTC: the end of the year";
    expect(next(alone)).toEqual({ kind: "settle", ...at, outcome: "found", reason, open: true });
    const over = after(alone, { type: "step-ended", ...at, outcome: "found", reason, open: true });
    expect(next(over)).toEqual({ kind: "done" });
    expect(next(after(over, resumed()))).toEqual({ kind: "detect", ...at });
  });

  test("is told anew in a run that goes on: one freeze says nothing of the next process", () => {
    const state = after(ready({}, FROZEN), resumed());
    expect(state.frozen).toBeNull();
    expect(after(state, FROZEN).frozen).toEqual({ by: "ada", since: 0, reason: "the end of the year" });
  });
});
