import type { Reporter, TestModule } from "vitest/node";

/** Ends the log with what passed at its second try and one plain line, `N passed, N failed, N skipped`; with RUNBOOK_NO_SKIPS set, a skipped test fails the run. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const states = tests.map((test) => test.result().state);
    for (const test of tests.filter((each) => each.diagnostic()?.flaky === true)) {
      process.stdout.write(`passed at its second try: ${test.module.relativeModuleId} > ${test.fullName}\n`);
    }
    const tally = (state: string): number => states.filter((each) => each === state).length;
    const skipped = tally("skipped");
    process.stdout.write(`${tally("passed")} passed, ${tally("failed")} failed, ${skipped} skipped\n`);
    if (skipped > 0 && process.env["RUNBOOK_NO_SKIPS"] !== undefined) {
      process.stdout.write("A test was skipped, and none may be here.\n");
      process.exitCode = 1;
    }
  }
}
