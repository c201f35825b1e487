import { describe, expect, it, vi } from "vitest";
import type { Connection } from "../../src/run/ports.ts";
import { dropLock, lockAnswer, underLock, type Claim } from "../../src/script/lock.ts";
import { connected, plainSsh, script, told } from "../kit/connections.ts";
import { type Sshd, startSshd } from "../kit/sshd.ts";
import { addUser } from "../kit/user.ts";

vi.setConfig({ testTimeout: 90_000 });

const MARK = "rb-mark";

function claim(run: string, over: Partial<Claim> = {}): Claim {
  return { run, place: 1, by: "ada lovelace@bastion", since: 1_700_000_000, need: 300, within: null, ...over };
}

/** What the host says to a claim: `in` where the script ran, then its words. */
async function ask(host: Connection, wanted: Claim, become: string | null = null): Promise<unknown> {
  const { end, stdout } = told(await host.run(script(underLock(wanted, "echo in", MARK), { become })));
  const [, line = ""] = new RegExp(`${MARK} (.*)`).exec(stdout) ?? [];
  const began = stdout.endsWith("in\n");
  expect(end).toBe(began ? "exited 0" : "exited 75");
  return line === "" ? began : { began, ...lockAnswer(line.split(" ")) };
}

async function drop(host: Connection, run: string, become: string | null = null): Promise<void> {
  await host.run(script(dropLock({ run, place: 1 }), { become }));
}

async function entries(host: Connection): Promise<string[]> {
  const { stdout } = told(await host.run(script("cd /dev/shm; ls -d runbook-lock,* 2>/dev/null || :")));
  return stdout.split("\n").filter((line) => line !== "");
}

const ADA = { run: "r1", by: "ada_lovelace@bastion", since: 1_700_000_000_000 };
const KEPT_OUT = { began: false, kind: "locked", holder: ADA, owner: "root", why: "live" };

describe.each(["dash", "bash", "busybox"] as const)("the lock of a host, in %s", (shell) => {
  it("is had by one run at a time, is had again by the same, and is given back by it alone", async () => {
    await using sshd = await startSshd({ shell });
    await using host = await connected(plainSsh(), sshd.host());
    expect(await ask(host, claim("r1"))).toBe(true);
    expect(await ask(host, claim("r1"))).toBe(true);
    expect(await ask(host, claim("r1", { place: 2 }))).toBe(true);
    expect(await ask(host, claim("r2"))).toEqual(KEPT_OUT);
    await drop(host, "r2");
    await drop(host, "r1");
    // Another name of the same machine in the same run has it still.
    expect(await ask(host, claim("r2"))).toEqual(KEPT_OUT);
    await host.run(script(dropLock({ run: "r1", place: 2 })));
    expect(await entries(host)).toEqual([]);
    expect(await ask(host, claim("r2"))).toBe(true);
  });

  it("tells whoever has seen something before another gave it back, for as long as that may matter", async () => {
    await using sshd = await startSshd({ shell });
    await using host = await connected(plainSsh(), sshd.host());
    expect(await ask(host, claim("r1"))).toBe(true);
    await drop(host, "r1");
    const past = { began: false, kind: "past", holder: ADA };
    expect(await ask(host, claim("r2", { within: 20 }))).toEqual(past);
    // It has the lock, and its own past is no news to it.
    expect(await ask(host, claim("r3"))).toMatchObject({ began: false, kind: "locked" });
    expect(await ask(host, claim("r2", { within: null }))).toBe(true);
    await drop(host, "r2");
    expect(await ask(host, claim("r1", { within: 20 }))).toMatchObject({ kind: "past", holder: { run: "r2" } });
    await host.run(script("sleep 0.2"));
    await drop(host, "r1");
    await host.run(script("sleep 0.3"));
    expect(await ask(host, claim("r4", { within: 0.1 }))).toBe(true);
    await drop(host, "r4");
    // The last word of each of two runs: whoever comes is one of them at most, and more than the newest of the others tells nobody more.
    const { stdout } = told(await host.run(script("cd /dev/shm; for f in runbook-lock-past,*; do echo $f; done")));
    expect([...new Set(stdout.match(/,r\d/g))].toSorted()).toEqual([",r1", ",r4"]);
  });

  it("is had by one of many that come at the same moment", async () => {
    await using sshd = await startSshd({ shell });
    const runs = ["r1", "r2", "r3", "r4", "r5", "r6"];
    const hosts = await Promise.all(runs.map(() => connected(plainSsh(), sshd.host())));
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all(hosts.map((host, at) => ask(host, claim(`${runs[at]}x${round}`))));
      const had = answers.filter((answer) => answer === true);
      const [host] = hosts;
      if (host === undefined) throw new Error("no host");
      expect(had.length).toBeLessThanOrEqual(1);
      expect(await entries(host)).toHaveLength(had.length);
      for (const run of runs) await drop(host, `${run}x${round}`);
    }
    for (const host of hosts) await host[Symbol.asyncDispose]();
  });

  it("that is too late is stale only once no job of its run lives, and then is told with its holder", async () => {
    await using sshd = await startSshd({ shell });
    await using host = await connected(plainSsh(), sshd.host());
    await using other = await connected(plainSsh(), sshd.host());
    const late = claim("r1", { need: -121 });
    expect(await ask(host, late)).toBe(true);
    const name = "runbook-job-r1.1.mend.1";
    const begun = Promise.withResolvers<void>();
    const job = {
      ...script("echo begun; until [ -e /dev/shm/go ]; do sleep 0.1; done", { late: "leave" }),
      name,
      secret: false,
    };
    const running = host.job(job, { listen: () => begun.resolve() });
    await begun.promise;
    expect(await ask(other, claim("r2"))).toEqual({ ...KEPT_OUT, why: "job" });
    await other.run(script(": >/dev/shm/go"));
    await running;
    expect(await ask(other, claim("r2", { within: 1e6 }))).toEqual({ began: false, kind: "past", holder: ADA });
    await drop(other, "r2");
    expect(await ask(other, late)).toBe(true);
    expect(await ask(other, claim("r2"))).toEqual({ began: true, kind: "held", over: ADA });
    expect(await entries(host)).toEqual([expect.stringMatching(/^runbook-lock,r2,/)]);
    await host.run(script(`rm -rf /run/${name}`));
  });

  it("is asked for in the exec that starts a job, which begins nothing and leaves nothing where another has it", async () => {
    await using sshd = await startSshd({ shell });
    await using host = await connected(plainSsh(), sshd.host());
    const job = (run: string) => ({
      ...script(`echo ran >>/dev/shm/count`, { late: "leave" as const }),
      name: `runbook-job-${run}.1.mend.${shell}`,
      secret: false,
      lock: claim(run),
    });
    expect((await host.job(job("r1"))).ended).toMatchObject({ kind: "exited", code: 0 });
    expect((await host.job(job("r2"))).ended).toEqual({
      kind: "locked",
      answer: { kind: "locked", holder: ADA, owner: "root", why: "live" },
    });
    const left = told(await host.run(script("cat /dev/shm/count; ls -d /run/runbook-job-r2.* 2>/dev/null || :")));
    expect(left.stdout).toBe("ran\n");
    await drop(host, "r1");
    expect(await ask(host, claim("r3", { need: -121 }))).toBe(true);
    expect(await host.job(job("r2"))).toMatchObject({
      ended: { kind: "exited", code: 0 },
      over: { ...ADA, run: "r3" },
    });
    await host.run(script("rm -rf /run/runbook-job-r[12].1.mend.*"));
  });
});

