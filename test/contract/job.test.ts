import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Connection, Job, JobEnded, Started } from "../../src/run/ports.ts";
import { endJob } from "../../src/script/job-end.ts";
import { dropJobs, LIST_JOBS } from "../../src/script/job-list.ts";
import { script, told, type Way, WAYS } from "../kit/connections.ts";
import { eventually, killIfThere, processesWith, uniqueSleep } from "../kit/processes.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let count = 0;
const PREFIX = `runbook-job-t${process.pid}.`;

function job(text: string, over: Partial<Job> = {}): Job {
  count += 1;
  return { ...script(text, { late: "leave" }), name: `${PREFIX}${count}`, secret: false, ...over };
}

const FROM_START = { stdout: 0, stderr: 0 };

/** As another process would look for it. */
function sought(of: Job, from = FROM_START, over: Partial<Started> = {}): Started {
  const { name, shell, become, timeout, late } = of;
  return { name, shell, become, timeout, late, from, ...over };
}

function outcome({ ended }: JobEnded): { end: string; stdout: string; stderr: string } {
  if (ended.kind === "locked") return { end: `locked ${JSON.stringify(ended.answer)}`, stdout: "", stderr: "" };
  return ended.kind === "missing" ? { end: `missing ${ended.why}`, stdout: "", stderr: "" } : told(ended);
}

/** The job's directory as the host sees it, wherever it is. */
async function directoryOf(host: Connection, name: string): Promise<string> {
  return told(
    await host.run(script(`ls -d /run/${name} /dev/shm/${name} /var/tmp/${name} /tmp/${name} 2>/dev/null || :`)),
  ).stdout.trim();
}

