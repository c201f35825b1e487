import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { network } from "../kit/network.ts";
import { eventually, killIfThere, processesWith } from "../kit/processes.ts";
import { type Sshd, type SshdOptions, startSshd } from "../kit/sshd.ts";
import { workshop, type Ran, type Workshop } from "../kit/workshop.ts";

vi.setConfig({ testTimeout: 240_000 });

/** The fix and what undoes it say so in a file of the host. `cut` is what the fix does to the way in, `mend` what takes that back. */
const RUNBOOK = `name: cut
title: A file that should not be there
hosts: all
inputs: { dir: { type: string }, cut: { type: string }, mend: { type: string } }
steps:
  - id: mend
    detect: { run: 'cd "$dir"; find . -name bad -type f' }
    fix:
      risk: low
      per: host
      timeout: 10s
      run: |
        mv "$dir/bad" "$keep/bad"
        echo fixed >>"$dir/count"
        eval "$cut"
    verify: { within: 1s, every: 200ms }
    rollback:
      timeout: 10s
      unless_reconnect: 5s
      run: |
        mv "$keep/bad" "$dir/bad"
        echo undone >>"$dir/count"
        eval "$mend"
        echo "as it was"
`;

type Scene = AsyncDisposable & {
  readonly shop: Workshop;
  readonly sshd: Sshd;
  /** `runbook run` with these for \`cut\` and \`mend\`. */
  argv(cut: string, mend?: string): readonly string[];
  /** What the fix and the rollback did, as the host itself counts. */
  done(): string;
};

async function scene(options: SshdOptions = {}): Promise<Scene> {
  const shop = await workshop({ "cut.yml": RUNBOOK, bad: "" });
  const dir = shop.directory;
  const sshd = await startSshd({ before: "mount -t tmpfs tmpfs /run; mkdir /run/sshd", ...options });
  await shop.write("hosts.yml", JSON.stringify({ all: { hosts: { web1: sshd.vars } } }));
  const run = ["run", "./cut.yml", "-i", "hosts.yml", "--approve", "low", "--state", "state"];
  return {
    shop,
    sshd,
    argv: (cut, mend = ":") => [
      ...run,
      ...[`dir=${dir}`, `cut=${cut}`, `mend=${mend}`].flatMap((each) => ["--input", each]),
    ],
    done: () => (existsSync(join(dir, "count")) ? readFileSync(join(dir, "count"), "utf8") : ""),
    [Symbol.asyncDispose]: async () => {
      for (const { pid } of processesWith(join(sshd.dir, "sshd_config"))) killIfThere(pid);
      await sshd[Symbol.asyncDispose]();
      await shop[Symbol.asyncDispose]();
    },
  };
}

const told = ({ exit, out, err }: Ran): string => `exit ${exit}\n${out}${err}`;

/** Directories of jobs in the host's /run, which is its own. */
function jobs({ sshd }: Scene): string[] {
  return readdirSync(`/proc/${sshd.pid}/root/run`).filter((name) => name.startsWith("runbook-job-"));
}

const BY_ITSELF =
  /rolled back .*nobody logged in again within 5 s, and the host rolled it back by itself; it is found as before/;
/** A login now, and whether it finds what a job left. */
const look = (at: Scene) => at.shop.run("jobs", "-i", "hosts.yml", "--state", "state");
const NOTHING_LEFT = "exit 0\nno jobs are left on these hosts\n";

