import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually, killIfThere, processesWith, uniqueSleep } from "../kit/processes.ts";
import { type Sshd, startSshd } from "../kit/sshd.ts";
import { workshop } from "../kit/workshop.ts";

/** A fix that does not end by itself, and whose processes do not go when they are asked to. */
const runbook = (sleep: string): string => `name: endless
title: A file that should not be there
hosts: all
inputs: { dir: { type: string } }
steps:
  - id: mend
    detect: { run: 'cd "$dir"; find . -name bad -type f' }
    fix:
      risk: low
      per: host
      timeout: 5m
      run: |
        trap '' TERM
        mv "$dir/bad" "$keep/bad"
        (${sleep}) &
        echo begun >>"$dir/count"
        ${sleep}
    rollback: { run: 'mv "$keep/bad" "$dir/bad"; echo undone >>"$dir/count"' }
    verify: { within: 1s, every: 200ms }
`;

/** Directories of jobs in the host's /run, which is its own. */
function jobs({ pid }: Sshd): string[] {
  return readdirSync(`/proc/${pid}/root/run`).filter((name) => name.startsWith("runbook-job-"));
}

test.concurrent.each([
  ["", []],
  [", on a host that grants a login one session", ["MaxSessions 1"]],
])(
  "stop --kill-jobs ends a fix over SSH with all its processes, and it is rolled back once%s",
  { timeout: 120_000 },
  async (_where, config) => {
    const sleep = uniqueSleep();
    await using shop = await workshop({ "endless.yml": runbook(sleep), bad: "" });
    await using sshd = await startSshd({ before: "mount -t tmpfs tmpfs /run; mkdir /run/sshd", config });
    using _left = { [Symbol.dispose]: () => processesWith(sleep).forEach(({ pid }) => killIfThere(pid)) };
    const host = { ...sshd.vars, dir: shop.directory };
    await shop.write("hosts.yml", JSON.stringify({ all: { hosts: { web1: host } } }));
    const count = join(shop.directory, "count");
    const noted = (): string => (existsSync(count) ? readFileSync(count, "utf8") : "");

    const running = shop.start("run", "./endless.yml", "-i", "hosts.yml", "--approve", "low", "--state", "state");
    expect(await eventually(() => noted() === "begun\n", 60)).toBe(true);
    const asked = await shop.run("stop", "last", "--kill-jobs", "--state", "state");
    expect(asked).toMatchObject({ exit: 0, err: expect.stringContaining("the fixes that run are ended") });
    const { exit, out } = await running.ended;
    expect(exit).toBe(1);
    expect(out).toMatch(/rolled back +the fix was ended by \S+, who stopped the run/);
    expect(processesWith(sleep)).toEqual([]);
    expect(noted()).toBe("begun\nundone\n");
    expect(jobs(sshd)).toEqual([]);
    expect((await shop.run("history", "verify", "last", "--state", "state")).exit).toBe(0);
  },
);
