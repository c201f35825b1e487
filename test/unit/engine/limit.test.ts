import { expect, test } from "vitest";
import { overLimit, permissionFor } from "../../../src/engine/permission.ts";
import type { RunState } from "../../../src/engine/state.ts";
import { todo } from "../../../src/engine/todo.ts";
import type { RunPlan } from "../../../src/model/plan.ts";
import type { PlannedRule } from "../../../src/model/policy.ts";
import { FOUR_HOSTS as HOSTS, policyWith, ruleWith } from "../../kit/policies.ts";
import {
  after,
  approved,
  asked,
  ended,
  fixFinished,
  fixStarted,
  planWith,
  reached,
  saw,
  verified,
  type Told,
} from "../../kit/tale.ts";
import { STEP } from "../../kit/plans.ts";

const LIMITED = ruleWith({ name: "few", where: "p.yml:4", maxHosts: 2 });
const WORDS = "policy: few (p.yml:4) allows at most 2 hosts in one run";

function plan(...rules: PlannedRule[]): RunPlan {
  return planWith({ hosts: HOSTS, policies: [policyWith(...rules)] });
}

function on(host: string): { host: string; step: string } {
  return { host, step: "step-1" };
}

function sick(host: string): Told[] {
  return [reached(host), saw(["a"], on(host)), asked(on(host))];
}

function over(state: RunState, host: string, now = state.at): string | null {
  return overLimit(state, host, permissionFor({ plan: state.plan, host, step: STEP, now }));
}

test("is used up by approvals, and holds for every other host", () => {
  const state = after(plan(LIMITED), ...HOSTS.flatMap(sick), approved(on("host1")));
  expect(HOSTS.map((host) => over(state, host))).toEqual([null, null, null, null]);
  const full = after(state, approved(on("host3")));
  expect(HOSTS.map((host) => over(full, host))).toEqual([null, WORDS, null, WORDS]);
  expect(todo(full, "host2", full.at)).toMatchObject({ kind: "settle", outcome: "found", reason: WORDS });
});

test("when too many were approved at one moment, those who came first keep their places", () => {
  const order = ["host4", "host2", "host1", "host3"];
  const state = after(plan(LIMITED), ...HOSTS.flatMap(sick), ...order.map((host) => approved(on(host))));
  expect(HOSTS.filter((host) => over(state, host) === null)).toEqual(["host2", "host4"]);
});

test("a place that came to no fix is free again; one whose fix has begun is not", () => {
  const taken = after(plan(LIMITED), ...HOSTS.flatMap(sick), approved(on("host1")), approved(on("host2")));
  const given = after(taken, ended("found", "deferred", on("host1")));
  expect(over(given, "host3")).toBeNull();
  const fixed = after(taken, fixStarted(null, on("host1")), ended("failed", "", on("host1")));
  expect(over(fixed, "host3")).toBe(WORDS);
});

test("a host that was fixed keeps its place when it falls ill again", () => {
  const one = after(plan({ ...LIMITED, maxHosts: 1 }), ...HOSTS.flatMap(sick), approved(on("host1")));
  const fixed = after(one, fixStarted(null, on("host1")), fixFinished(0, null, on("host1")), verified(on("host1")));
  const again = after(fixed, saw(["a"], on("host1")));
  expect(over(again, "host1")).toBeNull();
  expect(over(again, "host2")).toContain("allows at most 1 host");
});

test("counts only the hosts that fall under its own rule", () => {
  const canary = ruleWith({ name: "canary", where: "p.yml:2", hosts: ["host1", "host2"] });
  const state = after(
    plan(canary, LIMITED),
    ...HOSTS.flatMap(sick),
    ...HOSTS.slice(0, 3).map((host) => approved(on(host))),
  );
  expect(HOSTS.map((host) => over(state, host))).toEqual([null, null, null, null]);
  expect(over(after(state, approved(on("host4"))), "host4")).toBeNull();
});

test("counts whatever the hour", () => {
  const night = ruleWith({
    name: "few",
    where: "p.yml:4",
    maxHosts: 2,
    when: [{ days: [2], from: 0, to: 1440, zone: "UTC" }],
  });
  const state = after(plan(night), ...HOSTS.flatMap(sick), approved(on("host1")), approved(on("host2")));
  expect(over(state, "host3", Date.parse("2026-11-03T12:00:00Z"))).toBe(WORDS);
});

test("one host is said as one", () => {
  const state = after(plan({ ...LIMITED, maxHosts: 1 }), ...HOSTS.flatMap(sick), approved(on("host1")));
  expect(over(state, "host2")).toBe("policy: few (p.yml:4) allows at most 1 host in one run");
});
