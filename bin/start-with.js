import { spawn } from "node:child_process";
import { constants } from "node:os";

/** The flags in the first line of `runbook.js`. */
const HEAP = ["--max-semi-space-size=8", "--heap-growing-percent=20", "--initial-heap-size=64"];

/**
 * Starts this very command with another Node, and ends as it ends.
 * @param {string} node its path
 */
export function startWith(node) {
  const child = spawn(node, [...HEAP, ...process.argv.slice(1)], { stdio: "inherit" });
  // A terminal sends Ctrl-C to the child as well: it takes two of them in one moment for one.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`runbook: its Node (${node}) does not start: ${error.message}\n`);
    process.exit(70);
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? "SIGTERM"] ?? 15)));
}
