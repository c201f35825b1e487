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
    const living = `cat /proc/[0-9]*/stat 2>/dev/null | grep '(sleep) [^Z]' || :`;
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
