import { describe, expect, test } from "vitest";
import { acceptRefusal } from "../../../src/engine/accept.ts";
import { digestOf } from "../../../src/engine/digest.ts";
import { resumeRefusal } from "../../../src/run/resume.ts";
import type { Event } from "../../../src/model/event.ts";
import type { Accepted, RunPlan } from "../../../src/model/plan.ts";
import {
  admitted,
  after,
  approved,
  asked,
  denied,
  ended,
  fixFinished,
  fixStarted,
  hostOf,
  next,
  planWith,
  reached,
  saw,
  stepOf,
  stepWith,
  verified,
  type Told,
} from "../../kit/tale.ts";

const AT = { host: "host1", step: "step-1" };
const ONE = planWith({ hosts: ["host1"] });
const TWO = planWith({ hosts: ["host1", "host2"] });
const NOW = { ...ONE.runbook, digest: "cd".repeat(32) };

/** Somebody goes on with the run and accepts this. */
function accepting(plan: RunPlan, parts: Partial<Accepted> = {}, now: Partial<RunPlan> = {}): Event {
  const accepted = { changes: [], touched: [], moved: [], bound: [], gone: [], ...parts, plan: { ...plan, ...now } };
  return { type: "run-resumed", by: "ben", attended: true, accepted };
}
const another = accepting(ONE, { touched: ["step-1"] }, { runbook: NOW });
const running: Told[] = [
  reached(),
  saw(["a"]),
  asked(),
  approved(),
  admitted(),
  { ...fixStarted(), job: "j" } as Event,
];

/** Why this cannot be accepted there. */
function refusal(state: ReturnType<typeof after>, event: Event): string | null {
  if (event.type !== "run-resumed" || event.accepted === undefined) throw new Error("nothing to accept");
  return acceptRefusal(state, event.accepted)?.message ?? null;
}

describe("another runbook", () => {
  test("voids what was approved once it has been looked at anew, and that is asked again", () => {
    const state = after(ONE, reached(), saw(["a"]), asked(), approved(), another);
    expect(state.plan.runbook.digest).toBe(NOW.digest);
    expect(next(state)).toEqual({ kind: "detect", ...AT });
    const seen = after(state, saw(["a"]));
    expect(next(seen)).toMatchObject({ kind: "void", ...AT });
    const voided = after(seen, { type: "approval-voided", ...AT, reason: "" });
    expect(next(voided)).toMatchObject({ kind: "ask", digest: digestOf(voided, hostOf(voided), stepOf(voided)) });
  });

  test("takes back what only waits, and keeps a denial", () => {
    const state = after(ONE, reached(), saw(["a"]), asked(), another);
    expect(stepOf(state)).toMatchObject({ asked: null, findings: null, votes: [] });
    expect(next(after(ONE, reached(), saw(["a"]), asked(), denied("no"), another, saw(["a"])))).toMatchObject({
      kind: "settle",
      outcome: "found",
      reason: "denied by ada: no",
    });
  });

  test("has its facts and its `applies` told anew", () => {
    const facts = accepting(ONE, {}, { runbook: NOW, facts: ["os"], applies: true });
    const state = after(ONE, reached(), saw(["a"]), facts);
    expect(next(state)).toEqual({ kind: "applies", host: "host1", step: null });
    expect(next(after(state, { type: "concerned", host: "host1", step: null }))).toMatchObject({ kind: "read-facts" });
  });

  test("leaves what has ended as it ended", () => {
    const done = [reached(), saw(["a"]), asked(), approved(), admitted(), fixStarted(), fixFinished(), verified()];
    const before = after(ONE, ...done, ended("fixed"));
    const state = after(before, accepting(ONE, {}, { runbook: NOW, steps: [stepWith({ title: "other" })] }));
    expect(stepOf(state)).toEqual(stepOf(before));
    expect(resumeRefusal(before, before.at)).toBeNull();
  });

  test("is refused with other steps, or with them in another order", () => {
    const two = planWith({ hosts: ["host1"], steps: [stepWith({}), stepWith({ id: "step-2" })] });
    const turned = accepting(two, {}, { steps: two.steps.toReversed() });
    expect(refusal(after(two, reached()), turned)).toMatch(
      /^the runbook has other steps than the run: step-2, step-1,/,
    );
  });

  test("is refused for a step whose fix is under way, or may be found later, and for no other", () => {
    const under = after(ONE, ...running);
    expect(refusal(under, another)).toMatch(/^a fix of step-1 on host1 has begun .* and the step has changed$/);
    expect(refusal(under, accepting(ONE, { touched: ["step-2"] }, { runbook: NOW }))).toBeNull();
    const doubt: Event = { type: "step-ended", ...AT, outcome: "in-doubt", reason: "", open: true };
    const lost = after(under, { type: "fix-lost", ...AT, key: null, reason: "gone" }, doubt);
    expect(refusal(lost, another)).toMatch(/^a fix of step-1 on host1 has begun/);
    expect(refusal(lost, accepting(ONE, { bound: ["host1"] }))).toMatch(
      /what the inventory says of the host has changed$/,
    );
    expect(refusal(lost, accepting(ONE, { gone: ["host1"] }))).toBeNull();
    expect(next(after(lost, accepting(ONE, { moved: ["host1"] })))).toEqual({ kind: "reattach", ...AT });
  });
});

describe("another inventory", () => {
  test("voids what was approved where it says something else, even with the same digest, and nowhere else", () => {
    const other = { ...AT, host: "host2" };
    const told = [reached(), saw(["a"]), asked(), approved()];
    const more = [reached("host2"), saw(["a"], other), asked(other), approved(other)];
    const state = after(TWO, ...told, ...more, accepting(TWO, { moved: ["host1"] }), saw(["a"]));
    expect(next(state)).toMatchObject({ kind: "void", host: "host1" });
    expect(next(state, "host2")).toMatchObject({ kind: "admit", host: "host2" });
  });
});

describe("a host that is gone", () => {
  const GONE = accepting(ONE, { gone: ["host1"] });

  test("ends unknown, whatever it waited for", () => {
    const unknown = { kind: "settle", ...AT, outcome: "unknown", reason: "the host is not in the inventory any more" };
    expect(next(after(ONE, GONE))).toEqual(unknown);
    expect(next(after(ONE, reached(), saw(["a"]), asked(), approved(), GONE))).toEqual(unknown);
  });

  test("keeps a fix in doubt that may be found later, and asks once it is back", () => {
    const state = after(ONE, ...running, GONE);
    const settle = next(state);
    expect(settle).toMatchObject({ kind: "settle", outcome: "in-doubt", open: true });
    const settled = after(state, { type: "step-ended", ...AT, outcome: "in-doubt", reason: "", open: true });
    expect(next(settled)).toEqual({ kind: "done" });
    expect(resumeRefusal(settled, settled.at)).toBeNull();
    expect(next(after(settled, { type: "run-resumed", by: "ben", attended: true }))).toEqual(settle);
    expect(next(after(settled, accepting(ONE)))).toEqual({ kind: "reattach", ...AT });
  });

  test("ends as it is known to have ended, but is not proved, rolled back or fixed any more", () => {
    const begun = running.slice(0, -1);
    expect(next(after(ONE, ...begun, fixStarted(), fixFinished(), verified(), GONE))).toMatchObject({
      outcome: "fixed",
    });
    const unproved = next(after(ONE, ...begun, fixStarted(), fixFinished(), GONE));
    expect(unproved).toMatchObject({ kind: "settle", outcome: "in-doubt" });
    expect(unproved).not.toHaveProperty("open");
  });
});
