import type { Reporter, TestModule } from "vitest/node";

/** Ends the log with one plain line, `N passed, N failed, N skipped`; with RUNBOOK_NO_SKIPS set, a skipped test fails the run. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const states = modules.flatMap((module) => [...module.children.allTests()]).map((test) => test.result().state);
    const tally = (state: string): number => states.filter((each) => each === state).length;
    const skipped = tally("skipped");
    process.stdout.write(`${tally("passed")} passed, ${tally("failed")} failed, ${skipped} skipped\n`);
    if (skipped > 0 && process.env["RUNBOOK_NO_SKIPS"] !== undefined) {
      process.stdout.write("A test was skipped, and none may be here.\n");
      process.exitCode = 1;
    }
  }
}
