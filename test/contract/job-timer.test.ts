import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Connection, Job, JobEnded, Started } from "../../src/run/ports.ts";

import { dropJobs, keptJobs, LIST_JOBS } from "../../src/script/job-list.ts";
import { disarmTimer } from "../../src/script/job-timer.ts";
import { connected, plainSsh, script, told, type Way, WAYS } from "../kit/connections.ts";
import { eventually, killIfThere, processesWith, uniqueSleep } from "../kit/processes.ts";
import { startSshd } from "../kit/sshd.ts";
import { addUser, PASSWORD } from "../kit/user.ts";
import { Secret } from "../../src/model/secret.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const PREFIX = `runbook-job-d${process.pid}.1.`;
const dir = mkdtempSync(join(tmpdir(), "rb-timer-"));
afterAll(() => {
  execFileSync("sh", ["-c", dropJobs(`${PREFIX}*`)]);
  rmSync(dir, { recursive: true });
});
let count = 0;

/** `stem`: what the names of the fix and of its timer begin with, and no other's. */
type Armed = Job & { readonly timer: NonNullable<Job["timer"]>; readonly file: string; readonly stem: string };

/** A fix and what undoes it; both say in one file what they do. */
function armed(text: string, after: number, over: Partial<Job> = {}): Armed {
  count += 1;
  const file = join(dir, String(count));
  const stem = `${PREFIX}${count}.`;
  const timer = {
    name: `${stem}timer`,
    text: `echo undone >>${file}; echo back; exit 3`,
    timeout: 20,
    after,
  };
  return {
    ...script(`${text}; echo fixed >>${file}`, { late: "leave" }),
    name: `${stem}fix`,
    secret: false,
    timer,
    file,
    stem,
    ...over,
  };
}

function said({ file }: Armed): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

function sought({ shell, become, timer }: Armed): Started {
  return { name: timer.name, shell, become, timeout: 60, late: "kill", from: { stdout: 0, stderr: 0 } };
}

function end({ ended }: JobEnded): string {
  if (ended.kind === "locked") return ended.kind;
  return ended.kind === "missing" ? `missing ${ended.why}` : `${told(ended).end} ${told(ended).stdout}`;
}

async function disarm(host: Connection, { timer, become }: Armed): Promise<string> {
  return told(await host.run(script(disarmTimer(timer.name), { become }))).stdout;
}

describe.concurrent.each(WAYS)("the timer of a fix: %s", (_name, open) => {
  let way: Way;
  beforeAll(async () => {
    way = await open();
  });
  afterAll(() => way[Symbol.asyncDispose]());

  it("does nothing once it is disarmed, and leaves nothing", async () => {
    const one = armed("echo begun", 2);
    {
      await using host = await way.connect();
      expect(end(await host.job(one))).toBe("exited 0 begun\n");
    }
    await using host = await way.connect();
    const list = async () =>
      keptJobs(told(await host.run(script(LIST_JOBS))).stdout).filter(({ name }) => name.startsWith(one.stem));
    const kept = { name: one.timer.name, run: `d${process.pid}`, code: null };
    expect(await list()).toContainEqual({ ...kept, state: "armed" });
    await host.run(script(dropJobs(`${one.stem}*`)));
    expect(await list()).toEqual([{ ...kept, state: "armed" }]);
    expect(await disarm(host, one)).toBe("disarmed\n");
    expect(await disarm(host, one)).toBe("disarmed\n");
    expect(await list()).toEqual([{ ...kept, state: "disarmed" }]);
    expect(end(await host.attach(sought(one)))).toBe("missing unfired");
    expect(await list()).toEqual([{ ...kept, state: "disarmed" }]);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(said(one)).toBe("fixed\n");
    await host.run(script(dropJobs(`${one.stem}*`)));
    expect(await list()).toEqual([]);
    expect(await disarm(host, one)).toBe("gone\n");
    expect(processesWith(one.timer.name)).toEqual([]);
  });

  it("undoes the fix once where nobody disarms it, and whoever comes later is told", async () => {
    const one = armed("echo begun", 1);
    {
      await using host = await way.connect();
      await host.job(one);
    }
    expect(await eventually(() => said(one) === "fixed\nundone\n")).toBe(true);
    await using host = await way.connect();
    expect(await disarm(host, one)).toBe("fired\n");
    for (const _ of [1, 2]) expect(end(await host.attach(sought(one)))).toBe("exited 3 back\n");
    expect(said(one)).toBe("fixed\nundone\n");
  });

  it("lets a slow fix come to its end first, with nobody there", async () => {
    const one = armed("echo begun; sleep 4", 1);
    const abort = new AbortController();
    {
      await using host = await way.connect();
      await host.job(one, { signal: abort.signal, listen: () => abort.abort() });
    }
    expect(await eventually(() => said(one).includes("undone"))).toBe(true);
    expect(said(one)).toBe("fixed\nundone\n");
  });

  it.each(["leave", "kill"] as const)(
    "takes one that never ends (%s) for ended when its time is up, and ends it first",
    async (late) => {
      const sleep = uniqueSleep();
      const one = armed(`echo begun; ${sleep}`, 1, { timeout: 2, late });
      await using host = await way.connect();
      const first = await host.job(one);
      expect(end(first)).not.toContain("exited 0");
      expect(end(await host.attach(sought(one)))).toBe("exited 3 back\n");
      expect(said(one)).toBe("undone\n");
      expect(processesWith(sleep).filter((seen) => seen.args === sleep)).toEqual([]);
    },
  );

  it("undoes a fix whose own process was killed, and is told from one that was killed itself", async () => {
    const sleep = uniqueSleep();
    const two = [armed(`echo begun; ${sleep}`, 1), armed(`echo begun`, 60)] as const;
    await using host = await way.connect();
    const abort = new AbortController();
    await host.job(two[0], { signal: abort.signal, listen: () => abort.abort() });
    for (const { pid } of processesWith(`runbook-job /run/${two[0].name} `)) killIfThere(pid);
    expect(end(await host.attach(sought(two[0])))).toBe("exited 3 back\n");
    expect(said(two[0])).toBe("undone\n");
    expect(processesWith(sleep).filter((seen) => seen.args === sleep)).toEqual([]);
    await host.job(two[1]);
    for (const { pid } of processesWith(`runbook-job /run/${two[1].timer.name} `)) killIfThere(pid);
    expect(end(await host.attach(sought(two[1])))).toBe("missing died");
    expect(await disarm(host, two[1])).toBe("disarmed\n");
    rmSync(`/run/${two[0].name}`, { recursive: true });
  });

  it("is either disarmed or undoes the fix, at whatever moment somebody comes", async () => {
    const many = Array.from({ length: 12 }, () => armed(":", 1));
    const words = await Promise.all(
      many.map(async (one, at) => {
        await using host = await way.connect();
        await host.job(one);
        await new Promise((resolve) => setTimeout(resolve, 1300 + 150 * at));
        const word = await disarm(host, one);
        const later = end(await host.attach(sought(one)));
        return `${word}${later} ${said(one)}`;
      }),
    );
    const whole = new Set(["disarmed\nmissing unfired fixed\n", "fired\nexited 3 back\n fixed\nundone\n"]);
    expect(words.filter((each) => !whole.has(each))).toEqual([]);
  });

  it("gives what it starts the signals that it expects", async () => {
    await using host = await way.connect();
    const one = armed(":", 1);
    const timer = { ...one.timer, text: "sh -c 'grep SigIgn /proc/self/status'" };
    await host.job({ ...one, timer });
    const told = end(await host.attach(sought(one)));
    const ignored = BigInt(`0x${/SigIgn:\s*(\w+)/.exec(told)?.[1]}`);
    for (const signal of [1, 2, 13, 15]) expect(ignored & (1n << BigInt(signal - 1))).toBe(0n);
  });
});

