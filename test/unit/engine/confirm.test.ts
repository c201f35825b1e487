import { expect, test } from "vitest";
import { after, admitted, approved, asked, next, planWith, reached, saw, stepOf, stepWith } from "../../kit/tale.ts";

const at = { host: "host1", step: "step-1" };
const plan = planWith({ steps: [stepWith({ confirm: { times: 3, every: 10 } })] });
const twice = after(plan, reached(), saw(["a", "b"]), saw(["a", "b"]));

test("one look is not proof enough: the next one waits for its time", () => {
  const state = after(plan, reached(), saw(["a"]));
  expect(next(state)).toEqual({ kind: "wait", for: "time", until: state.at + 10_000 });
  expect(next(state, "host1", 10)).toEqual({ kind: "detect", ...at });
});

test("only what every look in a row saw is confirmed", () => {
  const state = after(twice, saw(["b", "c"]));
  expect(stepOf(state).findings?.map((finding) => finding.key)).toEqual(["b"]);
  expect(next(state)).toMatchObject({ kind: "ask" });
});

test("what has gone before it was confirmed was nothing", () => {
  expect(next(after(twice, saw([])))).toMatchObject({ kind: "settle", outcome: "clear" });
});

test("what takes the place of all that was there is confirmed from its first look on", () => {
  const state = after(twice, saw(["c"]));
  expect(next(state)).toMatchObject({ kind: "wait", for: "time" });
  expect(next(after(state, saw(["c"]), saw(["c"])))).toMatchObject({ kind: "ask" });
  expect(next(after(state, saw([])))).toMatchObject({ kind: "settle", outcome: "clear" });
});

test("a host on which each look finds something else is not healthy, and nobody looks for ever", () => {
  const state = after(plan, reached(), saw(["a"]), saw(["b"]), saw(["c"]), saw(["d"]));
  expect(next(state)).toMatchObject({ kind: "settle", outcome: "unknown", reason: "each look finds something else" });
});

test("what a later look adds must be confirmed as well before anybody is asked", () => {
  const state = after(twice, saw(["a", "b"]), asked(), approved(), admitted(), saw(["a", "b", "new"]));
  expect(next(state)).toMatchObject({ kind: "wait", for: "time" });
  const confirmed = after(state, saw(["a", "new"]), saw(["a", "new"]));
  expect(stepOf(confirmed).findings?.map((finding) => finding.key)).toEqual(["a", "new"]);
  expect(next(confirmed)).toMatchObject({ kind: "void" });
});

test("what stays needs no new confirmation", () => {
  const state = after(twice, saw(["a", "b"]), asked(), approved(), admitted(), saw(["a", "b"]));
  expect(next(state)).toMatchObject({ kind: "fix" });
});
