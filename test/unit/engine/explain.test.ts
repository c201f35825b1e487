import * as fc from "fast-check";
import { expect, test } from "vitest";
import { explain } from "../../../src/engine/explain.ts";
import { permissionFor } from "../../../src/engine/permission.ts";
import { anyMatter, FOUR_HOSTS as HOSTS, policyWith, ruleWith } from "../../kit/policies.ts";
import { planWith, stepWith } from "../../kit/tale.ts";
import { STEP } from "../../kit/plans.ts";

test("what is explained is what holds on each host, and each host is explained once", () => {
  fc.assert(
    fc.property(anyMatter, ({ policies, approve, now }) => {
      const plan = planWith({ hosts: HOSTS, policies, approve });
      const answers = explain(plan, now.getTime());
      expect(answers.flatMap((answer) => answer.hosts).toSorted()).toEqual(HOSTS);
      for (const { hosts, permission } of answers)
        for (const host of hosts)
          expect(permissionFor({ plan, host, step: STEP, now: now.getTime() })).toEqual(permission);
    }),
    { numRuns: 1000 },
  );
});

test("steps without a fix have no answer; rules that hold at other hours are told, up to the first that always holds", () => {
  const when = [{ days: [1], from: 0, to: 1440, zone: "UTC" }];
  const monday = ruleWith({ name: "monday", hosts: ["host1"], when, approve: "deny" });
  const always = ruleWith({ name: "always" });
  const policies = [
    policyWith(monday, always, ruleWith({ name: "never" })),
    { ...policyWith(monday), source: "b.yml" },
  ];
  const plan = planWith({ hosts: HOSTS, policies, steps: [stepWith({}), { ...STEP, id: "look", fix: null }] });
  const answers = explain(plan, Date.parse("2026-11-03T12:00:00Z"));
  expect(answers.map(({ step, hosts, otherwise }) => ({ step: step.id, hosts, otherwise }))).toEqual([
    {
      step: "step-1",
      hosts: ["host1"],
      otherwise: [
        { source: "policy.yml", rule: monday },
        { source: "b.yml", rule: monday },
      ],
    },
    { step: "step-1", hosts: ["host2", "host3", "host4"], otherwise: [] },
  ]);
});