describe("a fix whose timer cannot be armed", () => {
  it.each([
    ["without a clock", "mount --bind /dev/null /proc/uptime", "timer that would undo it could not be armed"],
    [
      "without room",
      "mount -t tmpfs -o nr_inodes=9 tmpfs /run; mkdir /run/sshd; for p in /dev/shm /var/tmp /tmp; do mount -t tmpfs -o nr_inodes=1 tmpfs $p; done",
      "no place on the host",
    ],
  ])("does not begin: %s", async (_name, before, why) => {
    vi.stubEnv("TMPDIR", "/srv");
    await using server = await startSshd({ before });
    vi.unstubAllEnvs();
    await using host = await connected(plainSsh(), server.host());
    const one = armed("echo begun", 1);
    const { ended } = await host.job(one);
    if (ended.kind !== "refused") throw new Error(ended.kind);
    expect(ended.fault.message).toContain(why);
    expect(said(one)).toBe("");
    const run = `/proc/${server.pid}/root/run`;
    expect(readdirSync(run).filter((name) => name.startsWith(one.stem))).toEqual([]);
  });
});

describe.concurrent("the timer of a fix under sudo", () => {
  it.each(["USER ALL=(ALL) NOPASSWD: ALL", "USER ALL=(ALL) ALL", "Defaults:USER use_pty\nUSER ALL=(ALL) ALL"])(
    "outlives the login, is disarmed at its own privilege, and undoes the fix at it: %s",
    async (rules) => {
      await using sshd = await startSshd();
      await using user = await addUser(rules);
      const becomePassword = new Secret(PASSWORD);
      const login = () => connected(plainSsh(), sshd.host({ user: user.name, becomePassword }));
      const [undone, kept] = [armed("id -un", 1, { become: "root" }), armed("id -un", 2, { become: "root" })];
      for (const one of [undone, kept]) {
        await using host = await login();
        expect(end(await host.job(one))).toBe("exited 0 root\n");
      }
      await using host = await login();
      expect(await disarm(host, kept)).toBe("disarmed\n");
      expect(end(await host.attach(sought(undone)))).toBe("exited 3 back\n");
      expect(said(undone)).toBe("fixed\nundone\n");
      expect(end(await host.attach(sought(kept)))).toBe("missing unfired");
      expect(said(kept)).toBe("fixed\n");
      const names = [undone, kept].flatMap(({ name, timer }) => [name, timer.name]);
      await host.run(script(names.map(dropJobs).join("\n"), { become: "root" }));
    },
  );
});

describe("the timer of a fix on a host without setsid", () => {
  it("outlives the login, and undoes the fix", async () => {
    await using server = await startSshd({ before: "mount --bind /dev/null /usr/bin/setsid" });
    const one = armed("echo begun", 1);
    {
      await using host = await connected(plainSsh(), server.host());
      await host.job(one);
    }
    expect(await eventually(() => said(one) === "fixed\nundone\n")).toBe(true);
    await using host = await connected(plainSsh(), server.host());
    expect(end(await host.attach(sought(one)))).toBe("exited 3 back\n");
    await host.run(script(dropJobs(`${one.stem}*`)));
  });
});
