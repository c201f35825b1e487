import { describe, expect, test } from "vitest";
import type { Event } from "../../../src/model/event.ts";
import { todo } from "../../../src/engine/todo.ts";
import { NO_OUTPUT } from "../../../src/model/output.ts";
import {
  admitted,
  after,
  approved,
  asked,
  fixFinished,
  fixStarted,
  next,
  planWith,
  reached,
  saw,
  stepOf,
  stepWith,
  unreachable,
  verified,
  verifyFailed,
  type Told,
} from "../../kit/tale.ts";

const at = { host: "host1", step: "step-1" };
const FAILED = "the fix exited 3: no such process";

/** A host whose fix may start. */
function ready(fix: Parameters<typeof stepWith>[1], ...told: readonly Told[]) {
  const plan = planWith({ hosts: ["host1", "host2"], steps: [stepWith({}, fix)] });
  return after(plan, reached(), saw(["a", "b"]), asked(), approved(), admitted(), ...told);
}

function settles(outcome: string, reason = ""): object {
  return { kind: "settle", ...at, outcome, reason };
}

describe("a fix for each finding", () => {
  const fix = { per: "finding", rollback: true } as const;

  test("starts one after the other, and all are verified together", () => {
    const state = ready(fix);
    expect(next(state)).toEqual({ kind: "fix", ...at, key: "a" });
    const first = after(state, fixStarted("a"), fixFinished(0, "a"));
    expect(next(first)).toEqual({ kind: "fix", ...at, key: "b" });
    expect(next(after(first, fixStarted("b"), fixFinished(0, "b")))).toEqual({ kind: "verify", ...at });
  });

  test("looks again between two fixes when the evidence is old, and leaves out what has gone by itself", () => {
    const first = ready(fix, fixStarted("a"), fixFinished(0, "a"));
    const later = first.at + 61_000;
    expect(todo(first, "host1", later)).toEqual({ kind: "detect", ...at });
    expect(next(after(first, saw(["b"])))).toEqual({ kind: "fix", ...at, key: "b" });
    expect(next(after(first, saw(["c"])))).toEqual({ kind: "verify", ...at });
  });

  test("always looks again between two fixes of high risk", () => {
    const high = ready({ ...fix, risk: "high" }, saw(["a", "b"]), fixStarted("a"), fixFinished(0, "a"));
    expect(next(high)).toEqual({ kind: "detect", ...at });
    expect(next(after(high, saw(["a", "b"])))).toEqual({ kind: "fix", ...at, key: "b" });
  });

  test("ends the step with the first that fails", () => {
    const state = ready(fix, fixStarted("a"), fixFinished(0, "a"), fixStarted("b"), fixFinished(3, "b"));
    expect(next(state)).toEqual({ kind: "rollback", ...at });
  });

  test("verifies what was done when the guard puts off the rest", () => {
    const deferred: Event = { type: "deferred", ...at, reason: "guest runs" };
    const state = ready(fix, fixStarted("a"), fixFinished(0, "a"), deferred);
    expect(next(state)).toEqual({ kind: "verify", ...at });
    expect(next(after(state, verified(), saw(["b"])))).toEqual(settles("found", "deferred: guest runs"));
  });

  test("says what was put off even where the fix of another took it away", () => {
    const deferred: Event = { type: "deferred", ...at, reason: "not full any more" };
    const state = ready(fix, fixStarted("a"), fixFinished(0, "a"), deferred, verified());
    expect(next(state)).toEqual(
      settles("fixed", "1 of 2 findings went with the rest, without a fix; deferred: not full any more"),
    );
  });

  test("starts no further one after a stop, but verifies", () => {
    const stop: Event = { type: "stop-requested", by: "ada" };
    const state = ready(fix, fixStarted("a"), fixFinished(0, "a"), stop);
    expect(next(state)).toEqual({ kind: "verify", ...at });
    expect(next(after(state, verified(), saw(["b"])))).toEqual({ ...settles("found", "stopped by ada"), open: true });
  });

  test("is not verified where the runbook says so, and then it says so", () => {
    const state = ready({ ...fix, verify: false }, fixStarted("a"), fixFinished(0, "a"));
    expect(next(after(state, fixStarted("b"), fixFinished(0, "b")))).toEqual(
      settles("fixed", "not verified: the runbook says so"),
    );
    expect(next(after(state, { type: "deferred", ...at, reason: "guest runs" }))).toEqual(
      settles("found", "guest runs"),
    );
  });
});

