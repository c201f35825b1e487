import { expect, test } from "vitest";
import { fold } from "../../../src/engine/evolve.ts";
import type { StepState } from "../../../src/engine/state.ts";
import { withdrawalOf } from "../../../src/schedule/withdrawal.ts";
import { scheduledRun, type Fate } from "../../kit/scheduled.ts";
import { diskFinding } from "../../kit/story.ts";

function stepOf(run: string, fate: Fate, finding = diskFinding(4242)): StepState {
  const step = fold(scheduledRun(run, { web1: fate }, { finding }))?.hosts.get("web1")?.steps[0];
  if (step === undefined) throw new Error("there is no step");
  return step;
}

test.each<[string, StepState, string | null]>([
  ["is gone", stepOf("r2", "clear"), "gone by itself, found clear in run r2"],
  ["was fixed by the later run", stepOf("r2", "fixed"), "fixed in run r2"],
  [
    "is another now",
    stepOf("r2", { outcome: "found", reason: "a dry run" }, diskFinding(5)),
    "gone by itself: run r2 found another",
  ],
  ["is there", stepOf("r2", { outcome: "found", reason: "a dry run" }), null],
  ["is there, and the fix failed", stepOf("r2", { outcome: "failed", reason: "exited 3" }), null],
  ["could not be told", stepOf("r2", { outcome: "unknown", reason: "df said nothing" }), null],
])("a question is taken back where what it is about %s, or left", (_, later, reason) => {
  expect(withdrawalOf(stepOf("r1", "waits"), later, "r2")).toBe(reason);
});
