import * as fc from "fast-check";
import type { PlannedPolicy, PlannedRule, TimeWindow } from "../../src/model/policy.ts";

/** A rule that matches everything and asks one person, but for these parts. */
export function ruleWith(parts: Partial<PlannedRule>): PlannedRule {
  return {
    name: "rule 1",
    where: "policy.yml:2",
    steps: null,
    risks: null,
    on: null,
    hosts: null,
    when: null,
    approve: "ask",
    approvers: 1,
    notRequester: false,
    signed: false,
    expires: null,
    maxHosts: null,
    reason: null,
    ...parts,
  };
}

/** A policy of these rules, without a file of signers. */
export function policyWith(...rules: PlannedRule[]): PlannedPolicy {
  return { source: "policy.yml", signers: null, rules };
}

/** The hosts that random rules are about. */
export const FOUR_HOSTS = ["host1", "host2", "host3", "host4"];

/** Windows of every length, in zones of every kind. */
export const anyWindow: fc.Arbitrary<TimeWindow> = fc.record({
  days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 }),
  from: fc.integer({ min: 0, max: 1439 }),
  to: fc.integer({ min: 0, max: 1440 }),
  zone: fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"),
});
const names = fc.option(fc.subarray([...FOUR_HOSTS]));

/** Rules of every shape for `FOUR_HOSTS`. */
export const anyRule: fc.Arbitrary<PlannedRule> = fc
  .record({
    approve: fc.constantFrom("auto", "ask", "deny"),
    hosts: names,
    risks: fc.option(fc.subarray(["low", "medium", "high"] as const).map((risks) => [...risks])),
    when: fc.option(fc.array(anyWindow, { minLength: 1, maxLength: 2 })),
    approvers: fc.integer({ min: 1, max: 3 }),
    notRequester: fc.boolean(),
    signed: fc.boolean(),
    expires: fc.option(fc.integer({ min: 1, max: 7200 })),
    maxHosts: fc.option(fc.integer({ min: 1, max: 3 })),
  })
  .map((parts) => ruleWith(parts));

/** Policies of a few such rules. */
export const anyPolicy = fc.array(anyRule, { maxLength: 4 }).map((rules) => policyWith(...rules));

/** A moment, and what a run may bring to it. */
export const anyMatter = fc.record({
  policies: fc.array(anyPolicy, { maxLength: 3 }),
  approve: fc.constantFrom("none", "low", "medium", "high"),
  host: fc.constantFrom(...FOUR_HOSTS),
  now: fc.date({ min: new Date("2020-01-01"), max: new Date("2035-01-01"), noInvalidDate: true }),
});
