import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countsFor, denialWords, permissionFor, type Permission } from "../../../src/engine/permission.ts";
import type { RunPlan } from "../../../src/model/plan.ts";
import type { PlannedPolicy, PlannedRule } from "../../../src/model/policy.ts";
import { anyMatter, anyPolicy, anyRule, FOUR_HOSTS as HOSTS, policyWith, ruleWith } from "../../kit/policies.ts";
import { planWith, stepWith } from "../../kit/tale.ts";

const NOON = Date.parse("2026-11-03T12:00:00Z");

function permit(plan: RunPlan, host = "host1", now = NOON): Permission {
  const [step] = plan.steps;
  if (step === undefined) throw new Error("no step");
  return permissionFor({ plan, host, step, now });
}

function under(policies: PlannedPolicy[], more: Partial<RunPlan> = {}): Permission {
  return permit(planWith({ hosts: HOSTS, policies, approve: "high", ...more }));
}

describe("the first rule of a policy that matches holds", () => {
  const first = ruleWith({ name: "first", hosts: ["host1"], approve: "deny" });
  const second = ruleWith({ name: "second", approve: "auto" });
  const plan = planWith({ hosts: HOSTS, policies: [policyWith(first, second)], approve: "high" });

  test("on one host one, on another the next", () => {
    expect(permit(plan, "host1")).toMatchObject({ approve: "deny", rules: [{ rule: first }] });
    expect(permit(plan, "host2")).toMatchObject({ approve: "auto", rules: [{ rule: second }] });
  });

  test("where none matches, a person is asked", () => {
    expect(under([policyWith({ ...second, hosts: [] })])).toMatchObject({ approve: "ask", rules: [{ rule: null }] });
    expect(under([policyWith()])).toMatchObject({ approve: "ask" });
  });

  test.each([
    ["step", { steps: ["step-2"] }],
    ["risk", { risks: ["high"] }],
    ["place", { on: "controller" }],
    ["host", { hosts: ["host9"] }],
    ["hour", { when: [{ days: [3], from: 0, to: 1440, zone: "UTC" }] }],
  ] satisfies [string, Partial<PlannedRule>][])("a rule for another %s does not match", (_, parts) => {
    expect(under([policyWith(ruleWith({ ...parts, approve: "auto" }))]).rules).toMatchObject([{ rule: null }]);
  });

  test("of several windows one is enough", () => {
    const when = [4, 2].map((day) => ({ days: [day], from: 0, to: 1440, zone: "UTC" }));
    expect(under([policyWith(ruleWith({ when, approve: "deny" }))]).approve).toBe("deny");
  });
});

function wanting(approvals: number, more: Partial<RunPlan> = {}): Permission {
  return permit(planWith({ hosts: HOSTS, approve: "high", steps: [stepWith({}, { approvals })], ...more }));
}

function hours(from: number, to: number): PlannedRule["when"] {
  return [{ days: [2], from: from * 60, to: to * 60, zone: "UTC" }];
}

function counts(policies: PlannedPolicy[], now: number): ReturnType<typeof countsFor> {
  const plan = planWith({ hosts: HOSTS, policies });
  const [step] = plan.steps;
  if (step === undefined) throw new Error("no step");
  return countsFor({ plan, host: "host1", step, now }, permit(plan, "host1", now));
}

describe("a yes given now counts", () => {
  const shut = ruleWith({ name: "nights", where: "policy.yml:3", approve: "deny", reason: "too late" });
  test("as long as an approval lasts, where nothing denies the fix by then", () => {
    expect(counts([policyWith(ruleWith({ when: hours(8, 14), approve: "ask" }), shut)], NOON)).toEqual({
      seconds: 3600,
      until: null,
    });
    expect(counts([policyWith(shut)], NOON)).toEqual({ seconds: 3600, until: null });
  });

  test("until hours end, to the second, with what denies it then", () => {
    const policies = [policyWith(ruleWith({ when: hours(8, 13), approve: "ask" }), shut)];
    const until = "policy: nights (policy.yml:3) denies it: too late";
    expect(counts(policies, NOON + 1_000)).toEqual({ seconds: 3599, until });
    expect(counts(policies, NOON + 3_599_000)).toEqual({ seconds: 1, until });
  });

  test("until a deadline", () => {
    const late = ruleWith({ name: "late", where: "s.yml:1", approve: "deny", since: NOON + 90_000 });
    const until = "policy: late (s.yml:1) denies it";
    expect(counts([policyWith(late, ruleWith({ approve: "ask" }))], NOON)).toEqual({ seconds: 90, until });
  });
});

