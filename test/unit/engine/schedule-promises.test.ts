import * as fc from "fast-check";
import { expect, test } from "vitest";
import { evolve } from "../../../src/engine/evolve.ts";
import type { RunState } from "../../../src/engine/state.ts";
import { todo } from "../../../src/engine/todo.ts";
import type { RunPlan } from "../../../src/model/plan.ts";
import type { Entry } from "../../../src/model/event.ts";
import type { PastFix } from "../../../src/model/past.ts";
import type { Restraints } from "../../../src/model/scheduled.ts";
import { restraintOf, type FixedHost } from "../../../src/schedule/restraint.ts";
import { anyPlan, PLAN, STEP } from "../../kit/plans.ts";
import { keepsItsPromises } from "../../kit/promises.ts";
import { anyFixed, anyPast, anyRestraints, isShut, keepsToSchedule } from "../../kit/restraints.ts";
import { simulate } from "../../kit/simulate.ts";

const world = fc.record({ restraints: anyRestraints, fixed: anyFixed, past: anyPast });

type World = {
  readonly restraints: Restraints;
  readonly fixed: readonly FixedHost[];
  readonly past: readonly PastFix[];
};

const disposition = fc.record({
  seed: fc.nat(),
  temper: fc.record({
    unknown: fc.constant(0),
    clear: fc.constantFrom(0, 0.05),
    restless: fc.constantFrom(0, 0.3, 1),
    failing: fc.constantFrom(0, 0, 0.1),
    lost: fc.constantFrom(0, 0, 0.1),
    deferring: fc.constantFrom(0, 0, 0.1),
    locked: fc.constantFrom(0, 0, 0.1),
    elsewhere: fc.constant(0),
    variety: fc.constant(3),
  }),
  eager: fc.constantFrom(0, 0.2),
  yes: fc.constantFrom(0.5, 1),
  patience: fc.constantFrom(0, 3, 100),
  stopping: fc.constant(0),
  meddling: fc.constantFrom(0, 0.02),
});

/** Nothing but the schedule is in the way of its fixes, and much is found at once. */
const plain: fc.Arbitrary<RunPlan> = fc
  .record({ hosts: fc.integer({ min: 1, max: 6 }), per: fc.constantFrom("finding", "finding", "host") })
  .map(({ hosts, per }) => ({
    ...PLAN,
    attended: false,
    hosts: Array.from({ length: hosts }, (_, at) => `host${at + 1}`),
    steps: [{ ...STEP, fresh: 3600, fix: STEP.fix === null ? null : { ...STEP.fix, per } }],
  }));
const plans = fc.oneof(anyPlan, plain);

/** The run of a fire under a schedule that lets all through without asking, but for what it restrains. */
function fireOf(any: RunPlan, { restraints, fixed, past }: World): RunPlan {
  const schedule = { name: "nightly", fire: 0, why: [], restraints };
  const policies = [
    ...any.policies,
    restraintOf(restraints, { name: "nightly", run: "r1", hosts: any.hosts, now: 1_000_000, fixed }),
  ];
  return { ...any, approve: "high", dryRun: false, schedule, policies, past: [...past] };
}

test("no fix of a scheduled run starts outside its hours, in a blackout, after its deadline, on more hosts than a day has, or by itself where it keeps coming back", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(plans, world, disposition, (any, ground, mood) => {
      const { entries } = simulate(fireOf(any, ground), mood);
      keepsItsPromises(entries);
      keepsToSchedule(entries, ground);
      for (const { event } of entries) {
        if (event.type === "fix-started") seen.add("fixed");
        if (event.type === "step-ended") for (const word of REASONS) if (event.reason.includes(word)) seen.add(word);
      }
    }),
    { numRuns: 700 },
  );
  expect([...seen].toSorted()).toEqual(["fixed", ...REASONS].toSorted());
});

const REASONS = ["blackout", "its deadline is over", "max_hosts_per_day", "outside its hours"];

test("nobody is asked about what the schedule does not let start, and what keeps coming back is asked", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(plans, world, disposition, (any, ground, mood) => {
      const plan = fireOf({ ...any, policies: [] }, ground);
      const { entries } = simulate(plan, mood);
      let state: RunState | null = null;
      for (const entry of entries) {
        state = evolve(state, entry);
        if (state === null) continue;
        for (const host of plan.hosts) {
          const { kind } = todo(state, host, entry.at);
          if (kind === "ask") seen.add(isShut(ground.restraints, entry.at) ? "asked in vain" : "asked");
          if (kind === "approve" && isShut(ground.restraints, entry.at)) seen.add("approved in vain");
        }
      }
    }),
    { numRuns: 150 },
  );
  expect([...seen]).toEqual(["asked"]);
});

test("nor does one of a run that somebody else resumes, with what other runs have fixed meanwhile", () => {
  let later = 0;
  fc.assert(
    fc.property(plans, world, disposition, fc.nat(), anyPast, (any, ground, mood, cut, more) => {
      const plan = fireOf(any, ground);
      const { entries } = simulate(plan, mood);
      const kept = entries.slice(0, 1 + (cut % entries.length));
      const past = [...ground.past, ...more];
      const resumed: Entry = {
        run: "r1",
        seq: kept.length + 1,
        at: kept.at(-1)?.at ?? 0,
        event: { type: "run-resumed", by: "ben", attended: false, policies: plan.policies, past },
      };
      const { entries: all } = simulate(plan, { ...mood, seed: mood.seed + 1 }, [...kept, resumed]);
      keepsItsPromises(all);
      keepsToSchedule(all, { ...ground, past }, kept.length);
      later += all.slice(kept.length).filter(({ event }) => event.type === "fix-started").length;
    }),
    { numRuns: 300 },
  );
  expect(later).toBeGreaterThan(0);
});
