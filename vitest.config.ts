import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/kit/order.ts";
import { ClosingLine } from "./test/kit/reporter.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Hundreds of real hosts and processes share two cores: what passes at its second try is told at the end of the log.
    retry: 1,
    // On two cores: half of the time of these tests is waiting for hosts.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    reporters: ["default", new ClosingLine()],
  },
});
