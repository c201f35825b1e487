import { expect, test } from "vitest";
import { hostVerdict } from "../../../src/engine/outcome.ts";
import { exited, play, runbookOf } from "../../kit/stage.ts";

const RUNBOOK = `
name: twins
title: One machine under two names
rollout: { batches: [100%], max_unknown: 100% }
steps:
  - id: only
    detect: { run: "echo detect-only" }
    fix: { risk: low, run: "echo fix-only" }
`;

test("a look that began before the machine was fixed under its other name is done again, whenever it ends", async () => {
  const fixes: string[] = [];
  const proven = Promise.withResolvers<void>();
  let slow = true;
  const { state } = await play({
    loaded: runbookOf(RUNBOOK),
    hosts: ["h1", "h2"],
    machine: () => "m",
    answer: async (host, script) => {
      if (script.text.includes("fix-only")) {
        fixes.push(host);
        return exited(0);
      }
      if (host !== "h2" || !slow) return exited(0, fixes.length > 0 ? "" : "a problem\n");
      slow = false;
      await proven.promise;
      return exited(0, "a problem\n");
    },
    onEntry: ({ event }) => {
      if (event.type === "verified") proven.resolve();
    },
  });
  expect(fixes).toEqual(["h1"]);
  expect([...state.hosts.values()].map((host) => hostVerdict(host).outcome)).toEqual(["fixed", "clear"]);
});
