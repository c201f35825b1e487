import { defineConfig } from "vitest/config";
import { ClosingLine } from "./test/kit/reporter.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // On two cores: half of the time of these tests is waiting for hosts.
    maxWorkers: 3,
    reporters: ["default", new ClosingLine()],
  },
});
