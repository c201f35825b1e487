import { execFileSync, spawnSync } from "node:child_process";
import { cp, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../kit/processes.ts";
import { sweep } from "../kit/shelf.ts";
import { startSystemdHost, type SystemdHost } from "../kit/systemd-host.ts";

const ROOT = resolve(import.meta.dirname, "../..");

const SCHEDULES = `timezone: UTC
inventory: hosts.yml
schedules:
  - { name: minutely, runbook: job, cron: "* * * * *", approve: low }
  - { name: secondly, runbook: job, cron: "* * * * * *", approve: low, window: [{ from: "00:00", to: "12:00" }, { from: "12:00", to: "24:00" }] }
  - { name: looks, check: [job], cron: "@daily" }
`;

describe("what others start, on a machine with a real systemd and a real sshd", { timeout: 120_000 }, () => {
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
    host = await startSystemdHost({ units: {}, disk: 16 });
    place = await realpath(await mkdtemp("/var/tmp/rb-installed-"));
    for (const part of ["bin", "dist", "package.json"]) {
      await cp(join(ROOT, part), join(place, part), { recursive: true });
    }
    await symlink(await realpath(join(ROOT, "node_modules")), join(place, "node_modules"));
    await cp(join(ROOT, "runbooks"), join(place, "runbooks"), { recursive: true });
    await writeFile(
      join(place, "runbooks/job.yml"),
      `name: job\ntitle: A job\ninputs: { dir: { type: string, default: /mnt/disk } }\nsteps:\n${sweep()}`,
    );
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
    expect(await eventually(() => !isThere())).toBe(true);
    host.must("systemctl stop runbook-secondly.timer; systemctl stop runbook-secondly.service; systemctl reset-failed");
    host.must("systemctl start runbook-looks.service");
    expect(runbook("history", "--json").stdout).toContain('"exit":0');
  });
});
