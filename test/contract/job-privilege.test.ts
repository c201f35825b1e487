import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { localConnector } from "../../src/connect/local.ts";
import type { Connection, Job, JobEnded } from "../../src/run/ports.ts";
import { endJob } from "../../src/script/job-end.ts";
import { dropJobs } from "../../src/script/job-list.ts";
import { Secret } from "../../src/model/secret.ts";
import { connected, plainSsh, script, told } from "../kit/connections.ts";
import { allProcesses, eventually, processesWith, uniqueSleep } from "../kit/processes.ts";
import { type Sshd, startSshd } from "../kit/sshd.ts";
import { addUser, PASSWORD } from "../kit/user.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd({ config: ["PasswordAuthentication yes"] });
});
afterEach(() => void vi.unstubAllEnvs());
afterAll(() => sshd[Symbol.asyncDispose]());

let count = 0;
const PREFIX = `runbook-job-p${process.pid}.`;

function job(text: string, over: Partial<Job> = {}): Job {
  count += 1;
  return { ...script(text, { late: "leave" }), name: `${PREFIX}${count}`, secret: false, ...over };
}

function outcome({ ended }: JobEnded): { end: string; stdout: string } {
  if (ended.kind === "locked") return { end: `locked ${JSON.stringify(ended.answer)}`, stdout: "" };
  if (ended.kind === "missing") return { end: `missing ${ended.why}`, stdout: "" };
  const { end, stdout } = told(ended);
  return { end, stdout };
}

/** Runs it, forgets it, finds it again, and clears up as whoever ran it. */
async function twice(host: Connection, one: Job): Promise<readonly [object, object]> {
  const first = await host.job(one);
  const again = await host.attach({ ...one, from: { stdout: 0, stderr: 0 } });
  await host.run(script(dropJobs(one.name), { become: one.become }));
  return [outcome(first), outcome(again)];
}

/** Shell text that covers a directory with a file system of which every byte is taken; or with an empty one in memory. */
const full = (dir: string): string =>
  `mount -t tmpfs -o size=64k tmpfs ${dir}; mkdir ${dir}/sshd; cat /dev/zero >${dir}/full 2>/dev/null || :`;
const memory = (dir: string): string => `mount -t tmpfs -o size=1m tmpfs ${dir}; mkdir ${dir}/sshd`;
const PLACES = ["/dev/shm", "/var/tmp", "/tmp"];

describe("a job under sudo", () => {
  const secret = new Secret(PASSWORD);
  it.each([
    ["without a password", "USER ALL=(ALL) NOPASSWD: ALL", undefined],
    ["with a password", "USER ALL=(ALL) ALL", secret],
    ["with a password, in a terminal of sudo's own", "Defaults:USER use_pty\nUSER ALL=(ALL) ALL", secret],
  ])("runs as who it should, and is found as the same: %s", async (_name, rules, becomePassword) => {
    await using user = await addUser(rules);
    await using host = await connected(plainSsh(), sshd.host({ user: user.name, becomePassword }));
    const root = { end: "exited 3", stdout: "root /root\n" };
    const say = 'echo "$(id -un) $HOME"; exit 3';
    expect(await twice(host, job(say, { become: "root" }))).toEqual([root, root]);
    const own = { end: "exited 3", stdout: `${user.name} ${user.home}\n` };
    expect(await twice(host, job(say))).toEqual([own, own]);
  });

  it.each(["USER ALL=(ALL) NOPASSWD: ALL", "Defaults:USER use_pty\nUSER ALL=(ALL) NOPASSWD: ALL"])(
    "is ended at its own privilege when its time is up, and goes on when its connection is closed: %s",
    async (rules) => {
      await using user = await addUser(rules);
      const sleep = uniqueSleep();
      const killed = job(`echo begun; trap '' TERM; ${sleep} & ${sleep}`, { become: "root", timeout: 2, late: "kill" });
      const left = job("echo begun; sleep 2; exit 7", { become: "root" });
      for (const one of [killed, left]) {
        await using host = await connected(plainSsh(), sshd.host({ user: user.name }));
        const abort = new AbortController();
        expect(outcome(await host.job(one, { signal: abort.signal, listen: () => abort.abort() })).end).toMatch(
          /^lost/,
        );
      }
      await using host = await connected(plainSsh(), sshd.host({ user: user.name }));
      const from = { stdout: 0, stderr: 0 };
      expect(outcome(await host.attach({ ...killed, timeout: 60, from })).end).toBe("timed-out gone");
      expect(await eventually(() => !processesWith(sleep).some((seen) => seen.args === sleep))).toBe(true);
      expect(outcome(await host.attach({ ...left, from })).end).toBe("exited 7");
      await host.run(script(dropJobs(`${PREFIX}*`), { become: "root" }));
    },
  );
});

