import * as fc from "fast-check";
import { expect, test } from "vitest";
import { acceptRefusal } from "../../../src/engine/accept.ts";
import { fold } from "../../../src/engine/evolve.ts";
import type { Entry } from "../../../src/model/event.ts";
import type { Accepted, RunPlan } from "../../../src/model/plan.ts";
import { anyPlan } from "../../kit/plans.ts";
import { keepsItsPromises } from "../../kit/promises.ts";
import { simulate } from "../../kit/simulate.ts";

const temper = {
  unknown: 0.05,
  clear: 0.05,
  restless: 0.05,
  failing: 0.3,
  lost: 0.3,
  deferring: 0,
  locked: 0,
  elsewhere: 0,
  variety: 3,
};
const left = { temper, eager: 0.3, yes: 0.9, patience: 100, stopping: 0.005, meddling: 0 };

type Change = { readonly another: boolean; readonly moved: readonly string[]; readonly gone: readonly string[] };
const some = fc.subarray(["host1", "host2", "host3", "host4", "host5", "host6"]);
const change = fc.record({ another: fc.boolean(), moved: some, gone: some });

/** What somebody accepts of a run's plan: another runbook of the same steps, hosts that are others by now, or that are gone. */
function acceptedOf(plan: RunPlan, { another, moved, gone }: Change): Accepted {
  const runbook = another ? { ...plan.runbook, digest: "cd".repeat(32) } : plan.runbook;
  const touched = another ? plan.steps.map(({ id }) => id) : [];
  const own = (names: readonly string[]): string[] => plan.hosts.filter((name) => names.includes(name));
  return { changes: [], plan: { ...plan, runbook }, touched, moved: own(moved), bound: [], gone: own(gone) };
}

test("a run whose changes are accepted keeps its promises: what was approved before does not count, and nothing is done on hosts that are gone", () => {
  const seen = { accepted: 0, refused: 0, voided: 0, gone: 0 };
  fc.assert(
    fc.property(anyPlan, change, fc.nat(), fc.nat(), fc.nat(), (any, changed, seed, again, cut) => {
      // The books do not know which of the hosts that needed a fix still do once a run has been resumed.
      const plan = { ...any, rollout: { ...any.rollout, maxAffected: null } };
      const { entries } = simulate({ ...plan, dryRun: false }, { ...left, seed });
      const kept = entries.slice(0, 1 + (cut % entries.length));
      const before = fold(kept);
      if (before === null) throw new Error("no run");
      const accepted = acceptedOf(before.plan, changed);
      if (acceptRefusal(before, accepted) !== null) {
        seen.refused += 1;
        return;
      }
      const event = { type: "run-resumed", by: "ben", attended: true, accepted } as const;
      const resumed: Entry = { run: "r1", seq: kept.length + 1, at: before.at, event };
      const { entries: all, state: end } = simulate(plan, { ...left, stopping: 0, seed: again }, [...kept, resumed]);
      keepsItsPromises(all);
      const rest = all.slice(kept.length + 1);
      seen.accepted += 1;
      seen.voided += rest.filter(({ event: { type } }) => type === "approval-voided").length;
      seen.gone += accepted.gone.length;
      for (const name of accepted.gone) {
        const host = end.hosts.get(name);
        const told = host?.unreachable !== null || host.undetermined !== null || host.notConcerned !== null;
        expect(told || host.steps.every((step) => step.end !== null)).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
});