describe("a runbook that wants two people for a fix", () => {
  test("has them asked, with signatures, where no policy is in force and the command line says yes", () => {
    expect(wanting(2)).toMatchObject({ approve: "ask", approvers: 2, signed: true });
    expect(wanting(1)).toMatchObject({ approve: "auto", approvers: 1, signed: false });
  });

  test("is not talked down by a policy, which can only want more", () => {
    for (const [approvers, all] of [
      [1, 2],
      [3, 3],
    ] as const) {
      const policies = [policyWith(ruleWith({ approvers }))];
      expect(wanting(2, { policies })).toMatchObject({ approvers: all, signed: true });
    }
    expect(wanting(2, { policies: [policyWith(ruleWith({ approve: "auto" }))] }).approve).toBe("ask");
    expect(wanting(2, { policies: [policyWith(ruleWith({ approve: "deny" }))] }).approve).toBe("deny");
  });
});

describe("the strictest holds", () => {
  const auto = policyWith(ruleWith({ approve: "auto" }));
  const ask = policyWith(ruleWith({ approve: "ask", expires: 600 }));
  const deny = policyWith(ruleWith({ approve: "deny" }));

  test("of policies, wherever they stand", () => {
    expect(under([auto, ask]).approve).toBe("ask");
    expect(under([ask, auto, deny, auto]).approve).toBe("deny");
    expect(under([auto, auto]).approve).toBe("auto");
  });

  test("of a policy and the command line, which cannot be widened by a policy", () => {
    expect(under([auto], { approve: "none" }).approve).toBe("ask");
    expect(under([auto], { approve: "low" }).approve).toBe("ask");
    expect(under([deny], { approve: "high" }).approve).toBe("deny");
  });

  test("what is for a person to do is never done by a command line", () => {
    expect(under([auto], { steps: [stepWith({}, { kind: "manual" })] }).approve).toBe("ask");
  });

  test("the most people, the shortest time, and every demand of each", () => {
    const two = policyWith(ruleWith({ approvers: 2 }));
    const other = policyWith(ruleWith({ notRequester: true, expires: 7200 }));
    expect(under([ask, two, other])).toMatchObject({
      approve: "ask",
      approvers: 2,
      notRequester: true,
      signed: true,
      expires: 600,
    });
  });

  test("a runbook's own time is not lengthened", () => {
    expect(under([policyWith(ruleWith({ expires: 86_400 }))]).expires).toBe(3600);
  });
});

const ORDER = ["auto", "ask", "deny"];

/** In what a permission asks for less than another. */
function laxer(now: Permission, before: Permission): string[] {
  const less = {
    approve: ORDER.indexOf(now.approve) < ORDER.indexOf(before.approve),
    approvers: now.approvers < before.approvers,
    signed: before.signed && !now.signed,
    notRequester: before.notRequester && !now.notRequester,
    expires: now.expires > before.expires,
  };
  return Object.entries(less).flatMap(([name, isLess]) => (isLess ? [name] : []));
}

describe("a further policy never makes it laxer", () => {
  test("whatever it says and wherever it stands", () => {
    fc.assert(
      fc.property(anyMatter, anyPolicy, fc.nat(3), ({ policies, approve, host, now }, further, at) => {
        const plan = planWith({ hosts: HOSTS, policies, approve });
        const more = planWith({ hosts: HOSTS, policies: policies.toSpliced(at, 0, further), approve });
        expect(laxer(permit(more, host, now.getTime()), permit(plan, host, now.getTime()))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test("and a rule in front of one policy's makes it no laxer than the other policies are", () => {
    fc.assert(
      fc.property(anyMatter, anyPolicy, anyRule, ({ policies, approve, host, now }, own, front) => {
        const others = planWith({ hosts: HOSTS, policies, approve });
        const changed = policyWith(front, ...own.rules);
        const plan = planWith({ hosts: HOSTS, policies: [...policies, changed], approve });
        expect(laxer(permit(plan, host, now.getTime()), permit(others, host, now.getTime()))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test("nothing starts by itself unless the command line and every policy say so", () => {
    fc.assert(
      fc.property(anyMatter, ({ policies, approve, host, now }) => {
        const plan = planWith({ hosts: HOSTS, policies, approve });
        const permission = permit(plan, host, now.getTime());
        fc.pre(permission.approve === "auto");
        expect(["medium", "high"]).toContain(approve);
        expect(new Set(permission.rules.map((each) => each.rule?.approve)).isSubsetOf(new Set(["auto"]))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

test("a denial names every rule that denies, with its reason", () => {
  const one = policyWith(ruleWith({ name: "night", where: "a.yml:2", approve: "deny", reason: "people sleep" }));
  const two = policyWith(ruleWith({ name: "rule 1", where: "b.yml:1", approve: "deny" }));
  const ask = policyWith(ruleWith({ name: "ask", where: "c.yml:1" }));
  expect(denialWords(under([one, ask, two]))).toBe(
    "policy: night (a.yml:2) denies it: people sleep; policy: rule 1 (b.yml:1) denies it",
  );
});
