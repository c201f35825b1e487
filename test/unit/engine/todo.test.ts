import { describe, expect, test } from "vitest";
import type { RunState } from "../../../src/engine/state.ts";
import type { Event } from "../../../src/model/event.ts";
import type { RunPlan } from "../../../src/model/plan.ts";
import { digestOf } from "../../../src/engine/digest.ts";
import {
  admitted,
  after,
  approved,
  asked,
  denied,
  ended,
  fixFinished,
  fixStarted,
  hostOf,
  next,
  planWith,
  reached,
  saw,
  stepOf,
  stepWith,
  unreachable,
  verified,
} from "../../kit/tale.ts";
import { PLAN } from "../../kit/plans.ts";
import { NO_OUTPUT } from "../../../src/model/output.ts";
import { plain } from "../../../src/model/secret.ts";

const at = { host: "host1", step: "step-1" };
const found = [reached(), saw(["a", "b"])] as const;

function settles(outcome: string, reason = ""): object {
  return { kind: "settle", ...at, outcome, reason };
}

test("a host is connected to, asked whether it is concerned, asked for facts, then each step is looked at", () => {
  const plan = planWith({ applies: true, facts: ["os"], steps: [stepWith({ applies: true })] });
  let state = after(plan);
  expect(next(state)).toEqual({ kind: "connect", host: "host1" });
  state = after(state, reached());
  expect(next(state)).toEqual({ kind: "applies", host: "host1", step: null });
  state = after(state, { type: "concerned", host: "host1", step: null });
  expect(next(state)).toEqual({ kind: "read-facts", host: "host1" });
  state = after(state, { type: "facts-read", host: "host1", facts: { os: "debian" } });
  expect(next(state)).toEqual({ kind: "applies", ...at });
  state = after(state, { type: "concerned", ...at });
  expect(next(state)).toEqual({ kind: "detect", ...at });
  state = after(state, saw([]));
  expect(next(state)).toEqual(settles("clear"));
  expect(next(after(state, ended("clear")))).toEqual({ kind: "done" });
});

test.each([
  ["unreachable", unreachable()],
  ["not concerned", { type: "not-concerned", host: "host1", step: null, reason: "no xe" }],
  ["unknown", { type: "undetermined", host: "host1", step: null, reason: "exit 127" }],
] as const)("nothing more is done on a host that is %s", (_, event) => {
  expect(next(after(PLAN, event))).toEqual({ kind: "done" });
});

test("what is found is asked for, admitted once approved, and then fixed", () => {
  let state = after(PLAN, ...found);
  const digest = digestOf(state, hostOf(state), stepOf(state));
  expect(next(state)).toEqual({ kind: "ask", ...at, digest });
  state = after(state, asked());
  expect(next(state)).toEqual({ kind: "wait", for: "person" });
  state = after(state, approved());
  expect(next(state)).toEqual({ kind: "admit", host: "host1", batch: 1 });
  state = after(state, admitted());
  expect(next(state)).toEqual({ kind: "fix", ...at, key: null });
});

test("a preview, where there is one, comes before the question", () => {
  const state = after(planWith({ steps: [stepWith({}, { preview: true })] }), ...found);
  expect(next(state)).toEqual({ kind: "preview", ...at });
  const output = { ...NO_OUTPUT, head: plain("41 tapdisk") };
  expect(next(after(state, { type: "previewed", ...at, output, failed: null }))).toMatchObject({ kind: "ask" });
});

test("a preview of more than is left, since a finding was waived meanwhile, is asked for again", () => {
  const plan = planWith({ steps: [stepWith({}, { preview: true })] });
  const waived = (state: RunState): Event => ({
    type: "waived",
    ...at,
    keys: ["a"],
    until: state.at + 60_000,
    by: "ada",
    reason: "known",
  });
  const shown = (keys: string[]): Event => ({ type: "previewed", ...at, output: NO_OUTPUT, failed: null, keys });
  const state = after(plan, found[0], saw(["a", "b"]), waived, shown(["a", "b"]));
  expect(next(state)).toEqual({ kind: "preview", ...at });
  expect(next(after(state, shown(["b"])))).toMatchObject({ kind: "ask" });
});

