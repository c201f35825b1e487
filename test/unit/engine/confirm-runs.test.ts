import { expect, test } from "vitest";
import { collect } from "../../../src/engine/sightings.ts";
import { NO_OUTPUT } from "../../../src/model/output.ts";
import type { Event } from "../../../src/model/event.ts";
import type { Sighting } from "../../../src/model/sighting.ts";
import type { RunPlan } from "../../../src/model/plan.ts";
import { admitted, after, approved, asked, next, planWith, reached, saw, stepOf, stepWith } from "../../kit/tale.ts";

const runs = { times: 3, apart: 60, question: "ab", inputs: [] };
const confirm = { times: 1, every: 10, runs };
/** The first look of a tale is at this time, in ms. */
const NOW = 1_002_000;

/** A look of an earlier run, so many seconds before the first of this one. */
function before(seconds: number, keys: readonly string[], machine: string | null = "m-host1"): Sighting {
  return { host: "host1", step: "step-1", run: `r-${seconds}`, at: NOW - seconds * 1000, machine, keys: [...keys] };
}

function planAfter(...sightings: readonly Sighting[]): RunPlan {
  return planWith({ steps: [stepWith({ confirm })], sightings: [...sightings] });
}

function waived(...keys: string[]): Event {
  return { type: "waived", host: "host1", step: "step-1", keys, until: NOW * 2, by: "ada", reason: "known" };
}

function dry(plan: RunPlan): RunPlan {
  return { ...plan, dryRun: true };
}

/** What is taken of these looks, and how many seconds ago it was. */
function taken(...looks: readonly Sighting[]): (readonly [number, readonly string[]])[] {
  const some = collect(runs);
  for (const look of looks) {
    some.take(look);
    if (some.done()) break;
  }
  return some.kept.map(({ at, keys }) => [(NOW - at) / 1000, keys]);
}

const found = (reason: string): object => ({ kind: "settle", outcome: "found", reason });
const TWICE = [before(120, ["a"]), before(300, ["a"])];

test("what too few runs have found is found, and nobody is asked", () => {
  expect(next(after(planAfter(), reached(), saw(["a"])))).toMatchObject(found("seen in 1 of 3 runs"));
  expect(next(after(planAfter(before(120, ["a"])), reached(), saw(["a"])))).toMatchObject(found("seen in 2 of 3 runs"));
});

test("what enough runs in a row have found is asked about", () => {
  expect(next(after(planAfter(...TWICE), reached(), saw(["a"])))).toMatchObject({ kind: "ask" });
});

test("each finding is counted by itself, and only what counts is asked about and fixed", () => {
  const state = after(planAfter(...TWICE), reached(), saw(["a", "b"]));
  expect(stepOf(state).findings?.map(({ key }) => key)).toEqual(["a"]);
  expect(stepOf(state).early).toMatchObject([{ finding: { key: "b" }, runs: 1 }]);
  expect(next(state)).toMatchObject({ kind: "ask" });
});

test("a run that looked and did not find it begins the count anew", () => {
  const state = after(planAfter(before(120, ["a"]), before(200, ["b"]), before(300, ["a"])), reached(), saw(["a"]));
  expect(next(state)).toMatchObject(found("seen in 2 of 3 runs"));
});

test("looks that are too near to each other are one, and it is told", () => {
  const near = after(planAfter(before(1, ["a"]), before(2, ["a"])), reached(), saw(["a"]));
  expect(next(near)).toMatchObject(found("seen in 1 of 3 runs; looks less than 60 s apart count as one"));
  const mixed = after(planAfter(before(30, ["a"]), before(60, ["a"]), before(119, ["a"])), reached(), saw(["a"]));
  expect(next(mixed)).toMatchObject(found("seen in 2 of 3 runs; looks less than 60 s apart count as one"));
});

test("what was seen on another machine under the same name does not count", () => {
  const other = [before(120, ["a"], "m-other"), before(300, ["a"])];
  expect(next(after(planAfter(...other), reached(), saw(["a"])))).toMatchObject(found("seen in 1 of 3 runs"));
  const untold = [before(120, ["a"], null), before(300, ["a"], null)];
  expect(next(after(planAfter(...untold), reached(), saw(["a"])))).toMatchObject(found("seen in 1 of 3 runs"));
});

test("what this run has once not found begins anew", () => {
  const state = after(planAfter(...TWICE), reached(), saw(["a"]), asked(), approved(), admitted(), saw(["b"]));
  expect(next(state)).toMatchObject(found("seen in 1 of 3 runs"));
  const again = after(planAfter(...TWICE), reached(), saw(["a"]), asked(), saw(["b"]), saw(["a"]));
  expect(next(again)).toMatchObject(found("seen in 1 of 3 runs"));
});

test("an approval holds although something else is seen for the first time, which is left alone", () => {
  const state = after(planAfter(...TWICE), reached(), saw(["a"]), asked(), approved(), admitted(), saw(["a", "b"]));
  expect(next(state)).toMatchObject({ kind: "fix" });
});

test("what is left after a fix is found where too few runs have found it", () => {
  const started = { type: "fix-started", host: "host1", step: "step-1", key: null } as const;
  const over = {
    ...started,
    type: "fix-finished",
    exit: 0,
    stdout: NO_OUTPUT,
    stderr: NO_OUTPUT,
    ms: 1,
  } as const;
  const verified = { type: "verified", host: "host1", step: "step-1", looks: 1, ms: 1 } as const;
  const fixed = after(planAfter(...TWICE), reached(), saw(["a", "b"]), asked(), approved(), admitted(), started, over);
  expect(next(after(fixed, verified, saw(["b"])))).toMatchObject(found("seen in 1 of 3 runs"));
  expect(next(after(fixed, verified))).toMatchObject({ kind: "settle", outcome: "fixed" });
});

test("a waiver of all that counts leaves what does not as found, and one of that leaves nothing", () => {
  const state = after(planAfter(...TWICE), reached(), saw(["a", "b"]));
  expect(next(after(state, waived("a")))).toMatchObject(found("seen in 1 of 3 runs"));
  expect(next(after(state, waived("a", "b")))).toMatchObject({ kind: "settle", outcome: "skipped" });
});

test("a dry run says how often it was seen, and shows what a fix would change only of what counts", () => {
  expect(next(after(dry(planAfter()), reached(), saw(["a"])))).toMatchObject(found("seen in 1 of 3 runs"));
  expect(next(after(dry(planAfter(...TWICE)), reached(), saw(["a"])))).toMatchObject({ kind: "preview" });
});

test("of earlier looks only those are taken that can matter", () => {
  expect(taken(before(10, []), before(100, ["a"]))).toEqual([]);
  expect(taken(before(10, ["a"]), before(100, ["b"]), before(200, ["a", "b"]))).toEqual([[10, ["a"]]]);
  expect(taken(...[10, 20, 71, 80, 140, 210, 280].map((seconds) => before(seconds, ["a"])))).toEqual([
    [10, ["a"]],
    [71, ["a"]],
    [140, ["a"]],
  ]);
  expect(taken(before(10, ["a", "b"]), before(20, ["a"]), before(80, ["a", "b"]))).toEqual([
    [10, ["a", "b"]],
    [80, ["a"]],
  ]);
});
