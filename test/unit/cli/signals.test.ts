import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** Listens as a run does, while a program that it has started ends before it has read its input. */
const SCRIPT = `
import { spawn } from "node:child_process";
import { listenToSignals } from "${import.meta.dirname}/../../../src/cli/signals.ts";
const signals = listenToSignals(new AbortController(), { out: () => undefined, err: () => undefined });
const child = spawn("true", { stdio: "pipe" });
child.stdin.on("error", (error) => console.log(error.code));
child.stdin.end("x".repeat(1_000_000));
await new Promise((ended) => child.once("close", ended));
await new Promise((soon) => setTimeout(soon, 50));
console.log("interrupted:", signals.interrupted);
`;

test("a program of ours that ends before it has read its input stops no run", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", SCRIPT]);
  expect(stdout).toBe("EPIPE\ninterrupted: false\n");
});