async function withUser(before: string): Promise<{ sshd: Sshd; user: Awaited<ReturnType<typeof addUser>> }> {
  const user = await addUser("USER ALL=(ALL) NOPASSWD: ALL");
  return { user, sshd: await startSshd({ before }) };
}

describe("the lock of a host and its users", () => {
  it("is the same for all of them: only root, or who has made it, may find it stale or take it away", async () => {
    const { sshd, user } = await withUser(":");
    await using _sshd = sshd;
    await using _user = user;
    await using host = await connected(plainSsh(), sshd.host({ user: user.name }));
    expect(await ask(host, claim("r1", { need: -121 }), "root")).toBe(true);
    expect(await ask(host, claim("r2"))).toEqual({ ...KEPT_OUT, why: "foreign" });
    await drop(host, "r1");
    expect(await entries(host)).toHaveLength(1);
    expect(await ask(host, claim("r2"), "root")).toMatchObject({ began: true, over: ADA });
    await drop(host, "r2", "root");
    expect(await ask(host, claim("r1"))).toBe(true);
    expect(await ask(host, claim("r2"), "root")).toEqual({ ...KEPT_OUT, owner: user.name });
  });

  it("is not broken by what others put there: it is told whose it is", async () => {
    const { sshd, user } = await withUser(":");
    await using _sshd = sshd;
    await using _user = user;
    await using host = await connected(plainSsh(), sshd.host({ user: user.name }));
    await host.run(script("ln -s /etc '/dev/shm/runbook-lock,;reboot\n rb-mark held x'"));
    expect(await ask(host, claim("r1"), "root")).toMatchObject({ began: false, why: "odd", owner: user.name });
    expect(await ask(host, claim("r1"))).toMatchObject({ began: false, why: "odd", owner: user.name });
  });

  it("is kept where root has made a place for it, which shuts out who may not write there", async () => {
    const { sshd, user } = await withUser("mount -t tmpfs own /run; mkdir -m 755 /run/runbook /run/sshd");
    await using _sshd = sshd;
    await using _user = user;
    await using host = await connected(plainSsh(), sshd.host({ user: user.name }));
    expect(await ask(host, claim("r1"))).toEqual({ began: false, kind: "barred", path: "/run/runbook/runbook-lock" });
    expect(await ask(host, claim("r1"), "root")).toBe(true);
    expect(await entries(host)).toEqual([]);
  });

  it("is taken though the memory that it lies in is full", async () => {
    await using sshd = await startSshd({
      before: "mount -t tmpfs -o size=64k,mode=1777 full /dev/shm; cat /dev/zero >/dev/shm/full 2>/dev/null || :",
    });
    await using host = await connected(plainSsh(), sshd.host());
    expect(await ask(host, claim("r1"))).toBe(true);
    expect(await ask(host, claim("r2"))).toEqual(KEPT_OUT);
  });
});