afterAll(() => void execFileSync("sh", ["-c", dropJobs(`${PREFIX}*`)]));
// Beside each other: they wait most of their time.
describe.concurrent.each(WAYS)("a job: %s", (_name, open) => {
  let way: Way;
  const dir = mkdtempSync(join(tmpdir(), "rb-job-"));
  beforeAll(async () => {
    way = await open();
  });
  afterAll(async () => {
    await way[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
  });

  it("is followed to its end, and told again to whoever asks later, from any byte on", async () => {
    await using host = await way.connect();
    const one = job("echo it\\'s begun; echo oops >&2; printf 'a\\0b\\n'; exit 3");
    const end = { end: "exited 3", stdout: "it's begun\na\0b\n", stderr: "oops\n" };
    const first = await host.job(one);
    expect(outcome(first)).toEqual(end);
    expect(first.read).toEqual({ stdout: 15, stderr: 5 });
    await using later = await way.connect();
    expect(outcome(await later.attach(sought(one)))).toEqual(end);
    expect(outcome(await later.attach(sought(one, { stdout: 5, stderr: 4 })))).toEqual({
      end: "exited 3",
      stdout: "begun\na\0b\n",
      stderr: "\n",
    });
    expect(await directoryOf(later, one.name)).not.toBe("");
    await later.run(script(dropJobs(one.name)));
    expect(outcome(await later.attach(sought(one))).end).toBe("missing gone");
  });

  it("is started once, however often it is sent", async () => {
    await using host = await way.connect();
    const file = join(dir, "once");
    const one = job(`echo x >>${file}; sleep 0.5; exit 4`);
    await using other = await way.connect();
    const both = await Promise.all([host.job(one), other.job(one)]);
    expect(both.map((each) => outcome(each).end)).toEqual(["exited 4", "exited 4"]);
    expect(outcome(await host.job(one)).end).toBe("exited 4");
    expect(readFileSync(file, "utf8")).toBe("x\n");
  });

  it("goes on when nobody follows it any more, and is found while it runs", async () => {
    const file = join(dir, "left");
    const one = job(
      `echo begun; sleep 1.5; i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done; echo done >${file}; exit 5`,
    );
    const abort = new AbortController();
    await using host = await way.connect();
    const left = await host.job(one, { signal: abort.signal, listen: () => abort.abort() });
    expect(outcome(left)).toMatchObject({ end: "lost: interrupted, and left running", stdout: "begun" });
    await host[Symbol.asyncDispose]();
    await using later = await way.connect();
    const found = await later.attach(sought(one, left.read));
    expect(outcome(found).end).toBe("exited 5");
    expect(outcome(found).stdout).toMatch(/^\nline 0\nline 1\n/);
    expect(readFileSync(file, "utf8")).toBe("done\n");
  });

  it("keeps the beginning and the end of what it prints, and counts what lies between", async () => {
    await using host = await way.connect();
    const one = job("i=0; while [ $i -lt 60000 ]; do echo line $i; i=$((i + 1)); done");
    for (const { ended } of [await host.job(one), await host.attach(sought(one))]) {
      if (ended.kind !== "exited") throw new Error(ended.kind);
      const { head, tail, omitted } = ended.stdout;
      expect(head).toMatch(/^line 0\nline 1\n/);
      expect(tail).toMatch(/\nline 59998\nline 59999\n$/);
      expect(head.length + tail.length + omitted).toBe(648_890);
    }
  });

  it("does not wait for what it left in the background, which lives on", async () => {
    await using host = await way.connect();
    const sleep = uniqueSleep();
    expect(outcome(await host.job(job(`${sleep} & echo started; exit 4`)))).toMatchObject({
      end: "exited 4",
      stdout: "started\n",
    });
    expect(await eventually(() => processesWith(sleep).some((seen) => seen.args === sleep))).toBe(true);
    for (const { pid } of processesWith(sleep)) killIfThere(pid);
  });

  it("is left alone when its time is up, and found later", async () => {
    await using host = await way.connect();
    const one = job("sleep 2; exit 6", { timeout: 0.5 });
    expect(outcome(await host.job(one)).end).toBe("timed-out not gone");
    expect(outcome(await host.attach(sought(one, FROM_START, { timeout: 30 }))).end).toBe("exited 6");
  });

  it("is ended by the host with every process of it when it may be killed", async () => {
    await using host = await way.connect();
    const sleep = uniqueSleep();
    const text = `trap 'echo tidied; exit 1' TERM; ${sleep} & env -i ${sleep} & setsid ${sleep} & while :; do sleep 0.1; done`;
    const one = job(text, { late: "kill", timeout: 1 });
    const tidied: unknown = expect.stringMatching(/^(tidied\n)+$/); // a copy of the shell, about to become a sleep, has the trap, too
    expect(outcome(await host.job(one))).toMatchObject({ end: "timed-out gone", stdout: tidied });
    expect(processesWith(sleep).filter((seen) => seen.args === sleep)).toEqual([]);
    expect(outcome(await host.attach(sought(one))).end).toBe("timed-out gone");
  });

  it("is ended by the host though nobody is there, and one that ignores TERM too", async () => {
    const sleep = uniqueSleep();
    const one = job(`trap '' TERM; echo begun; ${sleep}; ${sleep}`, { late: "kill", timeout: 2 });
    const abort = new AbortController();
    {
      await using host = await way.connect();
      await host.job(one, { signal: abort.signal, listen: () => abort.abort() });
    }
    expect(await eventually(() => processesWith(sleep).filter((seen) => seen.args === sleep).length === 0)).toBe(true);
    await using host = await way.connect();
    expect(outcome(await host.attach(sought(one))).end).toBe("timed-out gone");
  });

  it("is ended for a person with every process of it while it is followed, and told so to whoever asks later", async () => {
    await using host = await way.connect();
    const sleep = uniqueSleep();
    const text = `trap 'echo tidied; exit 0' TERM; (trap '' TERM; ${sleep}; ${sleep}) & setsid ${sleep} & echo begun; while :; do sleep 0.1; done`;
    const one = job(text);
    const begun = Promise.withResolvers<void>();
    const followed = host.job(one, { listen: () => begun.resolve() });
    await begun.promise;
    expect(told(await host.beside(script(endJob(one.name))))).toMatchObject({ end: "exited 0", stdout: "gone\n" });
    expect(processesWith(sleep).filter((seen) => seen.args === sleep)).toEqual([]);
    const { ended } = await followed;
    expect(ended).toMatchObject({
      kind: "exited",
      killed: true,
      stdout: { head: expect.stringMatching(/^begun\n(tidied\n)+$/) },
    });
    expect((await host.attach(sought(one))).ended).toMatchObject({ kind: "exited", killed: true });
    expect(told(await host.beside(script(endJob(one.name)))).stdout).toBe("over\n");
    expect(told(await host.run(script(LIST_JOBS))).stdout).toContain(`${one.name} killed`);
    await host.run(script(dropJobs(one.name)));
    expect(await directoryOf(host, one.name)).toBe("");
  });

  it("that has ended is not ended for a person, though it is still being told, and what it left in the background lives on", async () => {
    await using host = await way.connect();
    const sleep = uniqueSleep();
    const one = job(`${sleep} & exit 4`);
    expect(told(await host.beside(script(endJob(one.name)))).stdout).toBe("none\n");
    const followed = host.job(one);
    const isOver = `for place in /run /dev/shm /var/tmp /tmp; do [ ! -e $place/${one.name}/status ] || [ -e $place/${one.name}/going ] || echo over; done`;
    await vi.waitFor(async () => expect(told(await host.beside(script(isOver))).stdout).toBe("over\n"), {
      timeout: 20_000,
      interval: 10,
    });
    expect(told(await host.beside(script(endJob(one.name)))).stdout).toBe("over\n");
    const { ended } = await followed;
    const left = processesWith(sleep).filter((seen) => seen.args === sleep);
    for (const { pid } of left) killIfThere(pid);
    expect(ended).toMatchObject({ kind: "exited", code: 4 });
    expect(ended).not.toHaveProperty("killed");
    expect(left).toHaveLength(1);
  });

  it("says that something of it is left which escaped altogether", async () => {
    await using host = await way.connect();
    const sleep = uniqueSleep();
    const one = job(`env -i setsid ${sleep} & ${sleep}`, { late: "kill", timeout: 1 });
    expect(outcome(await host.job(one)).end).toBe("timed-out not gone");
    const left = processesWith(sleep).filter((seen) => seen.args === sleep);
    expect(left).toHaveLength(1);
    for (const { pid } of left) killIfThere(pid);
  });

  it("is gone though what it left ignores TERM for longer than the job itself", async () => {
    await using host = await way.connect();
    const sleep = uniqueSleep();
    const one = job(`(trap '' TERM; ${sleep}; ${sleep}) & ${sleep}`, { late: "kill", timeout: 1 });
    expect(outcome(await host.job(one)).end).toBe("timed-out gone");
    expect(processesWith(sleep).filter((seen) => seen.args === sleep)).toEqual([]);
  });

  it("is not taken for one that has ended where it kills the shell that started it", async () => {
    await using host = await way.connect();
    expect(outcome(await host.job(job("kill -KILL $PPID; sleep 0.5; exit 3"))).end).toBe("missing died");
  });

  it("is told with the gap in its output where it belongs though it was left in the middle of it", async () => {
    await using host = await way.connect();
    const hold = join(dir, "hold");
    const lines = "i=0; while [ $i -lt 60000 ]; do echo line $i; i=$((i + 1)); done";
    const one = job(`${lines}; while [ ! -e ${hold} ]; do sleep 0.1; done`);
    const abort = new AbortController();
    const left = host.job(one, { signal: abort.signal });
    const place = (): string | undefined =>
      ["/run", "/dev/shm"].find((each) => existsSync(`${each}/${one.name}/out.a`));
    expect(await eventually(() => place() !== undefined)).toBe(true);
    abort.abort();
    const { read } = await left;
    writeFileSync(hold, "");
    await using later = await way.connect();
    const { ended } = await later.attach(sought(one, read));
    if (ended.kind !== "exited") throw new Error(ended.kind);
    const { head, tail, omitted } = ended.stdout;
    expect(read.stdout + head.length).toBe(131_072);
    expect(tail).toMatch(/\nline 59999\n$/);
    expect(131_072 + tail.length + omitted).toBe(648_890);
    rmSync(hold);
  });

  it("is removed when it does not run any more, and not while it does", async () => {
    await using host = await way.connect();
    const sleep = uniqueSleep();
    const one = job(`echo begun; ${sleep}`);
    const abort = new AbortController();
    await host.job(one, { signal: abort.signal, listen: () => abort.abort() });
    await host.run(script(dropJobs(one.name)));
    const directory = await directoryOf(host, one.name);
    expect(directory).not.toBe("");
    for (const { pid } of processesWith(`runbook-job ${directory} `)) killIfThere(pid);
    const listed = async (): Promise<string> => told(await host.run(script(LIST_JOBS))).stdout;
    await vi.waitUntil(async () => (await listed()).includes(`${one.name} died `), 20_000);
    await host.run(script(dropJobs(one.name)));
    expect(await directoryOf(host, one.name)).toBe("");
    for (const { pid } of processesWith(sleep)) killIfThere(pid);
  });

  it("is told from one whose supervisor was killed", async () => {
    await using host = await way.connect();
    const sleep = uniqueSleep();
    const one = job(`echo begun; ${sleep}`);
    const abort = new AbortController();
    await host.job(one, { signal: abort.signal, listen: () => abort.abort() });
    for (const { pid } of processesWith(`runbook-job ${await directoryOf(host, one.name)} `)) killIfThere(pid);
    expect(outcome(await host.attach(sought(one))).end).toBe("missing died");
    for (const { pid } of processesWith(sleep)) killIfThere(pid);
  });

  it("is told from one that ran before its host was booted", async () => {
    await using host = await way.connect();
    const one = job("sleep 1");
    const end = host.job(one);
    expect(await eventually(() => existsSync(`/run/${one.name}/boot`))).toBe(true);
    // What a boot changes and nothing else: the kernel's id of it.
    await host.run(script(":"));
    await end;
    const state = `printf '%-63s\\n' 'running 1 1' >/run/${one.name}/status; echo another >/run/${one.name}/boot`;
    await host.run(script(state));
    expect(outcome(await host.attach(sought(one))).end).toBe("missing rebooted");
  });

  it("gives what a fix starts the signals that it expects", async () => {
    await using host = await way.connect();
    const ended = await host.job(job("sh -c 'grep SigIgn /proc/self/status'"));
    const ignored = BigInt(`0x${/SigIgn:\s*(\w+)/.exec(outcome(ended).stdout)?.[1]}`);
    for (const signal of [1, 2, 13, 15]) expect(ignored & (1n << BigInt(signal - 1))).toBe(0n);
  });

  it("runs in bash where that is wanted, and under set -eu", async () => {
    await using host = await way.connect();
    const inBash = await host.job(job('[[ a == a ]] && echo "$BASH" | grep -c bash', { shell: "bash" }));
    expect(outcome(inBash)).toMatchObject({ end: "exited 0", stdout: "1\n" });
    expect(outcome(await host.job(job("false; echo never"))).end).toBe("exited 1");
    expect(outcome(await host.job(job("echo $unset"))).end).not.toBe("exited 0");
  });
});
