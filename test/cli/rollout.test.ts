import { expect, test } from "vitest";
import { entriesOf, localJob, sweep, verdictsOf } from "../kit/shelf.ts";

const run = ["run", "job", "-i", "hosts.yml", "-y", "--json"] as const;
const top = (rollout: string): string => `inputs: { dir: { type: string } }\nrollout: ${rollout}\n`;
const files = { "a/x.bad": "", "b/x.bad": "", "c/here": "" };

test("where more hosts need a fix than may, none is fixed, and it is said why", async () => {
  await using shop = await localJob(sweep(), { hosts: ["a", "b", "c"], files, top: top("{ max_affected: 1 }") });
  const { exit, out } = await shop.run(...run);
  const why = "found: 2 hosts need a fix; with more than 1, none starts";
  expect({ exit, verdicts: verdictsOf(out) }).toEqual({
    exit: 2,
    verdicts: { "a sweep": why, "b sweep": why, "c sweep": "clear" },
  });
});

test("the next batch opens only after the time that the runbook gives the one before", async () => {
  await using shop = await localJob(sweep(), {
    hosts: ["a", "b", "c"],
    files,
    top: top("{ batches: [1], soak: 1500ms }"),
  });
  const { exit, out } = await shop.run(...run);
  expect(exit).toBe(0);
  const entries = entriesOf(out);
  const first = entries.find(({ event }) => event.type === "step-ended" && event.outcome === "fixed");
  const second = entries.findLast(({ event }) => event.type === "admitted");
  expect(second?.event).toMatchObject({ batch: 2 });
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1500);
});

test("a limit on a group that the inventory does not have is told", async () => {
  await using shop = await localJob(sweep(), { files, top: top("{ groups: { yarn: 1 } }") });
  const { err } = await shop.run(...run);
  expect(err).toContain("job: warning: the inventory has no group `yarn`, so `rollout.groups` limits nothing there");
});
