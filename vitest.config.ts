import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/kit/order.ts";
import { ClosingLine } from "./test/kit/reporter.ts";

const UNIT = "test/unit/**/*.test.{ts,tsx}";

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Hundreds of real hosts and processes share two cores: what passes at its second try is told at the end of the log.
    retry: 1,
    // On two cores: half of the time of these tests is waiting for hosts.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    reporters: ["default", new ClosingLine()],
    projects: [
      // Tests of what is pure share their processes: a new one for each of so many files takes longer than what they do.
      { extends: true, test: { name: "unit", include: [UNIT], isolate: false } },
      { extends: true, test: { name: "real", include: ["test/**/*.test.{ts,tsx}"], exclude: [UNIT] } },
    ],
  },
});