describe("where a job is kept", () => {
  it("has nothing of its text in any file or argument list", async () => {
    await using host = await connected(plainSsh(), sshd.host());
    const one = job("token=hunter2-in-job; sleep 1; echo over");
    const running = host.job(one);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(allProcesses().filter((seen) => seen.args.includes("hunter2"))).toEqual([]);
    const look = `cd /run/${one.name}; ls -ld "$PWD"; cat ./*`;
    const seen = told(await (await connected(plainSsh(), sshd.host())).run(script(look))).stdout;
    expect(seen).toMatch(/^drwx------/);
    expect(seen).toContain("running ");
    expect(seen).not.toContain("hunter2");
    expect(outcome(await running).end).toBe("exited 0");
    await host.run(script(dropJobs(one.name)));
  });

  it("is the first place that takes a file, and it is refused where there is none", async () => {
    await using server = await startSshd({
      before: [...["/run", "/dev/shm"].map(full), memory("/var/tmp")].join("; "),
    });
    await using host = await connected(plainSsh(), server.host());
    const end = { end: "exited 2", stdout: "wrote\n" };
    expect(await twice(host, job("echo wrote; exit 2"))).toEqual([end, end]);
    expect(told(await host.run(script("ls -A /run /dev/shm /var/tmp"))).stdout).not.toContain("runbook-job");
    // What sshd itself needs must lie elsewhere.
    vi.stubEnv("TMPDIR", "/srv");
    await using barren = await startSshd({ before: ["/run", ...PLACES].map(full).join("; ") });
    await using other = await connected(plainSsh(), barren.host());
    const sleep = uniqueSleep();
    const refused = await other.job(job(sleep));
    if (refused.ended.kind !== "refused") throw new Error(refused.ended.kind);
    expect(refused.ended.fault.message).toContain("no place on the host");
    expect(refused.ended.fault.hint).toContain("--no-jobs");
    expect(processesWith(sleep).filter((seen) => seen.args === sleep)).toEqual([]);
  });

  it("goes on to a known end though its place is full by then", async () => {
    await using server = await startSshd({ before: memory("/run") });
    await using host = await connected(plainSsh(), server.host());
    const one = job(
      "cat /dev/zero >/run/full 2>/dev/null || :; echo said; i=0; while [ $i -lt 5000 ]; do echo $i; i=$((i + 1)); done; exit 9",
    );
    const [first, again] = await twice(host, one);
    expect([first, again]).toMatchObject([{ end: "exited 9" }, { end: "exited 9" }]);
  });

  it("goes on to its end though its place takes no further file for what it prints", async () => {
    const places = ["/dev/shm", "/var/tmp", "/tmp"].map(full).join("; ");
    vi.stubEnv("TMPDIR", "/srv");
    // One more than a job begins with: the first file for the end of its output, and not the second.
    await using server = await startSshd({
      before: `${places}; mount -t tmpfs -o size=1m,nr_inodes=9 tmpfs /run; mkdir /run/sshd`,
    });
    await using host = await connected(plainSsh(), server.host());
    const { ended } = await host.job(job("i=0; while [ $i -lt 80000 ]; do echo $i; i=$((i + 1)); done; exit 9"));
    if (ended.kind !== "exited") throw new Error(ended.kind);
    expect(ended.code).toBe(9);
    expect(ended.stdout.omitted).toBeGreaterThan(0);
  });

  it("has nothing of its text in any environment, whatever is in the one that it begins with", async () => {
    vi.stubEnv("s", "exported");
    await using host = await connected(localConnector(), { ...sshd.host(), connection: "local" });
    const one = job("token=hunter2-exported; grep -ls hunter2-export[e]d /proc/[0-9]*/environ || echo none");
    expect(outcome(await host.job(one))).toEqual({ end: "exited 0", stdout: "none\n" });
    await host.run(script(dropJobs(one.name)));
  });

  it("is in memory where it has secrets, and it is refused where that cannot be", async () => {
    await using server = await startSshd({ before: full("/dev/shm") });
    await using host = await connected(plainSsh(), server.host());
    const refused = await host.job(job("echo never", { secret: true }));
    if (refused.ended.kind !== "refused") throw new Error(refused.ended.kind);
    await using other = await startSshd({ before: memory("/dev/shm") });
    await using roomy = await connected(plainSsh(), other.host());
    const one = job("ls -d /dev/shm/runbook-job-* /run/runbook-job-* 2>/dev/null || :", { secret: true });
    const [first] = await twice(roomy, one);
    expect(first).toMatchObject({ end: "exited 0", stdout: expect.stringContaining(one.name) });
  });

  it("is ended for a person at its own privilege, and not without it", async () => {
    await using user = await addUser("USER ALL=(ALL) NOPASSWD: ALL");
    await using host = await connected(plainSsh(), sshd.host({ user: user.name }));
    const sleep = uniqueSleep();
    const begun = Promise.withResolvers<void>();
    const one = job(`echo begun; (trap '' TERM; ${sleep}; ${sleep}) & ${sleep}`, { become: "root" });
    const followed = host.job(one, { listen: () => begun.resolve() });
    await begun.promise;
    expect(told(await host.beside(script(endJob(one.name)))).stdout).toBe("none\n");
    expect(processesWith(sleep).filter((seen) => seen.args === sleep)).not.toEqual([]);
    expect(told(await host.beside(script(endJob(one.name), { become: "root" }))).stdout).toBe("gone\n");
    expect((await followed).ended).toMatchObject({ kind: "exited", killed: true });
    expect(processesWith(sleep).filter((seen) => seen.args === sleep)).toEqual([]);
    await host.run(script(dropJobs(one.name), { become: "root" }));
  });

  it("is not one that somebody else has made", async () => {
    await using user = await addUser("USER ALL=(ALL) NOPASSWD: ALL");
    await using host = await connected(plainSsh(), sshd.host({ user: user.name }));
    const one = job("echo mine");
    await host.run(script(`mkdir -m 777 /var/tmp/${one.name}; echo 'ended 0 0 - 0 -' >/var/tmp/${one.name}/status`));
    const [first] = await twice(host, { ...one, become: "root" });
    expect(first).toEqual({ end: "exited 0", stdout: "mine\n" });
    await host.run(script(`rm -rf /var/tmp/${one.name}`));
  });
});

