import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Job, JobEnded } from "../../src/run/ports.ts";
import { dropJobs } from "../../src/script/job-list.ts";
import { script, told, type Way, WAYS } from "../kit/connections.ts";
import { processesWith, uniqueSleep } from "../kit/processes.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const PREFIX = `runbook-job-k${process.pid}.`;
let count = 0;

function job(text: string, over: Partial<Job> = {}): Job {
  count += 1;
  return { ...script(text, { late: "leave" }), name: `${PREFIX}${count}`, secret: false, ...over };
}

function endOf({ ended }: JobEnded): string {
  return ended.kind === "locked" || ended.kind === "missing" ? ended.kind : told(ended).end;
}

afterAll(() => void execFileSync("sh", ["-c", dropJobs(`${PREFIX}*`)]));
describe.concurrent.each(WAYS)("a job whose shell is killed while a command of it is at work: %s", (_name, open) => {
  let way: Way;
  const dir = mkdtempSync(join(tmpdir(), "rb-killed-"));
  beforeAll(async () => {
    way = await open();
  });
  afterAll(async () => {
    await way[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
  });

  it("has ended once that has", async () => {
    await using host = await way.connect();
    const file = join(dir, "killed");
    const ended = await host.job(job(`sh -c 'kill -9 $PPID; sleep 1.5; echo late >${file}'; echo never`));
    expect(endOf(ended)).toBe("exited 137");
    expect(readFileSync(file, "utf8")).toBe("late\n");
  });

  it("has not been killed where it exits above all signals: what it left in the background is not waited for", async () => {
    await using host = await way.connect();
    const file = join(dir, "beyond");
    const ended = await host.job(job(`{ sleep 2; echo late >${file}; } >/dev/null 2>&1 & exit 200`));
    expect(endOf(ended)).toBe("exited 200");
    expect(existsSync(file)).toBe(false);
  });

  it("is ended with it at its deadline", async () => {
    await using host = await way.connect();
    const sleep = uniqueSleep();
    const ended = await host.job(job(`sh -c 'kill -9 $PPID; ${sleep}; :'`, { late: "kill", timeout: 1 }));
    expect(endOf(ended)).toBe("timed-out gone");
    expect(processesWith(sleep)).toEqual([]);
  });
});
