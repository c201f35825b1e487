import { expect, test } from "vitest";
import { evolve, fold } from "../../../src/engine/evolve.ts";
import { hostVerdict, runOutcome } from "../../../src/engine/outcome.ts";
import type { Event } from "../../../src/model/event.ts";
import { PLAN, STEP } from "../../kit/plans.ts";
import {
  admitted,
  after,
  approved,
  asked,
  ended,
  fixFinished,
  fixStarted,
  hostOf,
  planWith,
  reached,
  saw,
  stepOf,
  unreachable,
} from "../../kit/tale.ts";

const first = { run: "r1", seq: 1, at: 5, event: { type: "run-started", format: 1, plan: PLAN } } as const;

test("no entries are no run", () => {
  expect(fold([])).toBeNull();
});

test("a record that cannot be is a bug and told as one", () => {
  const second = { run: "r1", seq: 2, at: 6, event: reached() };
  expect(() => fold([second])).toThrow("a run begins with run-started, not with reached");
  expect(() => fold([first, { ...second, seq: 3 }])).toThrow("entry 3 follows 1");
  expect(() => fold([first, { ...second, event: reached("elsewhere") }])).toThrow("no host elsewhere in this run");
});

test("a state is not changed by what comes after it", () => {
  const before = after(PLAN, reached());
  const copy = structuredClone(before);
  const later = after(before, saw(["a"]), asked(), approved(), admitted(), fixStarted());
  expect(before).toEqual(copy);
  expect(hostOf(later)).not.toEqual(hostOf(before));
});

test("an event on one host leaves the others the very same", () => {
  const before = after(planWith({ hosts: ["host1", "host2"] }));
  expect(hostOf(after(before, reached()), "host2")).toBe(hostOf(before, "host2"));
});

test("the end of a fix belongs to the fix of its key, and to no other", () => {
  const keys = ["a", "b"];
  const state = after(PLAN, ...keys.flatMap((key) => [fixStarted(key), fixFinished(key === "a" ? 0 : 3, key)]));
  expect(stepOf(state).fixes.map(({ key, end }) => [key, end])).toEqual([
    ["a", "done"],
    ["b", "failed"],
  ]);
});

test("the end of a run is kept with its time", () => {
  const state = after(PLAN, { type: "run-ended", exit: 2, outcome: "found" });
  expect(state.ended).toEqual({ exit: 2, outcome: "found", at: state.at });
});

test.each<[string, readonly Event[], string, string]>([
  ["nothing yet", [reached()], "unknown", "it was not looked at"],
  ["unreachable", [unreachable()], "unknown", "unreachable: no route"],
  ["not concerned", [{ type: "not-concerned", host: "host1", step: null, reason: "no xe" }], "skipped", "no xe"],
  ["found", [saw(["a"])], "found", "not fixed yet"],
  ["clear", [saw([])], "clear", ""],
  ["a fix under way", [saw(["a"]), fixStarted()], "in-doubt", "a fix was started and its end is not known"],
  ["fixed, not verified", [saw(["a"]), fixStarted(), fixFinished()], "in-doubt", "it was fixed and not yet verified"],
  ["ended", [saw(["a"]), ended("failed", "exit 3")], "failed", "exit 3"],
])("a run that breaks off at %s says what is known", (_, events, outcome, reason) => {
  const state = after(PLAN, ...events);
  expect(hostVerdict(hostOf(state))).toMatchObject({ outcome, reason });
  expect(runOutcome(state)).toBe(outcome);
});

function on(host: string, step: string) {
  return { host, step };
}

test("a host is as well as its worst step, a run as its worst host", () => {
  const steps = ["one", "two", "three"].map((id) => ({ ...STEP, id }));
  const plan = planWith({ hosts: ["host1", "host2"], steps });
  const state = after(
    plan,
    ended("clear", "", on("host1", "one")),
    ended("waiting", "why", on("host1", "two")),
    ended("fixed", "", on("host1", "three")),
    ended("clear", "", on("host2", "one")),
    ended("clear", "", on("host2", "two")),
    ended("skipped", "", on("host2", "three")),
  );
  expect(hostVerdict(hostOf(state, "host1"))).toMatchObject({ outcome: "waiting", reason: "why" });
  expect(hostVerdict(hostOf(state, "host2")).outcome).toBe("clear");
  expect(runOutcome(state)).toBe("waiting");
  expect(evolve(null, first).hosts.size).toBe(1);
});
