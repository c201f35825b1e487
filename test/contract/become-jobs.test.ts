import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Host } from "../../src/model/inventory.ts";
import type { Connection, Job, JobEnded } from "../../src/run/ports.ts";
import { endJob } from "../../src/script/job-end.ts";
import { dropJobs } from "../../src/script/job-list.ts";
import { connected, plainSsh, script, told } from "../kit/connections.ts";
import { type OwnEtc, startOwnEtc } from "../kit/own-etc.ts";
import { eventually, processesWith, uniqueSleep } from "../kit/processes.ts";
import { means, RIGHT } from "../kit/refusals.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let there: OwnEtc;
beforeAll(async () => {
  there = await startOwnEtc();
});
afterAll(() => there[Symbol.asyncDispose]());

/** Ways to become another user, and who that is. */
const WAYS: readonly (readonly [name: string, arrange: () => { host: Host; become: string }])[] = [
  [
    "su",
    () => {
      const host = there.user({ hash: "*" }).host({ becomeMeans: means("su"), becomePassword: RIGHT });
      return { host, become: there.user().name };
    },
  ],
  [
    "doas, asked on a terminal",
    () => {
      const user = there.doer("permit USER");
      return { host: user.host({ becomeMeans: means("doas"), becomePassword: RIGHT }), become: "root" };
    },
  ],
  [
    "sudo, asked on a terminal",
    () => {
      const user = there.sudoer("Defaults:USER requiretty, !use_pty\nUSER ALL=(ALL) ALL");
      return { host: user.host({ becomePassword: RIGHT }), become: "root" };
    },
  ],
];

let count = 0;
const PREFIX = `runbook-job-b${process.pid}.`;

function job(text: string, over: Partial<Job>): Job {
  count += 1;
  return { ...script(text, { late: "leave" }), name: `${PREFIX}${count}`, secret: false, ...over };
}

function outcome({ ended }: JobEnded): { readonly end: string; readonly stdout: string } {
  if (ended.kind === "locked" || ended.kind === "missing") return { end: ended.kind, stdout: "" };
  const { end, stdout } = told(ended);
  return { end, stdout };
}

const NOTHING = { stdout: 0, stderr: 0 };

/** Starts a job on a connection that is closed as soon as it has printed. */
async function leave(host: Host, one: Job): Promise<void> {
  await using connection: Connection = await connected(plainSsh(), host);
  const abort = new AbortController();
  const { end } = outcome(await connection.job(one, { signal: abort.signal, listen: () => abort.abort() }));
  expect(end).toMatch(/^lost/);
}

describe.concurrent.each(WAYS)("a job under %s", (_name, arrange) => {
  it("runs as who it should, goes on without its connection, is found again, and ended with all that is its", async () => {
    const { host, become } = arrange();
    const sleep = uniqueSleep();
    const whole = job("id -un; exit 3", { become });
    const left = job("echo begun; sleep 1; echo over; exit 7", { become });
    const killed = job(`echo begun; setsid ${sleep} & ${sleep}`, { become, timeout: 1, late: "kill" });
    await leave(host, left);
    await leave(host, killed);
    await using connection = await connected(plainSsh(), host);
    const end = { end: "exited 3", stdout: `${become}\n` };
    expect(outcome(await connection.job(whole))).toEqual(end);
    expect(outcome(await connection.attach({ ...whole, from: NOTHING }))).toEqual(end);
    expect(outcome(await connection.attach({ ...left, from: NOTHING }))).toEqual({
      end: "exited 7",
      stdout: "begun\nover\n",
    });
    expect(outcome(await connection.attach({ ...killed, timeout: 60, from: NOTHING })).end).toBe("timed-out gone");
    expect(await eventually(() => processesWith(sleep).every(({ args }) => args !== sleep))).toBe(true);

    const begun = Promise.withResolvers<void>();
    const stopped = job(`echo begun; ${sleep} & ${sleep}`, { become });
    const followed = connection.job(stopped, { listen: () => begun.resolve() });
    await begun.promise;
    expect(told(await connection.beside(script(endJob(stopped.name), { become }))).stdout).toBe("gone\n");
    expect((await followed).ended).toMatchObject({ kind: "exited", killed: true });
    expect(processesWith(sleep).filter(({ args }) => args === sleep)).toEqual([]);
    await connection.run(
      script([whole, left, killed, stopped].map(({ name }) => dropJobs(name)).join("\n"), { become }),
    );
  });
});
