import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ailmentIn } from "../../src/engine/ailment.ts";
import type { Connection, Ended, Job } from "../../src/run/ports.ts";
import { connected, faultOf, plainSsh, script, told } from "../kit/connections.ts";
import { limited } from "../kit/limited.ts";
import { eventually, killIfThere, processesWith, uniqueSleep } from "../kit/processes.ts";
import { type SickHost, startSick } from "../kit/sick.ts";
import { loginsOf, startSshd } from "../kit/sshd.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

/** What a script's end says of its host. */
function ails(ended: Ended): unknown {
  if (ended.kind === "refused") return ended.fault.kind;
  return ailmentIn(ended.stderr.head);
}

/** What the jobs of this file are called; some of its hosts have this machine's /run. */
const JOBS = `runbook-job-sick${process.pid}.1.`;
afterAll(() => {
  for (const name of readdirSync("/run")) if (name.startsWith(JOBS)) rmSync(join("/run", name), { recursive: true });
});

/** A fix that says that it ran. */
function fix(name: string, over: Partial<Job> = {}): Job {
  return { ...script("echo fixed", { late: "kill", timeout: 20 }), name: `${JOBS}${name}`, secret: false, ...over };
}

async function looks(host: Connection): Promise<void> {
  const detect = script(
    'read -r up idle </proc/uptime; df -P / | while read -r fs size used free pct at; do echo "$at"; done',
  );
  expect(told(await host.run(detect))).toMatchObject({ end: "exited 0", stderr: "" });
}

describe("a host whose disk is sick", () => {
  let sick: SickHost;
  beforeAll(async () => {
    sick = await startSick();
  });
  afterAll(() => sick[Symbol.asyncDispose]());

  const fill = (...places: readonly string[]): Promise<string> =>
    sick.inside.must(places.map((place) => `cat /dev/zero >${place}/filler 2>/dev/null || :`).join("; "));

  it("is looked at and fixed where its root disk is full, by a job in memory; who wants to write there hears why not", async () => {
    await fill("/var");
    await using host = await connected(plainSsh(), sick.host());
    await looks(host);
    for (const shell of ["sh", "bash"] as const) {
      expect(ails(await host.run(script("cp /etc/passwd /var/copy", { shell })))).toBe("disk-full");
    }
    expect((await host.job(fix("full"))).ended).toMatchObject({ kind: "exited", code: 0, stdout: { head: "fixed\n" } });
    await sick.inside.must("rm /var/filler /var/copy");
  });

  it("begins no job where nothing takes a file, and says that the disk is full", async () => {
    await fill("/var", "/run", "/dev/shm");
    await using host = await connected(plainSsh(), sick.host());
    await looks(host);
    const { ended } = await host.job(fix("nowhere"));
    expect(ended).toMatchObject({ kind: "refused", fault: { kind: "disk-full" } });
    expect(await sick.inside.must("find / -xdev -name '*nowhere*'; ls /run /dev/shm")).not.toContain("nowhere");
    await sick.inside.must("rm /var/filler /run/filler /dev/shm/filler");
  });

  it("is looked at and fixed where its root is read-only, or has no /tmp", async () => {
    await sick.inside.must("mount -o remount,ro /");
    await using host = await connected(plainSsh(), sick.host());
    await looks(host);
    expect(ails(await host.run(script("cp /etc/passwd /var/copy")))).toBe("read-only");
    expect(ails(await host.run(script("echo x >/var/x")))).toBe("read-only");
    expect((await host.job(fix("ro"))).ended).toMatchObject({ kind: "exited", code: 0 });
    await sick.inside.must("mount -o remount,rw /; rm -rf /tmp");
    await looks(host);
    expect(told(await host.run(script("cat <<E\nhere\nE", { shell: "bash" }))).stdout).toBe("here\n");
    expect((await host.job(fix("notmp"))).ended).toMatchObject({ kind: "exited", code: 0 });
    await sick.inside.must("mkdir -m 1777 /tmp");
  });

  it("is looked at where its clock is years off and it has a thousand things to do; a stand-in for both", async () => {
    // The clock is that of `date` alone, since only the kernel's owner can set the real one; and of the load only its number.
    await sick.inside.write("/usr/local/bin/date", "#!/bin/sh\necho 946684800\n", 0o755);
    await sick.inside.must(
      "mkdir -p /run/over; echo '512.00 498.13 377.20 501/1403 4242' >/run/over/load; mount --bind /run/over/load /proc/loadavg",
    );
    await using host = await connected(plainSsh(), sick.host());
    const ended = told(await host.run(script("date +%s; read -r load x </proc/loadavg; echo $load")));
    expect(ended).toEqual({ end: "exited 0", stdout: "946684800\n512.00\n", stderr: "" });
    expect((await host.job(fix("late"))).ended).toMatchObject({ kind: "exited", code: 0 });
  });
});

