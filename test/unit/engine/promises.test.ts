import * as fc from "fast-check";
import { expect, test } from "vitest";
import { evolve, fold } from "../../../src/engine/evolve.ts";
import { hostVerdict, runOutcome, waiting } from "../../../src/engine/outcome.ts";
import { turnOf } from "../../../src/engine/once.ts";
import type { HostState, RunState, StepState } from "../../../src/engine/state.ts";
import { todo } from "../../../src/engine/todo.ts";
import type { RunPlan } from "../../../src/model/plan.ts";
import { Entry } from "../../../src/model/event.ts";
import { worst } from "../../../src/model/finding.ts";
import { anyPlan } from "../../kit/plans.ts";
import { keepsItsPromises } from "../../kit/promises.ts";
import { simulate, type Disposition } from "../../kit/simulate.ts";

const chance = fc.constantFrom(0, 0.05, 0.3, 1);
const rarely = fc.constantFrom(0, 0, 0.05, 0.3);

const disposition: fc.Arbitrary<Disposition> = fc.record({
  seed: fc.nat(),
  temper: fc.record({
    unknown: rarely,
    clear: rarely,
    restless: chance,
    failing: fc.constantFrom(0, 0.05, 0.3, 0.7),
    lost: chance,
    deferring: rarely,
    locked: fc.constantFrom(0, 0, 0.05, 0.5),
    elsewhere: fc.constantFrom(0, 0, 0.1, 1),
    variety: fc.constantFrom(3, 1_000_000),
  }),
  eager: fc.constantFrom(0, 0.2),
  yes: fc.constantFrom(0.5, 0.9, 1),
  patience: fc.constantFrom(0, 3, 100),
  stopping: fc.constantFrom(0, 0, 0.005, 0.05),
  meddling: fc.constantFrom(0, 0, 0.02, 0.2),
});

const RUNS = { numRuns: 500 } as const;

/** Whole, skipped or unknown as a host; else every step has ended, or a person was asked about it, or about the host that does it for it. */
function hasOutcome(state: RunState, host: HostState): boolean {
  if (host.unreachable !== null || host.undetermined !== null || host.notConcerned !== null) return true;
  const waits = (step: StepState): boolean => waiting(step) || turnOf(state, host, step).kind === "wait";
  return host.steps.every((step) => step.end !== null) || host.steps.some(waits);
}

test("every run comes to an end at which every host has an outcome, and keeps every promise on the way", () => {
  fc.assert(
    fc.property(anyPlan, disposition, (plan, disposition) => {
      const { entries, state } = simulate(plan, disposition);
      keepsItsPromises(entries);
      expect([...state.hosts.values()].filter((host) => !hasOutcome(state, host))).toEqual([]);
      expect(runOutcome(state)).toBe(worst([...state.hosts.values()].map((host) => hostVerdict(host).outcome)));
    }),
    RUNS,
  );
});

test("nothing that too few runs in a row have found is asked about or fixed, and what enough have found is", () => {
  const needed = fc.record({ times: fc.constantFrom(2, 3), apart: fc.constantFrom(0, 60) });
  const kinds = new Set<string>();
  fc.assert(
    fc.property(anyPlan, disposition, needed, (any, { temper, ...rest }, runs) => {
      const confirm = { times: 1, every: 10, runs: { ...runs, question: "ab", inputs: [] } };
      const steps = any.steps.map((step) => ({ ...step, confirm }));
      const plan: RunPlan = { ...any, steps, policies: [], dryRun: false, approve: "high", facts: [] };
      const { entries } = simulate(plan, { ...rest, temper: { ...temper, unknown: 0, locked: 0, variety: 3 } });
      keepsItsPromises(entries);
      for (const { event } of entries) {
        if (event.type === "fix-started") kinds.add(event.key === null ? "of a host" : "of a finding");
        if (event.type === "step-ended" && event.reason.startsWith("seen in")) kinds.add(event.outcome);
      }
    }),
    RUNS,
  );
  expect([...kinds].toSorted()).toEqual(["found", "of a finding", "of a host"]);
});

test("a dry run never asks, approves, admits, fixes or rolls back", () => {
  const writing = new Set(["ask", "approve", "void", "admit", "fix", "verify", "rollback"]);
  fc.assert(
    fc.property(anyPlan, disposition, (plan, disposition) => {
      const { intents } = simulate({ ...plan, dryRun: true }, disposition);
      expect(intents.filter((intent) => writing.has(intent.kind))).toEqual([]);
    }),
    RUNS,
  );
});

