import { expect, test } from "vitest";
import { looksAhead } from "../../../src/run/ahead.ts";
import type { HostState } from "../../../src/engine/state.ts";
import { perform } from "../../../src/run/perform.ts";
import type { Ended } from "../../../src/run/ports.ts";
import type { Work } from "../../../src/run/work.ts";

const NOTHING = { head: "", tail: "", omitted: 0 };
const ENDED: Ended = { kind: "exited", code: 0, stdout: NOTHING, stderr: NOTHING, ms: 1 };

function made() {
  const clock = { at: 0, now: () => clock.at };
  const looks = looksAhead(clock);
  const look = { ended: Promise.resolve(ENDED), after: 7 };
  looks.put("a", "step", look);
  return { clock, looks, after: 7 };
}

test("a look that was sent along is had once, for its step on its host", () => {
  const { looks, after } = made();
  expect(looks.take("b", "step")).toBeUndefined();
  expect(looks.take("a", "step")?.after).toBe(after);
  expect(looks.take("a", "step")).toBeUndefined();
});

test("what is wanted of another step leaves it behind", () => {
  const { looks } = made();
  expect(looks.take("a", "other")).toBeUndefined();
  expect(looks.take("a", "step")).toBeUndefined();
});

test("nothing is left of it once something else was done on the host", () => {
  const { looks } = made();
  looks.drop("b");
  looks.drop("a");
  expect(looks.take("a", "step")).toBeUndefined();
});

test("whatever else is carried out on its host leaves it behind", async () => {
  const { looks } = made();
  const state = { host: "a" } as HostState;
  const settled = { kind: "settle", host: "a", step: "other", outcome: "skipped", reason: "" } as const;
  for await (const event of perform(settled, state, { ahead: looks } as Work)) expect(event.type).toBe("step-ended");
  expect(looks.take("a", "step")).toBeUndefined();
});

test("one that has been over for more than a second is stale; one that goes on is not", async () => {
  const over = made();
  await Promise.resolve();
  over.clock.at = 1001;
  expect(over.looks.take("a", "step")).toBeUndefined();

  const still = made();
  still.looks.put("a", "step", { ended: new Promise(() => undefined), after: 1 });
  still.clock.at = 60_000;
  expect(still.looks.take("a", "step")?.after).toBe(1);
});
