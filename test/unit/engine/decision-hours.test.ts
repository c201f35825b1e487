import { describe, expect, test } from "vitest";
import { lackOf, ruleOn } from "../../../src/engine/decision.ts";
import { permissionFor } from "../../../src/engine/permission.ts";
import type { RunState } from "../../../src/engine/state.ts";
import { todo } from "../../../src/engine/todo.ts";
import type { PlannedRule } from "../../../src/model/policy.ts";
import { approvedBy, SICK, signedBy, yes } from "../../kit/decisions.ts";
import { policyWith, ruleWith } from "../../kit/policies.ts";
import { after, planWith, stepOf, type Told } from "../../kit/tale.ts";

function lack(state: RunState, now: number): string | null {
  const step = stepOf(state);
  return lackOf(state.plan, step, permissionFor({ plan: state.plan, host: "host1", step: step.plan, now }));
}

describe("at another hour another rule holds", () => {
  const day = { days: [1, 2, 3, 4, 5, 6, 7], from: 360, to: 1320, zone: "UTC" };
  const noon = Date.parse("2026-11-03T12:00:00Z");
  const night = Date.parse("2026-11-03T23:00:00Z");
  const state = (rule: Partial<PlannedRule>, ...votes: readonly Told[]): RunState => {
    const rules = [ruleWith({ name: "day", when: [day] }), ruleWith({ name: "night", where: "p.yml:9", ...rule })];
    return after(planWith({ policies: [policyWith(...rules)] }), ...SICK, ...votes);
  };
  test.each([
    ["two people", { approvers: 2 }],
    ["a signature", { signed: true }],
  ] satisfies [string, Partial<PlannedRule>][])("and wants %s: the approval of the day will not do", (_, rule) => {
    const given = state(rule, approvedBy("bob"));
    expect(lack(given, noon)).toBeNull();
    expect(lack(given, night)).toBe("the policy wants more for its approval now");
  });

  test("and wants somebody other than the requester", () => {
    const given = state({ notRequester: true }, approvedBy("ada"));
    expect(lack(given, noon)).toBeNull();
    expect(lack(given, night)).toBe("the policy wants more for its approval now");
  });

  test("so that the approval is void before anything starts", () => {
    // A tale begins a quarter past midnight, as 1970 does.
    const early = { ...day, from: 0, to: 20 };
    const rules = [ruleWith({ when: [early] }), ruleWith({ where: "p.yml:9", approvers: 2 })];
    const given = after(planWith({ policies: [policyWith(...rules)] }), ...SICK, approvedBy("bob"));
    expect(todo(given, "host1", 19 * 60_000)).toMatchObject({ kind: "admit" });
    expect(todo(given, "host1", 20 * 60_000)).toMatchObject({
      kind: "void",
      reason: "the policy wants more for its approval now",
    });
  });

  test("and lets approvals last longer: two yeses of one person are still one", () => {
    const early = { ...day, from: 0, to: 20 };
    const three = { approvers: 3 };
    const rules = [ruleWith({ ...three, when: [early], expires: 60 }), ruleWith({ ...three, where: "p.yml:9" })];
    let now = after(planWith({ policies: [policyWith(...rules)] }), ...SICK);
    for (const [who, minute] of [
      ["bob", 17],
      ["bob", 19],
      ["cy", 21],
    ] as const) {
      const ruled = ruleOn(now, yes(now, { ...signedBy(who), decidedAt: minute * 60_000 }), minute * 60_000);
      expect(ruled).toMatchObject({ event: { type: "endorsed" } });
      if ("event" in ruled) now = after(now, ruled.event);
    }
  });

  test("and wants no more than there is", () => {
    expect(lack(state({ expires: 60 }, approvedBy("bob")), night)).toBeNull();
  });
});
