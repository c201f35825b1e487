import { expect, test } from "vitest";
import { digestOf } from "../../../src/engine/digest.ts";
import type { RunState } from "../../../src/engine/state.ts";
import type { RunPlan } from "../../../src/model/plan.ts";
import type { Finding } from "../../../src/model/finding.ts";
import { PLAN } from "../../kit/plans.ts";
import { after, findings, hostOf, planWith, stepOf } from "../../kit/tale.ts";

type Seen = { plan?: Partial<RunPlan>; found?: readonly Finding[]; facts?: Record<string, string>; host?: string };

const TWO = { hosts: ["host1", "host2"], facts: ["os", "arch"], inputs: { mount: "/", size: "1" } };

function digest({
  plan = {},
  found = findings("a", "b"),
  facts = { os: "debian", arch: "x" },
  host = "host1",
}: Seen): string {
  const at = { host, step: "step-1" };
  const state: RunState = after(
    planWith({ ...TWO, ...plan }),
    { type: "facts-read", host, facts },
    { type: "detected", ...at, findings: [...found], ms: 1 },
  );
  return digestOf(state, hostOf(state, host), stepOf(state, at));
}

const before = digest({});

test("is 32 hex digits", () => {
  expect(before).toMatch(/^[0-9a-f]{32}$/);
});

test.each<[string, Seen]>([
  ["the order of findings", { found: findings("b", "a") }],
  ["a size that moves by itself", { found: findings("a", "b").map((one) => ({ ...one, values: { bytes: 7 } })) }],
  [
    "the order of inputs and facts",
    { plan: { inputs: { size: "1", mount: "/" } }, facts: { arch: "x", os: "debian" } },
  ],
  ["an input of another host", { plan: { hostInputs: { host2: { mount: "/var" } } } }],
  ["who runs it, how wide, and how much may fail", { plan: { by: "bob", parallel: 1, approve: "high" } }],
])("stays with %s", (_, seen) => {
  expect(digest(seen)).toBe(before);
});

test.each<[string, Seen]>([
  ["another finding", { found: findings("a", "c") }],
  ["one finding more", { found: findings("a", "b", "c") }],
  ["one finding less", { found: findings("a") }],
  ["another input", { plan: { inputs: { mount: "/var", size: "1" } } }],
  ["another input on this host", { plan: { hostInputs: { host1: { mount: "/var" } } } }],
  ["another fact", { facts: { os: "alpine", arch: "x" } }],
  ["another host", { host: "host2" }],
  ["a changed runbook", { plan: { runbook: { ...PLAN.runbook, digest: "cd".repeat(32) } } }],
])("changes with %s", (_, seen) => {
  expect(digest(seen)).not.toBe(before);
});

test("is of one host, also before anything was found", () => {
  const state = after(planWith(TWO));
  const [one, other] = TWO.hosts.map((host) =>
    digestOf(state, hostOf(state, host), stepOf(state, { host, step: "step-1" })),
  );
  expect(one).not.toBe(other);
});

test("keys cannot be written so that two findings pass for one", () => {
  expect(digest({ found: findings('a","b') })).not.toBe(digest({ found: findings("a", "b") }));
});