function ready(risk: "low" | "high"): RunState {
  const plan = planWith({ steps: [stepWith({ fresh: 60 }, { risk })] });
  return after(plan, ...found, asked(), approved(), admitted());
}

test("evidence older than `fresh` is looked at again before the fix; a high risk is looked at again in any case", () => {
  expect(next(ready("low"), "host1", 50)).toMatchObject({ kind: "fix" });
  expect(next(ready("low"), "host1", 58)).toEqual({ kind: "detect", ...at });
  expect(next(ready("high"))).toEqual({ kind: "detect", ...at });
  expect(next(after(ready("high"), saw(["a", "b"])))).toMatchObject({ kind: "fix" });
});

test.each([[["a"]], [["a", "b", "c"]], [["a", "c"]]])("an approval of a and b does not hold for %j", (keys) => {
  const state = after(PLAN, ...found, asked(), approved(), admitted(), saw(keys));
  expect(next(state)).toMatchObject({ kind: "void" });
  const voided = after(state, { type: "approval-voided", ...at, reason: "changed" });
  expect(next(voided)).toMatchObject({ kind: "ask", digest: digestOf(voided, hostOf(voided), stepOf(voided)) });
});

function approving(approve: RunPlan["approve"], fix: object): RunPlan {
  return planWith({ approve, steps: [stepWith({}, fix)] });
}

describe("without asking", () => {
  test.each([
    ["none", "low", false],
    ["low", "low", true],
    ["low", "medium", false],
    ["medium", "medium", true],
    ["medium", "high", false],
    ["high", "high", true],
  ] as const)("--approve %s covers a risk that is %s: %s", (level, risk, covered) => {
    const decision = next(after(approving(level, { risk }), ...found));
    expect(decision).toMatchObject(covered ? { kind: "approve", by: `--approve ${level}` } : { kind: "ask" });
  });

  test("nobody but a person says that a person has done something", () => {
    expect(next(after(approving("high", { kind: "manual", risk: "low" }), ...found))).toMatchObject({ kind: "ask" });
  });

  test("what has changed each time it was looked at again is asked for after all", () => {
    const again = { type: "approval-voided", ...at, reason: "changed" } as const;
    let state = after(approving("high", { risk: "high" }), reached(), saw(["0"]));
    for (const look of ["1", "2", "3"]) {
      expect(next(state)).toMatchObject({ kind: "approve" });
      state = after(state, approved(), admitted(), saw([look]), again);
    }
    expect(next(state)).toMatchObject({ kind: "ask" });
  });
});

