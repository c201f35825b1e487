import { execFileSync, spawnSync } from "node:child_process";
import { cp, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../kit/processes.ts";
import { sweep } from "../kit/shelf.ts";
import { startSystemdHost, type SystemdHost } from "../kit/systemd-host.ts";

const ROOT = resolve(import.meta.dirname, "../..");

const UNITS = join(ROOT, "contrib/systemd");

/** A program that brings what ssh says to a port. */
const THROUGH = `#!/usr/local/bin/node
const socket = require("node:net").connect(Number(process.argv[3]), process.argv[2]);
process.stdin.pipe(socket).pipe(process.stdout);
`;

const SCHEDULES = `timezone: UTC
inventory: hosts.yml
schedules:
  - { name: minutely, runbook: job, cron: "* * * * *", approve: low }
  - { name: secondly, runbook: job, cron: "* * * * * *", approve: low, window: [{ from: "00:00", to: "12:00" }, { from: "12:00", to: "24:00" }] }
  - { name: looks, check: [job], cron: "@daily" }
`;

/** Takes its time, and tells when it has begun. */
const SLOW = `name: slow
title: A slow job
hosts: app1
steps:
  - id: sweep
    detect: { run: "cd /mnt/disk; find . -name '*.slow'", findings: { file: string } }
    fix: { risk: low, run: 'touch /mnt/disk/begun; sleep 2; rm -- "/mnt/disk/$file"' }
`;

/** How the steps of a run ended, from its entries as JSON lines. */
function ended(entries: string): readonly { readonly host: unknown; readonly outcome: unknown }[] {
  return entries
    .split("\n")
    .filter((line) => line.includes('"step-ended"'))
    .map((line) => JSON.parse(line))
    .map(({ host, outcome }) => ({ host, outcome }));
}

describe("what others start, on a machine with a real systemd and a real sshd", { timeout: 240_000 }, () => {
  let host: SystemdHost;
  /** The program as it is installed, and a desk with schedules: the machine sees neither our /tmp nor our /run. */
  let place: string;
  const runbook = (...argv: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(place, "bin/runbook.js"), ...argv], {
      cwd: place,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: place, TZ: "UTC", RUNBOOK_STATE: join(place, "state") },
    });
    return { status, stdout, stderr };
  };
  const isThere = () => host.must("ls /mnt/disk").includes("x.bad");

  beforeAll(async () => {
    const modules = await realpath(join(ROOT, "node_modules"));
    host = await startSystemdHost({ units: {}, disk: 16, shows: [modules, dirname(process.execPath)] });
    place = await realpath(await mkdtemp("/var/tmp/rb-installed-"));
    for (const part of ["bin", "dist", "package.json"]) {
      await cp(join(ROOT, part), join(place, part), { recursive: true });
    }
    await symlink(modules, join(place, "node_modules"));
    await cp(join(ROOT, "runbooks"), join(place, "runbooks"), { recursive: true });
    await writeFile(
      join(place, "runbooks/job.yml"),
      `name: job\ntitle: A job\ninputs: { dir: { type: string, default: /mnt/disk } }\nsteps:\n${sweep()}`,
    );
    await writeFile(join(place, "runbooks/slow.yml"), SLOW);
    await writeFile(join(place, "hosts.yml"), JSON.stringify({ all: { hosts: { app1: host.vars } } }));
    await writeFile(join(place, "schedules.yml"), SCHEDULES);
  });
  afterAll(async () => {
    await host[Symbol.asyncDispose]();
    await rm(place, { recursive: true, force: true });
  });

  test("the command of an exported line of a crontab fixes, and is quiet where all is clear", () => {
    const { stdout } = runbook("schedule", "export", "minutely", "--crontab");
    const line = stdout.split("\n").find((each) => each.startsWith("* * * * * ")) ?? "";
    // As cron does: with little in the environment, and \% for %.
    const env = { PATH: "/usr/bin:/bin", HOME: place, LOGNAME: "root" };
    const command = line.slice("* * * * * ".length).replaceAll(String.raw`\%`, "%");
    const fire = () => spawnSync("/bin/sh", ["-c", command], { cwd: "/", encoding: "utf8", env });
    expect(command).toContain(" run job ");
    expect(fire()).toMatchObject({ status: 0, stdout: "", stderr: "" });
    host.must("touch /mnt/disk/x.bad");
    expect(fire()).toMatchObject({ status: 0, stdout: expect.stringContaining("1 fixed") });
    expect(isThere()).toBe(false);
  });

  test("exported units do so when their time has come", async () => {
    expect(runbook("schedule", "export", "--systemd", "--dir", "units")).toMatchObject({ status: 0 });
    execFileSync("systemd-analyze", ["verify", join(place, "units/runbook-looks.timer")]);
    host.must(`touch /mnt/disk/x.bad; cp ${place}/units/*.service ${place}/units/*.timer /etc/systemd/system/`);
    host.must("systemctl daemon-reload; systemctl start runbook-looks.service 2>&1 || :");
    expect(host.must("systemctl show -p ExecMainStatus --value runbook-looks").trim()).toBe("2");
    host.must("systemctl start runbook-secondly.timer");
    expect(await eventually(() => !isThere(), 60)).toBe(true);
    host.must("systemctl stop runbook-secondly.timer; systemctl stop runbook-secondly.service; systemctl reset-failed");
    host.must("systemctl start runbook-looks.service");
    expect(runbook("history", "--json").stdout).toContain('"exit":0');
  });

  /** Installs the program and the shipped unit as docs/schedules.md says, on a machine whose /etc, /opt, /usr/local/bin and /var/lib are its own. */
  const install = async (schedules: string) => {
    await cp(UNITS, join(place, "systemd"), { recursive: true });
    const { ansible_ssh_private_key_file: key, ansible_ssh_common_args: args, ...vars } = host.vars;
    const known = String(args).split("=").at(-1);
    // Once by ours, once by the system's own ssh with a command between.
    const between = { runbook_connection: "openssh", ansible_ssh_common_args: `-o ProxyCommand="/opt/through %h %p"` };
    const hosts = { app1: vars, app2: { ...vars, ...between } };
    await writeFile(join(place, "through"), THROUGH, { mode: 0o755 });
    await writeFile(join(place, "desk.json"), JSON.stringify({ all: { hosts } }));
    await writeFile(join(place, "desk.yml"), schedules);
    host.must(`systemctl stop runbook-daemon 2>/dev/null || :; [ -e /run/etc ] || { cp -a /etc /run/etc; mount --bind /run/etc /etc; }
      for each in /opt /usr/local/bin /var/lib; do mount -t tmpfs tmpfs $each; done
      mkdir -p /opt/runbook/node_modules /etc/runbook; touch /usr/local/bin/node; cd ${place}
      cp -r bin dist package.json runbooks /opt/runbook; cp through /opt; ln -s /opt/runbook/bin/runbook.js /usr/local/bin/runbook
      mount --bind "$(readlink -f node_modules)" /opt/runbook/node_modules; mount --bind ${process.execPath} /usr/local/bin/node
      systemd-sysusers $PWD/systemd/runbook.sysusers 2>&1; cp systemd/runbook-daemon.service /etc/systemd/system
      cp desk.json /etc/runbook/hosts.yml; cp desk.yml /etc/runbook/schedules.yml
      install -d -o runbook -g runbook -m 700 /var/lib/runbook /var/lib/runbook/.ssh
      install -o runbook -m 600 ${key} /var/lib/runbook/.ssh/id_ed25519; install -o runbook ${known} /var/lib/runbook/.ssh/known_hosts
      systemctl daemon-reload`);
  };

  test("the shipped unit of the daemon lets it do all that it has to, and little else", async () => {
    await install(
      `schedules: [{ name: all, runbook: job, inventory: hosts.yml, cron: "* * * * * *", approve: low }]\n`,
    );
    expect(host.must("systemd-analyze verify /etc/systemd/system/runbook-daemon.service 2>&1")).toBe("");
    const told = host.must("systemd-analyze security --offline=true /etc/systemd/system/runbook-daemon.service");
    expect(Number(/exposure level for runbook-daemon.service: ([0-9.]+)/.exec(told)?.[1])).toBeLessThan(3);
    // As shipped it takes ten seconds to start again.
    host.must(
      "d=/etc/systemd/system/runbook-daemon.service.d; mkdir -p $d; echo '[Service]\nRestartSec=1s' >$d/soon.conf",
    );
    host.must("systemctl daemon-reload; touch /mnt/disk/x.bad; systemctl start runbook-daemon");
    expect(await eventually(() => !isThere(), 60)).toBe(true);
    const state = "--state /var/lib/runbook/state";
    /** How the newest run has ended that has. */
    const latest = () => {
      const runs = host.must(`runbook history --json ${state} || :`).split("\n");
      const [, run] = /"run":"([^"]+)"/.exec(runs.find((line) => /"exit":\d/.test(line)) ?? "") ?? [];
      return run === undefined ? [] : ended(host.must(`runbook history show ${run} --json ${state}`));
    };
    const clear = ["app1", "app2"].map((name) => ({ host: name, outcome: "clear" }));
    expect(await eventually(() => isDeepStrictEqual(latest(), clear), 60, 500)).toBe(true);

    // From an end that nobody wanted it comes back by itself.
    host.must("systemctl kill --kill-whom=main --signal=KILL runbook-daemon; touch /mnt/disk/x.bad");
    expect(await eventually(() => !isThere(), 60)).toBe(true);
    expect(host.must("systemctl show -p NRestarts --value runbook-daemon").trim()).toBe("1");

    host.must(
      "sed -i 's/job/slow/' /etc/runbook/schedules.yml; touch /mnt/disk/x.slow; systemctl reload runbook-daemon",
    );
    expect(await eventually(() => host.must("ls /mnt/disk").includes("begun"), 60)).toBe(true);
    // It ends once the fix has.
    host.must("systemctl stop runbook-daemon");
    expect(host.must("ls /mnt/disk")).not.toContain("x.slow");
    expect(latest()).toEqual([{ host: "app1", outcome: "fixed" }]);
    expect(host.must("systemctl show -p Result --value runbook-daemon").trim()).toBe("success");
  });
});
