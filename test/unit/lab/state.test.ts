import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type KnownProcess, end, identify, readState, runs, writeState } from "../../../src/lab/state.ts";

const started: ReturnType<typeof spawn>[] = [];

async function sleeper(script = "sleep 60"): Promise<KnownProcess> {
  const child = spawn("/bin/sh", ["-c", `echo ready; ${script}`], { stdio: ["ignore", "pipe", "ignore"] });
  started.push(child);
  await once(child.stdout, "data");
  const process = identify(child.pid ?? 0);
  if (process === null) throw new Error("it ended at once");
  return process;
}

afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

describe("a known process", () => {
  it("runs until it is ended", async () => {
    const process = await sleeper("exec sleep 60");
    expect(runs(process)).toBe(true);
    await end(process, 5000);
    expect(runs(process)).toBe(false);
  });

  it("is killed when it ignores a polite request", async () => {
    const process = await sleeper("trap '' TERM; while :; do sleep 1; done");
    await end(process, 200);
    await expect.poll(() => runs(process)).toBe(false);
  });

  it("is not taken for a later one with the same number", async () => {
    const process = await sleeper("exec sleep 60");
    const earlier = { pid: process.pid, started: String(Number(process.started) - 1) };
    expect(runs(earlier)).toBe(false);
    await end(earlier, 200);
    expect(runs(process)).toBe(true);
  });

  it("is nobody where there is no such number", () => {
    expect(identify(2 ** 22 + 1)).toBeNull();
  });
});

describe("the record of a lab", () => {
  it("reads back as it was written, and a broken one counts as none", () => {
    const directory = mkdtempSync(join(tmpdir(), "runbook-state-"));
    const server = { pid: 4711, started: "99" };
    const host = { name: "xen1", port: 2201, about: "sick", init: { pid: 4712, started: "100" } };
    expect(readState(directory)).toBeNull();
    writeState(directory, { server, isolation: "namespaces", hosts: [host] });
    expect(readState(directory)).toEqual({ server, isolation: "namespaces", hosts: [host] });
    writeFileSync(join(directory, "lab.json"), '{"server":');
    expect(readState(directory)).toBeNull();
    rmSync(directory, { recursive: true });
  });
});