describe("after the fix", () => {
  test("verified is fixed; other findings are a new round that is asked for again", () => {
    const state = ready({}, fixStarted(), fixFinished(), verified());
    expect(next(state)).toEqual(settles("fixed"));
    expect(next(after(state, saw([])))).toEqual(settles("fixed"));
    expect(next(after(state, saw(["c"])))).toMatchObject({ kind: "ask" });
  });

  test.each<[string, readonly Event[], string]>([
    ["exited", [fixFinished(3)], FAILED],
    ["was ended after its time", [fixFinished(null)], "the fix was ended after 3 s: no such process"],
    ["was not verified", [fixFinished(0), verifyFailed()], "still there"],
  ])("one that %s fails, or is rolled back where that is possible", (_, events, reason) => {
    expect(next(ready({}, fixStarted(), ...events))).toEqual(settles("failed", reason));
    const rolling = ready({ rollback: true }, fixStarted(), ...events);
    expect(next(rolling)).toEqual({ kind: "rollback", ...at });
    const started = after(rolling, { type: "rollback-started", ...at });
    expect(next(after(started, rolledBack(0)))).toEqual(settles("rolled-back", reason));
    expect(next(after(started, rolledBack(1)))).toEqual(settles("failed", `${reason}; the rollback exited 1`));
    const refused: Event = { type: "rollback-refused", ...at, reason: "no shell" };
    expect(next(after(started, refused))).toEqual(settles("failed", `${reason}; no shell`));
    const lost: Event = { type: "rollback-lost", ...at, reason: "connection" };
    const doubt = settles("in-doubt", `${reason}; the end of the rollback is not known`);
    expect(next(after(started, lost))).toEqual(doubt);
    expect(next(started)).toEqual(doubt);
  });

  test("one whose end is not known is in doubt and never rolled back, also where the record breaks off", () => {
    const lost: Event = { type: "fix-lost", ...at, key: null, reason: "the connection was lost" };
    const running = ready({ rollback: true }, fixStarted());
    expect(next(after(running, lost))).toEqual(settles("in-doubt", "the connection was lost"));
    expect(next(running)).toEqual(settles("in-doubt", "its end is not known"));
  });

  test("one that did not begin leaves nothing to roll back, unless an earlier one did", () => {
    const refused = (key: string): Event => ({ type: "fix-refused", ...at, key, reason: "no shell" });
    const fix = { per: "finding", rollback: true } as const;
    const first = ready(fix, fixStarted("a"));
    expect(next(after(first, refused("a")))).toEqual(settles("failed", "no shell"));
    const second = after(first, fixFinished(0, "a"), fixStarted("b"), refused("b"));
    expect(next(second)).toEqual({ kind: "rollback", ...at });
  });

  test("it is verified and rolled back even when the budget is used up meanwhile", () => {
    const state = ready({ rollback: true }, fixStarted(), unreachable("host2"), fixFinished());
    const tight = { ...state, plan: { ...state.plan, rollout: { ...state.plan.rollout, maxUnknown: "1%" } } };
    expect(next(tight)).toEqual({ kind: "verify", ...at });
    expect(next(after(tight, verifyFailed()))).toEqual({ kind: "rollback", ...at });
  });
});

test("what a person says to have done is looked at again; if it is still there, it was not done", () => {
  const manual = planWith({ steps: [stepWith({}, { kind: "manual" })] });
  const state = after(manual, reached(), saw(["a"]), asked(), approved());
  expect(next(state)).toEqual({ kind: "verify", ...at });
  expect(next(after(state, verified()))).toEqual(settles("fixed"));
  expect(next(after(state, verifyFailed()))).toEqual(settles("found", "said to be done, but still there"));
  expect(stepOf(state).fixes).toEqual([]);
});

function rolledBack(exit: number): Event {
  return { type: "rollback-finished", ...at, exit, stdout: NO_OUTPUT, stderr: NO_OUTPUT, ms: 1 };
}