test("a run of a check only looks, even where its plan is none of a dry run", () => {
  const looking = new Set(["connect", "applies", "read-facts", "detect", "settle"]);
  const check = { check: "c1", place: 0, parts: 1, earlier: [], hosts: [], left: [] };
  fc.assert(
    fc.property(anyPlan, disposition, (plan, disposition) => {
      const { intents, entries } = simulate({ ...plan, check }, disposition);
      keepsItsPromises(entries);
      expect(intents.filter((intent) => !looking.has(intent.kind))).toEqual([]);
    }),
    RUNS,
  );
});

test("a run that is cut off anywhere goes on from its record to an end, keeping its promises over both parts", () => {
  fc.assert(
    fc.property(anyPlan, disposition, fc.nat(), fc.nat(), (plan, disposition, seed, cut) => {
      const { entries } = simulate({ ...plan, dryRun: false }, disposition);
      const kept = entries.slice(0, 1 + (cut % entries.length));
      const { entries: all, state } = simulate(plan, { ...disposition, seed, stopping: 0 }, kept);
      expect(all.slice(0, kept.length)).toEqual(kept);
      keepsItsPromises(all);
      expect([...state.hosts.values()].filter((host) => !hasOutcome(state, host))).toEqual([]);
    }),
    RUNS,
  );
});

test("a run that was cut off, stopped or waits is resumed by another process, and keeps its promises over both parts", () => {
  fc.assert(
    fc.property(anyPlan, disposition, fc.nat(), fc.option(fc.nat()), (plan, disposition, seed, cut) => {
      const { entries } = simulate({ ...plan, dryRun: false }, disposition);
      const kept = cut === null ? entries : entries.slice(0, 1 + (cut % entries.length));
      const resumed: Entry = {
        run: "r1",
        seq: kept.length + 1,
        at: kept.at(-1)?.at ?? 0,
        event: { type: "run-resumed", by: "ben", attended: true },
      };
      const { entries: all, state } = simulate(plan, { ...disposition, seed, stopping: 0 }, [...kept, resumed]);
      keepsItsPromises(all);
      expect(state.stop).toBeNull();
      expect([...state.hosts.values()].filter((host) => !hasOutcome(state, host))).toEqual([]);
    }),
    RUNS,
  );
});

test("what another process left under way on a host, or what was left running there, is looked for, and is neither forgotten nor begun again", () => {
  const bad = {
    unknown: 0,
    clear: 0,
    restless: 0.3,
    failing: 0.7,
    lost: 0.7,
    deferring: 0,
    locked: 0,
    elsewhere: 0,
    variety: 3,
  };
  const left = { temper: bad, eager: 0.3, yes: 1, patience: 100, stopping: 0, meddling: 0 };
  let found = 0;
  let followed = 0;
  fc.assert(
    fc.property(anyPlan, fc.nat(), fc.nat(), (plan, seed, again) => {
      const { entries, state, intents: first } = simulate({ ...plan, dryRun: false }, { ...left, seed });
      const event = { type: "run-resumed", by: "ben", attended: true } as const;
      const resumed: Entry = { run: "r1", seq: entries.length + 1, at: state.at, event };
      const { entries: all, intents } = simulate(plan, { ...left, seed: again }, [...entries, resumed]);
      keepsItsPromises(all);
      found += intents.filter((intent) => intent.kind === "reattach").length;
      followed += [...first, ...intents].filter((intent) => intent.kind === "follow").length;
    }),
    RUNS,
  );
  expect(found).toBeGreaterThan(10);
  expect(followed).toBeGreaterThan(2);
});

test("the record alone gives the state: through JSON and the schema, all at once or one by one", () => {
  fc.assert(
    fc.property(anyPlan, disposition, (plan, disposition) => {
      const { entries, state } = simulate(plan, disposition);
      const read = entries.map((entry) => Entry.parse(JSON.parse(JSON.stringify(entry))));
      expect(fold(read)).toEqual(state);
      const [last] = read.slice(-1);
      const before = fold(read.slice(0, -1));
      expect(last && evolve(before, last)).toEqual(state);
    }),
    { numRuns: 100 },
  );
});

test("deciding changes nothing and says the same again", () => {
  fc.assert(
    fc.property(anyPlan, disposition, fc.nat(), (plan, disposition, cut) => {
      const { entries } = simulate(plan, disposition);
      const state = fold(entries.slice(0, 1 + (cut % entries.length)));
      if (state === null) throw new Error("a run has entries");
      const copy = structuredClone(state);
      const first = plan.hosts.map((host) => todo(state, host, state.at));
      expect(plan.hosts.map((host) => todo(copy, host, copy.at))).toEqual(first);
      expect(state).toEqual(copy);
    }),
    { numRuns: 100 },
  );
});
