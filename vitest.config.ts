import { defineConfig } from "vitest/config";
import { ClosingLine } from "./test/kit/reporter.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: ["default", new ClosingLine()],
  },
});
