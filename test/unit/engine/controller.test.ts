import { describe, expect, test } from "vitest";
import { controllerRuling } from "../../../src/engine/controller.ts";
import type { PlannedRule } from "../../../src/model/policy.ts";
import { FOUR_HOSTS as HOSTS, policyWith, ruleWith } from "../../kit/policies.ts";
import { planWith, stepWith } from "../../kit/tale.ts";

const NOON = Date.parse("2026-11-03T12:00:00Z");
const here = stepWith({ on: "controller" });

function ruling(...rules: PlannedRule[]): object {
  return controllerRuling(planWith({ hosts: HOSTS, steps: [here], policies: [policyWith(...rules)] }), here, NOON);
}

describe("steps that run on this machine", () => {
  test("are allowed by a rule for such steps, and by no other", () => {
    expect(ruling(ruleWith({ on: "controller", approve: "ask" }))).toEqual({ kind: "allowed" });
    expect(ruling(ruleWith({ on: "controller", approve: "auto" }))).toEqual({ kind: "allowed" });
    expect(ruling(ruleWith({ approve: "auto" }))).toEqual({ kind: "silent" });
    expect(ruling(ruleWith({ on: "host", approve: "auto" }))).toEqual({ kind: "silent" });
    expect(controllerRuling(planWith({ steps: [here] }), here, NOON)).toEqual({ kind: "silent" });
  });

  test("must be allowed for every host of the run", () => {
    expect(ruling(ruleWith({ on: "controller", hosts: ["host1"] }))).toEqual({ kind: "silent" });
  });

  test("are denied as a whole where they are denied for one host, or by one policy", () => {
    const deny = ruleWith({ name: "no", where: "p.yml:1", on: "controller", approve: "deny", hosts: ["host3"] });
    const words = "policy: no (p.yml:1) denies it";
    expect(ruling(deny, ruleWith({ on: "controller" }))).toEqual({ kind: "denied", words });
    const policies = [policyWith(ruleWith({ on: "controller" })), policyWith(deny)];
    expect(controllerRuling(planWith({ hosts: HOSTS, steps: [here], policies }), here, NOON)).toEqual({
      kind: "denied",
      words,
    });
  });

  test("are judged without a fix as well", () => {
    const look = { ...here, fix: null };
    const policies = [policyWith(ruleWith({ on: "controller", risks: ["low"] }), ruleWith({ on: "controller" }))];
    expect(controllerRuling(planWith({ hosts: HOSTS, policies }), look, NOON)).toEqual({ kind: "allowed" });
  });
});