describe.each(["dash", "busybox"] as const)("a host that is out of processes: %s", (shell) => {
  it("answers at once whatever still can, and knows what was not begun", async () => {
    await using few = limited();
    await using sshd = await startSshd({ shell, before: few.join });
    await using host = await connected(plainSsh(), sshd.host());
    const pipe = script("ls / | head -1");
    const alone = loginsOf(sshd.pid).length + 2;
    // The session's shell, then one for each process that it may add to itself.
    few.processes(alone);
    expect(ails(await host.run(pipe))).toBe("no-processes");
    few.processes(alone + 1);
    expect(await host.run(pipe)).toMatchObject({ kind: "refused", fault: { kind: "no-processes" } });
    expect(await host.run(script("echo $$"))).toMatchObject({ kind: "refused", fault: { kind: "no-processes" } });
    few.processes(alone + 2);
    expect(told(await host.run(script("read -r up idle </proc/uptime; echo $((1 + 1))"))).stdout).toBe("2\n");
    expect(ails(await host.run(pipe))).toBe("no-processes");
    for (const more of [1, 2, 3]) {
      few.processes(alone + more);
      const { ended } = await host.job(fix(`few${more}`));
      expect(ended).toMatchObject({ kind: "refused" });
    }
    few.processes("max");
    expect((await host.job(fix("many"))).ended).toMatchObject({ kind: "exited", code: 0 });
    few.processes(2);
    const fault = await faultOf(plainSsh({ connectTimeoutMs: 1500 }), sshd.host());
    expect(fault).toMatchObject({ kind: "unreachable", message: "closed by the host before the login" });
    expect(fault.hint).toContain("out of processes");
  });
});

describe("a host that is short of memory", () => {
  it("says so, where a program does", async () => {
    // Room for a shell and small programs, and no more.
    await using sshd = await startSshd({ before: "ulimit -v 60000" });
    await using host = await connected(plainSsh(), sshd.host());
    await looks(host);
    expect(
      ails(await host.run(script("x=$(head -c 200000000 /dev/zero | tr '\\0' y); echo ${#x}", { shell: "bash" }))),
    ).toBe("no-memory");
    expect((await host.job(fix("small"))).ended).toMatchObject({ kind: "exited", code: 0 });
  });
});

describe("a host that says too much or nothing", () => {
  it("is cut short where a look prints a gigabyte or without end, and keeps bytes that are not UTF-8", async () => {
    await using sshd = await startSshd();
    await using host = await connected(plainSsh(), sshd.host());
    for (const text of ["head -c 1000000000 /dev/zero", "exec yes >&2"]) {
      expect(told(await host.run(script(text))).end).toBe("flooded gone");
    }
    const { stdout } = told(await host.run(script("printf 'caf\\351\\n'")));
    expect(stdout).toBe("caf\udce9\n");
    const much = await host.job(fix("much", { text: "head -c 10000000 /dev/zero | tr '\\0' x; echo end" }));
    expect(much.ended).toMatchObject({ kind: "exited", code: 0, stdout: { tail: expect.stringMatching(/xend\n$/) } });
  });

  it("is lost where its sshd is killed under a look, and is reached again", async () => {
    await using sshd = await startSshd();
    await using host = await connected(plainSsh(), sshd.host());
    const sleep = uniqueSleep();
    const run = host.run(script(sleep));
    expect(await eventually(() => processesWith(sleep).length > 0)).toBe(true);
    for (const login of loginsOf(sshd.pid)) killIfThere(login);
    expect(told(await run).end).toMatch(/^lost: /);
    await using again = await connected(plainSsh(), sshd.host());
    await looks(again);
  });

  it("is told from one that is not there: an sshd that is stopped takes connections and never speaks", async () => {
    await using sshd = await startSshd();
    process.kill(sshd.pid, "SIGSTOP");
    const fault = await faultOf(plainSsh({ connectTimeoutMs: 700 }), sshd.host());
    process.kill(sshd.pid, "SIGCONT");
    expect(fault.message).toMatch(
      /^timed out: 127\.0\.0\.1 port \d+ takes connections, but no SSH server spoke within 1 s$/,
    );
    expect(fault.hint).toContain("console");
    await using host = await connected(plainSsh(), sshd.host());
    await looks(host);
  });
});