describe("what is found is not fixed", () => {
  test.each([
    ["there is no fix for it", planWith({ steps: [{ ...stepWith({}), fix: null }] }), []],
    ["not among the steps to fix", planWith({ steps: [stepWith({}, { selected: false })] }), []],
    ["denied by ada", PLAN, [asked(), denied()]],
    ["denied by ada: tonight", PLAN, [asked(), denied("tonight")]],
    ["deferred: guest runs", PLAN, [asked(), approved(), { type: "deferred", ...at, reason: "guest runs" } as const]],
  ])("%s", (reason, plan, events) => {
    expect(next(after(plan, ...found, ...events))).toEqual(settles("found", reason));
  });

  test("what was denied in an earlier run of its schedule, also where it would be fixed without asking; anything else is asked", () => {
    const first = next(after(PLAN, ...found));
    if (first.kind !== "ask") throw new Error(first.kind);
    const refused = [{ digest: first.digest, run: "r0", by: "ada", reason: "", at: 0 }];
    const schedule = { name: "nightly", fire: 0, why: [], refused };
    for (const approve of ["none", "high"] as const) {
      const plan = { ...PLAN, approve, schedule };
      expect(next(after(plan, ...found))).toEqual(settles("found", "denied by ada in run r0"));
    }
    const more = after({ ...PLAN, schedule }, reached(), saw(["a", "another"]));
    expect(next(more)).toMatchObject({ kind: "ask" });
  });

  test("in a dry run, which shows its preview first", () => {
    const state = after(planWith({ dryRun: true, approve: "high" }), ...found);
    expect(next(state)).toEqual({ kind: "preview", ...at });
    const shown = after(state, { type: "previewed", ...at, output: NO_OUTPUT, failed: null });
    expect(next(shown)).toEqual(settles("found", "dry run"));
  });

  test("when it came back after three fixes", () => {
    const round = [asked(), approved(), admitted(), fixStarted(), fixFinished(), verified(), saw(["a"])];
    const state = after(PLAN, ...found, ...round, ...round);
    expect(next(state)).toMatchObject({ kind: "ask" });
    expect(next(after(state, ...round))).toEqual(settles("found", "it came back after 3 fixes"));
  });
});

function twoSteps(independent = false): RunPlan {
  return planWith({ steps: [stepWith({}), stepWith({ id: "step-2", independent })] });
}

describe("a later step", () => {
  const second = { host: "host1", step: "step-2" };
  const both = [reached(), saw(["a"]), asked(), saw(["b"], second)];

  test("is looked at while the earlier waits for a person, but not asked for", () => {
    const state = after(twoSteps(), reached(), saw(["a"]), asked());
    expect(next(state)).toEqual({ kind: "detect", ...second });
    expect(next(after(state, saw(["b"], second)))).toEqual({ kind: "wait", for: "person" });
  });

  test("that is independent is asked for at once", () => {
    expect(next(after(twoSteps(true), ...both))).toMatchObject({ kind: "ask", ...second });
  });

  test.each(["found", "unknown", "failed", "in-doubt", "rolled-back"] as const)(
    "is not fixed after one that is %s",
    (outcome) => {
      const state = after(twoSteps(), ...both, ended(outcome));
      const reason = `not fixed, since step-1 is ${outcome.replace("-", " ")}`;
      expect(next(state)).toEqual({ kind: "settle", ...second, outcome: "found", reason });
    },
  );

  test.each(["clear", "fixed", "skipped"] as const)("goes on after one that is %s", (outcome) => {
    expect(next(after(twoSteps(), ...both, ended(outcome)))).toMatchObject({ kind: "ask", ...second });
  });

  test("is looked at again when an earlier fix has changed the host since", () => {
    const fixed = [approved(), admitted(), fixStarted(), fixFinished(), verified(), ended("fixed")];
    expect(next(after(twoSteps(), ...both, ...fixed))).toEqual({ kind: "detect", ...second });
  });

  test("is asked for again when an earlier fix has changed what its open card shows", () => {
    const out = [
      ...both,
      asked(second),
      approved(),
      admitted(),
      fixStarted(),
      fixFinished(),
      verified(),
      ended("fixed"),
    ];
    const state = after(twoSteps(true), ...out);
    expect(next(state)).toEqual({ kind: "detect", ...second });
    expect(next(after(state, saw(["b"], second)))).toEqual({ kind: "wait", for: "person" });
    expect(next(after(state, saw(["c"], second)))).toMatchObject({ kind: "ask", ...second });
    expect(next(after(state, saw([], second)))).toMatchObject({ kind: "settle", ...second, outcome: "clear" });
  });

  test("a step that only reports blocks nobody", () => {
    const steps = [{ ...stepWith({}), fix: null }, stepWith({ id: "step-2" })];
    const state = after(planWith({ steps }), reached(), saw(["a"]), ended("found"), saw(["b"], second));
    expect(next(state)).toMatchObject({ kind: "ask", ...second });
  });
});
