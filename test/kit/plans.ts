import * as fc from "fast-check";
import type { RunPlan, StepPlan } from "../../src/model/plan.ts";
import { anySightings } from "./several-runs.ts";
import type { PlannedPolicy, PlannedRule } from "../../src/model/policy.ts";

type FixPlan = NonNullable<StepPlan["fix"]>;

const share = fc.constantFrom(1, 2, "10%", "50%", "100%");

const anyFix: fc.Arbitrary<FixPlan> = fc
  .record({
    kind: fc.constantFrom("run", "run", "run", "reboot", "manual"),
    risk: fc.constantFrom("low", "medium", "high"),
    summary: fc.constant("mend it"),
    per: fc.constantFrom("finding", "host"),
    preview: fc.boolean(),
    guard: fc.boolean(),
    verify: fc.boolean(),
    rollback: fc.boolean(),
    selected: fc.constantFrom(true, true, true, false),
    oncePer: fc.constantFrom(null, null, "os"),
    undone: fc.constantFrom(false, false, true),
    approvals: fc.constantFrom(undefined, undefined, undefined, 2),
  })
  .map(({ undone, approvals, ...rest }) => ({
    ...(undone && rest.kind === "run" ? { ...rest, rollback: true, unlessReconnect: 60 } : rest),
    ...(approvals === undefined ? {} : { approvals }),
  }));

/** A host is rebooted whole, and nothing undoes it. */
const fix = anyFix.map((one): FixPlan => (one.kind === "reboot" ? { ...one, per: "host", rollback: false } : one));

const step: fc.Arbitrary<Omit<StepPlan, "id">> = fc.record({
  title: fc.constant("a problem"),
  severity: fc.constant("warning"),
  independent: fc.boolean(),
  applies: fc.boolean(),
  columns: fc.constant([{ name: "message", type: "string", private: false, key: true }]),
  confirm: fc.oneof(
    { weight: 7, arbitrary: fc.record({ times: fc.constantFrom(1, 1, 2, 3), every: fc.constant(10) }) },
    fc
      .record({ times: fc.constantFrom(2, 3), apart: fc.constantFrom(0, 60) })
      .map((runs) => ({ times: 1, every: 10, runs: { ...runs, question: "ab", inputs: [] } })),
  ),
  fresh: fc.constantFrom(1, 60),
  expires: fc.constantFrom(60, 3600),
  on: fc.constant("host"),
  fix: fc.option(fix, { freq: 5 }),
});

const rule: fc.Arbitrary<PlannedRule> = fc
  .record({
    steps: fc.constantFrom<PlannedRule["steps"][]>(null, ["step-1"]),
    risks: fc.constantFrom<PlannedRule["risks"][]>(null, ["high"]),
    hosts: fc.constantFrom<PlannedRule["hosts"][]>(null, ["host1", "host2"]),
    approve: fc.constantFrom("auto", "ask", "ask", "deny"),
    approvers: fc.constantFrom(1, 1, 2),
    notRequester: fc.boolean(),
    signed: fc.boolean(),
    expires: fc.constantFrom(null, 30),
    maxHosts: fc.constantFrom(null, 1, 2),
  })
  .map((parts) => ({
    name: "rule",
    where: `policy.yml:${JSON.stringify(parts)}`,
    on: null,
    when: null,
    reason: null,
    ...parts,
  }));

const policy: fc.Arbitrary<PlannedPolicy> = fc.record({
  source: fc.constant("policy.yml"),
  signers: fc.constant("/allowed_signers"),
  rules: fc.array(rule, { minLength: 1, maxLength: 3 }),
});

/** Plans of every shape for a few hosts and steps; what is small is likely, so that budgets and batches matter. */
export const anyPlan: fc.Arbitrary<RunPlan> = fc
  .record({
    hosts: fc.integer({ min: 1, max: 6 }),
    steps: fc.array(step, { minLength: 1, maxLength: 3 }),
    dryRun: fc.constantFrom(false, false, false, true),
    approve: fc.constantFrom("none", "low", "medium", "high", "high"),
    policies: fc.oneof(
      { weight: 3, arbitrary: fc.constant<PlannedPolicy[]>([]) },
      fc.array(policy, { minLength: 1, maxLength: 2 }),
    ),
    sightings: anySightings,
    applies: fc.boolean(),
    waitLock: fc.constantFrom(0, 0, 60, null),
    facts: fc.constantFrom<string[]>([], ["os"]),
    rollout: fc.record({
      batches: fc.array(share, { minLength: 1, maxLength: 3 }),
      maxFailures: fc.integer({ min: 1, max: 3 }),
      maxUnknown: share,
      maxAffected: fc.constantFrom<RunPlan["rollout"]["maxAffected"][]>(null, null, null, 2, "50%"),
      soak: fc.constantFrom(0, 0, 30),
      groups: fc.constantFrom<RunPlan["rollout"]["groups"][]>({}, {}, { odd: 1 }),
    }),
  })
  .map(({ hosts, steps, ...rest }) => ({
    ...PLAN,
    ...rest,
    groups: { odd: ["host1", "host3", "host5"] },
    hosts: Array.from({ length: hosts }, (_, at) => `host${at + 1}`),
    steps: steps.map((one, at) => ({ id: `step-${at + 1}`, ...one })),
  }));

/** A step as plain as can be: one look, a fix by script that asks, per host, verified. */
export const STEP: StepPlan = {
  id: "step-1",
  title: "a problem",
  severity: "warning",
  independent: false,
  applies: false,
  columns: [{ name: "message", type: "string", private: false, key: true }],
  confirm: { times: 1, every: 10 },
  fresh: 60,
  expires: 3600,
  on: "host",
  fix: {
    kind: "run",
    risk: "medium",
    summary: "mend it",
    per: "host",
    preview: false,
    guard: false,
    verify: true,
    rollback: false,
    selected: true,
    oncePer: null,
  },
};

/** A plan as plain as can be: one host, one step, no budget that matters. */
export const PLAN: RunPlan = {
  runbook: { name: "story", title: "A story", path: "runbooks/story.yml", digest: "ab".repeat(32) },
  inventory: "hosts.yml",
  groups: {},
  policies: [],
  past: [],
  waivers: [],
  waitLock: 0,
  hosts: ["host1"],
  inputs: {},
  hostInputs: {},
  dryRun: false,
  approve: "none",
  attended: true,
  parallel: 50,
  by: "ada",
  applies: false,
  facts: [],
  rollout: { batches: ["100%"], maxFailures: 1000, maxUnknown: "100%", maxAffected: null, soak: 0, groups: {} },
  steps: [STEP],
};
