import { describe, expect, test } from "vitest";
import type { Event } from "../../../src/model/event.ts";
import { failed, gate } from "../../../src/engine/rollout.ts";
import type { RunState } from "../../../src/engine/state.ts";
import {
  admitted,
  after,
  approved,
  asked,
  fixFinished,
  hostOf,
  next,
  planWith,
  reached,
  saw,
  stepWith,
} from "../../kit/tale.ts";

const at = { host: "host1", step: "step-1" };
const other = { ...at, host: "host2" };
const plan = planWith({
  hosts: ["host1", "host2"],
  steps: [stepWith({}, { rollback: true })],
  rollout: { batches: [1, 1], maxFailures: 2, maxUnknown: "100%", maxAffected: null, soak: 0, groups: {} },
});
const begun = (place: typeof at): Event => ({ type: "fix-started", ...place, key: null, job: "j1" });
const left = (place: typeof at, until: number): Event => ({
  type: "fix-lost",
  ...place,
  key: null,
  reason: "it still runs",
  until,
});

/** The first host's fix is left running, for 60 s more; the other host is ready for its own. */
const LEFT = ((): RunState => {
  const ready = [at, other].flatMap((place) => [reached(place.host), saw(["a"], place), asked(place), approved(place)]);
  const state = after(plan, ...ready, admitted(), begun(at));
  return after(state, left(at, state.at + 61_000));
})();
const FOLLOW = { kind: "follow", ...at };
const DOUBT = { kind: "settle", ...at, outcome: "in-doubt", reason: "it still runs", open: true };

describe("a fix that was left running when its time was up", () => {
  test("is followed for as long as the record says, and is in doubt then", () => {
    expect(next(LEFT)).toEqual(FOLLOW);
    expect(next(LEFT, "host1", 59)).toEqual(FOLLOW);
    expect(next(LEFT, "host1", 60)).toEqual(DOUBT);
  });

  test("is followed on for as long as another host is being fixed", () => {
    const both = after(LEFT, admitted("host2", 2), begun(other));
    expect(next(both, "host1", 600)).toEqual(FOLLOW);
    expect(next(after(both, left(other, both.at)), "host1", 600)).toEqual(DOUBT);
  });

  test("counts as a failure and holds up no batch, until it ends well", () => {
    expect(failed(hostOf(LEFT))).toBe(true);
    expect(gate(LEFT, hostOf(LEFT, "host2"))).toMatchObject({ kind: "enter", batch: 2 });
    const ended = after(LEFT, fixFinished(0));
    expect(next(ended)).toEqual({ kind: "verify", ...at });
    expect(failed(hostOf(ended))).toBe(false);
    expect(next(after(LEFT, fixFinished(3)))).toEqual({ kind: "rollback", ...at });
  });

  test("is not waited for once the run is stopped, unless to be ended", () => {
    expect(next(after(LEFT, { type: "stop-requested", by: "ada" }))).toEqual(DOUBT);
    expect(next(after(LEFT, { type: "stop-requested", by: "ada", kill: true }))).toEqual(FOLLOW);
  });

  test("is asked for first by whoever resumes the run", () => {
    const resumed: Event = { type: "run-resumed", by: "ben", attended: true };
    expect(next(after(LEFT, resumed))).toEqual({ kind: "reattach", ...at });
  });
});
