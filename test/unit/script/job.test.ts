import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startJob } from "../../../src/script/job.ts";

const COUNT = 30;

describe.each(["dash", "bash --norc", "busybox sh"])("a job that has ended, in %s", (shell) => {
  let places: string;
  beforeAll(() => {
    places = mkdtempSync("/run/rb-places-");
  });
  afterAll(() => rmSync(places, { recursive: true }));

  it("leaves no process", { timeout: 60_000 }, () => {
    const jobs = Array.from({ length: COUNT }, (_, each) =>
      startJob(
        { purpose: "write", shell: "sh", pipefail: false },
        { name: `runbook-job-over.${each}`, script: each % 2 === 0 ? ":" : "sleep 0.01", deadline: 600, secret: false },
        "MARK",
      ),
    );
    // The first process of its own namespace, where nobody else's are to be seen; the dead ones there wait for it to collect them.
    const there = `cat /proc/[0-9]*/stat 2>/dev/null | grep '(sleep) [^Z]'`;
    // One that was told to end needs a moment for it on a busy machine, and what is left sleeps for longer than that.
    const living = `i=0; while [ $i -lt 50 ] && ${there} >/dev/null; do sleep 0.1; i=$((i + 1)); done; ${there} || :`;
    const script = jobs.map((text) => `${text}${living}`).join("\n");
    const inside = `mount --bind ${places} /run; s=$(cat); eval "$s"`;
    const { stdout, stderr } = spawnSync(
      "unshare",
      ["--mount", "--pid", "--fork", "--mount-proc", ...shell.split(" "), "-c", inside],
      { input: script, encoding: "utf8" },
    );
    expect(stderr.replaceAll("\nMARK\n", "")).toBe("");
    expect(stdout).toBe("\nMARK ended 0 0 0\n".repeat(COUNT));
    expect(readdirSync(places)).toHaveLength(COUNT);
  });
});
