import { defineConfig } from "vitest/config";
import { ClosingLine } from "../kit/reporter.ts";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*.proof.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Each has emulated processors to keep busy.
    maxWorkers: 1,
    reporters: ["default", new ClosingLine()],
  },
});
