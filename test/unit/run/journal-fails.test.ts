import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { FaultError } from "../../../src/model/fault.ts";
import { exited, play, runbookOf } from "../../kit/stage.ts";

const TEXT = `
name: stage
title: A problem on the stage
rollout: { batches: [2, 100%] }
steps:
  - id: only
    detect: { run: "echo detect-only" }
    fix: { risk: low, run: "echo fix-only" }
    verify: { within: 1s }
`;

test("a journal that fails while fixes run begins nothing more, and how these fixes end is learned and told", async () => {
  const full = new FaultError({ kind: "journal", message: "no space left on device" });
  const failed = Promise.withResolvers<void>();
  const both = Promise.withResolvers<void>();
  const begun: string[] = [];
  const piece = play({
    loaded: runbookOf(TEXT),
    hosts: ["h1", "h2", "h3"],
    journal: {
      append: async (entries) => {
        if (!entries.some(({ event }) => event.type === "fix-finished")) return;
        failed.resolve();
        throw full;
      },
      [Symbol.asyncDispose]: async () => undefined,
    },
    answer: async (host, script) => {
      if (!script.text.includes("fix-only")) return exited(0, "a problem\n");
      begun.push(host);
      if (begun.length === 2) both.resolve();
      await both.promise;
      if (host === begun[0]) return exited(0);
      await failed.promise;
      // Long after the record has failed.
      await sleep(50);
      return exited(3, "", "it broke");
    },
  });
  const error = await piece.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FaultError);
  const told = (error as FaultError).faults.map(({ message }) => message);
  expect(told[0]).toBe("no space left on device");
  expect(told[1]).toContain(`${begun[0]} (only) ended well, and was not verified`);
  expect(told[1]).toContain(`${begun[1]} (only) failed: the fix exited 3: it broke`);
  expect(begun).toHaveLength(2);
});