describe.concurrent("a fix that cuts its own way in is undone by its host", () => {
  test("where new logins are refused and the connection lives on", async () => {
    await using at = await scene();
    const config = join(at.sshd.dir, "sshd_config");
    const cut = `cp ${config} ${config}.was; echo 'DenyUsers root' >>${config}; kill -HUP ${at.sshd.pid}`;
    const ran = told(await at.shop.run(...at.argv(cut, `cp ${config}.was ${config}; kill -HUP ${at.sshd.pid}`)));
    expect(ran).toMatch(/^exit 1\n/);
    expect(ran).toMatch(BY_ITSELF);
    expect(at.done()).toBe("fixed\nundone\n");
    expect(jobs(at)).toEqual([]);
    expect(told(await look(at))).toBe(NOTHING_LEFT);
  });

  test("where sshd is stopped and does not come up any more", async () => {
    await using at = await scene();
    const config = join(at.sshd.dir, "sshd_config");
    const start = `/usr/sbin/sshd -f ${config} -E ${at.sshd.dir}/log`;
    const cut = `cp ${config} ${config}.was; echo Nonsense >>${config}; kill ${at.sshd.pid}; ${start} || echo it does not start`;
    const ran = told(await at.shop.run(...at.argv(cut, `cp ${config}.was ${config}; ${start}`)));
    expect(ran).toMatch(/^exit 1\n/);
    expect(ran).toMatch(BY_ITSELF);
    expect(at.done()).toBe("fixed\nundone\n");
    expect(told(await look(at))).toBe(NOTHING_LEFT);
  });

  test("where its network is cut", async () => {
    using net = network();
    await using at = await scene({ network: net });
    const link = (how: string): string => `ip link set ${net.device} ${how}`;
    const ran = told(await at.shop.run(...at.argv(link("down"), link("up"))));
    expect(ran).toMatch(/^exit 1\n/);
    expect(ran).toMatch(BY_ITSELF);
    expect(at.done()).toBe("fixed\nundone\n");
    expect(jobs(at)).toEqual([]);
    expect(told(await look(at))).toBe(NOTHING_LEFT);
  });

  test("and is in doubt where nobody gets in again, until somebody does", async () => {
    using net = network();
    await using at = await scene({ network: net });
    const ran = told(await at.shop.run(...at.argv(`ip link set ${net.device} down`, "echo no >&2; exit 4")));
    expect(ran).toMatch(/^exit 1\n[^]*in doubt/);
    expect(at.done()).toBe("fixed\nundone\n");
    net.ip("link", "set", net.device, "up");
    const resumed = told(await at.shop.run("resume", "last", "--state", "state"));
    expect(resumed).toMatch(
      /^exit 1\n[^]*failed .*the host rolled it back by itself; the rollback exited 4: no; it is found as before/,
    );
    expect(at.done()).toBe("fixed\nundone\n");
    expect(told(await look(at))).toBe(NOTHING_LEFT);
  });
});

describe.concurrent("a fix that leaves the way in alone", () => {
  test("is disarmed at a new login and proved, and is not undone later", async () => {
    await using at = await scene();
    const ran = told(await at.shop.run(...at.argv(":")));
    expect(ran).toMatch(/^exit 0\n[^]*fixed/);
    expect(jobs(at)).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 9000));
    expect(at.done()).toBe("fixed\n");
    const shown = await at.shop.run("history", "show", "last", "--state", "state", "--json");
    expect(shown.out.match(/"type":"reached"/g)).toHaveLength(2);
    expect(shown.out.match(/"type":"disarmed"/g)).toHaveLength(1);
  });

  test.each([
    ["fails", "exit 3", /the fix exited 3/],
    ["does not help", 'touch "$dir/bad"', /it is still there/],
  ])("and that %s is rolled back once, by us", async (_name, cut, why) => {
    await using at = await scene();
    const ran = told(await at.shop.run(...at.argv(cut)));
    expect(ran).toMatch(/^exit 1\n[^]*rolled back/);
    expect(ran).toMatch(why);
    expect(ran).not.toContain("by itself");
    await new Promise((resolve) => setTimeout(resolve, 9000));
    expect(at.done()).toBe("fixed\nundone\n");
    expect(jobs(at)).toEqual([]);
  });

  test("is not begun with --no-jobs", async () => {
    await using at = await scene();
    const ran = told(await at.shop.run(...at.argv(":"), "--no-jobs"));
    expect(ran).toMatch(/^exit 2\n[^]*with --no-jobs nothing on the host could undo it/);
    expect(at.done()).toBe("");
  });
});

/** Kills a run once its fix has begun. */
async function killed(at: Scene, cut: string): Promise<void> {
  const running = at.shop.start(...at.argv(cut));
  expect(await eventually(() => at.done() === "fixed\n")).toBe(true);
  running.child.kill("SIGKILL");
  await running.ended;
}

describe.concurrent("a fix whose controller is killed before it is disarmed", () => {
  test("is undone by its host, which whoever resumes the run is told", async () => {
    await using at = await scene();
    await killed(at, "sleep 2");
    const listed = told(await look(at));
    expect(listed).toMatch(/^exit 2\n/);
    expect(listed).toMatch(/web1 {2}runbook-job-\S+timer\S+ {2}armed {2}its run may go on/);
    expect(await eventually(() => at.done() === "fixed\nundone\n")).toBe(true);
    const resumed = told(await at.shop.run("resume", "last", "--state", "state"));
    expect(resumed).toMatch(/^exit 1\n/);
    expect(resumed).toMatch(BY_ITSELF);
    expect(at.done()).toBe("fixed\nundone\n");
    expect(jobs(at)).toEqual([]);
  });

  test("is kept by whoever resumes the run in time, once it is known to have ended", async () => {
    await using at = await scene();
    await killed(at, "sleep 4");
    const resumed = told(await at.shop.run("resume", "last", "--state", "state"));
    expect(resumed).toMatch(/^exit 0\n[^]*fixed/);
    await new Promise((resolve) => setTimeout(resolve, 9000));
    expect(at.done()).toBe("fixed\n");
    expect(jobs(at)).toEqual([]);
  });
});
