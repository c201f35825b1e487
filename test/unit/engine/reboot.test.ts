import { describe, expect, test } from "vitest";
import { gate } from "../../../src/engine/rollout.ts";
import { isSameMachine } from "../../../src/engine/machine.ts";
import type { Event, EventOf } from "../../../src/model/event.ts";
import {
  admitted,
  after,
  approved,
  asked,
  ended,
  hostOf,
  next,
  planWith,
  saw,
  stepOf,
  stepWith,
  verified,
  type Told,
} from "../../kit/tale.ts";

const at = { host: "host1", step: "step-1" };
const REBOOT = stepWith({}, { kind: "reboot", risk: "high" });
const LATER = stepWith({ id: "step-2", independent: true });
const ORDERED: Event = { type: "fix-started", ...at, key: null, kernel: "6.1" };
const RESUMED: Event = { type: "run-resumed", by: "ben", attended: true };

function login(bootId: string | null, host = "host1"): Event {
  return { type: "reached", host, machineId: "m", bootId, ms: 1 };
}

function rebooted(bootId = "b2"): Event {
  return { type: "rebooted", ...at, bootId, kernelBefore: "6.1", kernel: "6.2", ms: 9000 };
}

function notRebooted(how: EventOf<"reboot-failed">["how"]): Event {
  return { type: "reboot-failed", ...at, how, reason: `because ${how}`, ms: 9000 };
}

function facts(os: string): Event {
  return { type: "facts-read", host: "host1", facts: { os } };
}

/** A host that was told to reboot. */
function told(...then: readonly Told[]) {
  const plan = planWith({ hosts: ["host1", "host2"], steps: [REBOOT, LATER] });
  return after(plan, login("b1"), saw(["a"]), asked(), approved(), admitted(), saw(["a"]), ORDERED, ...then);
}

describe("a reboot", () => {
  test("is for the whole host, once, and is proven before the step is fixed", () => {
    const back = told(login("b2"), rebooted());
    expect(next(back)).toEqual({ kind: "verify", ...at });
    expect(next(after(back, verified()))).toMatchObject({ kind: "settle", outcome: "fixed" });
    expect(hostOf(back).identity).toEqual({ machineId: "m", bootId: "b2" });
  });

  test("is not begun, nor asked about, where the host has no boot id to prove it by", () => {
    const state = after(planWith({ steps: [REBOOT] }), login(null), saw(["a"]));
    expect(next(state)).toEqual({
      kind: "settle",
      ...at,
      outcome: "found",
      reason: "not rebooted, since it could not be proven: the host has no boot id (/proc/sys/kernel/random/boot_id)",
    });
  });

  test("may be approved by the command line, as any fix of its risk", () => {
    const plan = planWith({ steps: [REBOOT], approve: "high" });
    expect(next(after(plan, login("b1"), saw(["a"])))).toMatchObject({ kind: "approve" });
    expect(next(after({ ...plan, approve: "medium" }, login("b1"), saw(["a"])))).toMatchObject({ kind: "ask" });
  });

  test.each(["stayed", "same", "kernel", "stranger"] as const)("that failed (%s) is over and counts", (how) => {
    const state = told(notRebooted(how));
    expect(next(state)).toEqual({ kind: "settle", ...at, outcome: "failed", reason: `because ${how}` });
    expect(stepOf(after(state, RESUMED)).fixes[0]).toMatchObject({ end: "failed", adrift: false });
  });

  test("of a host that is away is in doubt, stays open, counts as a failure, and is looked for by whoever resumes", () => {
    const plan = planWith({
      hosts: ["host1", "host2"],
      steps: [REBOOT],
      rollout: { ...told().plan.rollout, maxFailures: 1 },
    });
    const away = after(plan, login("b1"), saw(["a"]), asked(), approved(), admitted(), ORDERED, notRebooted("away"));
    expect(next(away)).toEqual({ kind: "settle", ...at, outcome: "in-doubt", reason: "because away", open: true });
    expect(gate(away, hostOf(away, "host2"))).toMatchObject({ kind: "stop" });
    const end: Event = { type: "step-ended", ...at, outcome: "in-doubt", reason: "because away", open: true };
    const settled = after(away, end);
    expect(next(settled)).toEqual({ kind: "done" });
    expect(next(after(settled, RESUMED))).toEqual({ kind: "reattach", ...at });
  });

  test("whose controller died is looked for first, and is not ordered again", () => {
    const resumed = after(told(), RESUMED);
    expect(next(resumed)).toEqual({ kind: "reattach", ...at });
    const back = after(resumed, login("b2"), rebooted());
    expect(next(back)).toEqual({ kind: "verify", ...at });
    expect(stepOf(back).fixes).toHaveLength(1);
  });
});

describe("after a boot", () => {
  const second = { host: "host1", step: "step-2" };

  test("what was seen before is looked at again before it is fixed", () => {
    const state = told(saw(["b"], second), login("b2"), rebooted(), verified(), ended("fixed"));
    expect(next(state)).toEqual({ kind: "detect", ...second });
    expect(next(after(state, saw(["b"], second)))).toMatchObject({ kind: "ask", ...second });
  });

  test("facts are read again before the fix is proved, and before anything else is fixed", () => {
    const plan = planWith({ hosts: ["host1", "host2"], steps: [REBOOT], facts: ["os"] });
    const ready = after(
      plan,
      login("b1"),
      facts("old"),
      saw(["a"]),
      asked(),
      approved(),
      admitted(),
      saw(["a"]),
      ORDERED,
    );
    const back = after(ready, login("b2"));
    expect(next(after(back, RESUMED))).toEqual({ kind: "reattach", ...at });
    const proved = after(back, rebooted());
    expect(next(proved)).toEqual({ kind: "read-facts", host: "host1" });
    expect(next(after(proved, facts("new")))).toEqual({ kind: "verify", ...at });
    const unread: Event = { type: "verify-failed", ...at, reason: "no facts", looks: 1, ms: 1 };
    expect(next(after(proved, unread))).toEqual({ kind: "settle", ...at, outcome: "failed", reason: "no facts" });
  });

  test("two names of one machine are still one, and the other is looked at again as well", () => {
    const before = after(planWith({ hosts: ["host1", "host2"], steps: [REBOOT] }), login("b1"), login("b1", "host2"));
    const state = after(before, login("b2"));
    expect(isSameMachine(hostOf(state), hostOf(state, "host2"))).toBe(true);
    expect(hostOf(state, "host2").changedSeq).toBe(state.seq);
    const elsewhere = after(before, { type: "reached", host: "host1", machineId: "other", bootId: "b2", ms: 1 });
    expect(hostOf(elsewhere, "host2")).toEqual(hostOf(before, "host2"));
  });
});