describe("a job on a host", () => {
  it("whose login prints noise is told without it", async () => {
    const noisy = `ForceCommand sh -c 'echo noise; echo more >&2; eval "$SSH_ORIGINAL_COMMAND"'`;
    await using server = await startSshd({ config: [noisy] });
    await using host = await connected(plainSsh(), server.host());
    const end = { end: "exited 0", stdout: "word\n" };
    expect(await twice(host, job("echo word"))).toEqual([end, end]);
  });

  it("that has no setsid runs, outlives its connection, and is ended when its time is up", async () => {
    const before = "mount --bind /dev/null /usr/bin/setsid";
    await using server = await startSshd({ before });
    const sleep = uniqueSleep();
    const left = job("echo begun; sleep 1; exit 5");
    {
      await using host = await connected(plainSsh(), server.host());
      expect(told(await host.run(script("command -v setsid || echo none"))).stdout).toBe("none\n");
      const abort = new AbortController();
      await host.job(left, { signal: abort.signal, listen: () => abort.abort() });
    }
    await using host = await connected(plainSsh(), server.host());
    expect(outcome(await host.attach({ ...left, from: { stdout: 0, stderr: 0 } })).end).toBe("exited 5");
    const killed = job(`${sleep} & ${sleep}`, { late: "kill", timeout: 1 });
    expect(outcome(await host.job(killed)).end).toBe("timed-out gone");
    expect(processesWith(sleep).filter((seen) => seen.args === sleep)).toEqual([]);
    const begun = Promise.withResolvers<void>();
    const followed = host.job(job(`echo begun; ${sleep} & ${sleep}`), { listen: () => begun.resolve() });
    await begun.promise;
    expect(told(await host.beside(script(endJob(`${PREFIX}${count}`)))).stdout).toBe("gone\n");
    expect((await followed).ended).toMatchObject({ kind: "exited", killed: true });
    expect(processesWith(sleep).filter((seen) => seen.args === sleep)).toEqual([]);
    await host.run(script(dropJobs(`${PREFIX}*`)));
  });
});
