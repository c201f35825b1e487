import { describe, expect, test } from "vitest";
import { stillHolds } from "../../../src/engine/recheck.ts";
import type { Event } from "../../../src/model/event.ts";
import { PLAN } from "../../kit/plans.ts";
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
  stepWith,
} from "../../kit/tale.ts";

const at = { host: "host1", step: "step-1" };
const settles = (outcome: string, reason = ""): object => ({ kind: "settle", ...at, outcome, reason });

describe("a skipped host", () => {
  const skipped: Event = { type: "host-skipped", host: "host1", by: "ben", reason: "in use" };

  test("keeps what was found on it as found, and what was not looked at as skipped", () => {
    expect(next(after(PLAN, reached(), skipped))).toEqual(settles("skipped", "the host was skipped by ben: in use"));
    expect(next(after(PLAN, reached(), saw(["a"]), skipped))).toEqual(
      settles("found", "the host was skipped by ben: in use"),
    );
  });

  test("has the fix that runs finished and verified, and no other one begun", () => {
    const plan = planWith({ steps: [stepWith({}, { per: "finding" })] });
    const state = after(plan, reached(), saw(["a", "b"]), asked(), approved(), admitted(), fixStarted("a"), skipped);
    expect(next(after(state, fixFinished(0, "a")))).toEqual({ kind: "verify", ...at });
    expect(stillHolds(state, fixStarted("b"), state.at)).toBe(false);
  });

  test("has nothing of an earlier step asked while a later one is fixed", () => {
    const steps = [stepWith({ id: "step-0" }), stepWith({ independent: true })];
    const seen: Event = {
      type: "detected",
      host: "host1",
      step: "step-0",
      findings: [{ key: "x", values: {} }],
      ms: 1,
    };
    const state = after(planWith({ steps }), reached(), seen, saw(["a"]), asked(), approved(), admitted());
    expect(next(after(state, fixStarted(), skipped, fixFinished(0)))).toEqual({ kind: "verify", ...at });
  });
});
