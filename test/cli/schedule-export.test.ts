import { spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { localJob, sweep } from "../kit/shelf.ts";
import { workshop, type Workshop } from "../kit/workshop.ts";

const RUNBOOK = `name: job
title: T
inputs:
  size: { type: string, default: x }
  token: { type: string, secret: true }
steps:
  - id: a
    detect: { run: ':' }
`;

/** A directory with a schedule of these lines. */
async function desk(...lines: readonly string[]): Promise<Workshop> {
  const text = ["inventory: 'web1,'", "schedules:", "  - name: a", ...lines.map((line) => `    ${line}`), ""];
  return workshop({ "schedules.yml": text.join("\n"), "runbooks/job.yml": RUNBOOK });
}

describe("schedule export --systemd", () => {
  test("writes units that the real systemd takes, and a policy with the hours", async () => {
    await using shop = await desk(
      "runbook: job",
      "about: 100% of it",
      "limit: 'web*:!$db'",
      "inputs: { size: 'a \"b\" %h', token: { env: TOKEN } }",
      "cron: '*/30 22-23 13 * fri#2'",
      "timezone: Europe/Berlin",
      "jitter: 10m",
      "approve: low",
      "missed: run",
      "deadline: 1h",
      "max_hosts_per_day: 5%",
      "window: { days: mon-fri, from: 22:00, to: 24:00 }",
      "blackout: [{ from: 2036-12-24, to: 2037-01-02 }]",
    );
    const exports = ["schedule", "export", "--systemd", "--dir", "units", "--state", "state"];
    const { exit, out, err } = await shop.runWith({ RUNBOOK_PATH: "more:50% off" }, ...exports);
    expect({ exit, out }).toEqual({
      exit: 0,
      out: "units/runbook-a.service\nunits/runbook-a.timer\nunits/runbook-a.policy.yml\n",
    });
    expect(err.match(/(?<=not said there: )\w+/g)).toEqual([
      "stop_after",
      "max_hosts_per_day",
      "missed_window",
      "jitter",
      "inputs",
    ]);
    const units = ["runbook-a.service", "runbook-a.timer"].map((name) => join(shop.directory, "units", name));
    expect(err).toContain("it fixes more than 5% of the hosts a day where as many are sick");
    const verified = spawnSync("systemd-analyze", ["verify", ...units], { encoding: "utf8" });
    expect([verified.status, verified.stderr]).toEqual([0, ""]);
    const service = await readFile(units[0] ?? "", "utf8");
    expect(service).toContain("Description=runbook: 100%% of it\n");
    expect(service).toContain(`Environment="RUNBOOK_PATH=${shop.directory}/more:${shop.directory}/50%% off"\n`);
    expect(service).toContain(
      ` run job -i web1, --limit "web*:!$$db" --input "size=a \\"b\\" %%h" --input token=env:TOKEN --approve low --policy ${shop.directory}/units/runbook-a.policy.yml --no-tui --quiet --state ${shop.directory}/state\n`,
    );
    expect(await readFile(units[1] ?? "", "utf8")).toContain(
      "OnCalendar=*-*-13 22,23:00,30:00 Europe/Berlin\nOnCalendar=Fri *-*-08..14 22,23:00,30:00 Europe/Berlin\nAccuracySec=1s\nRandomizedDelaySec=600\nFixedRandomDelay=true\nPersistent=true\n",
    );
    // What was written here once may be written again; what somebody else wrote may not.
    expect(await shop.run("schedule", "export", "--systemd", "--dir", "units")).toMatchObject({ exit: 0 });
    await shop.write("units/runbook-a.timer", "[Timer]\n");
    expect(await shop.run("schedule", "export", "--systemd", "--dir", "units")).toMatchObject({ exit: 64 });
  });

  test("writes nothing where something of it cannot be said", async () => {
    await using shop = await desk(
      "runbook: job",
      "cron: '0 0 15W * *'",
      "inputs: { token: { command: [pass, show, x] } }",
    );
    const { exit, out, err } = await shop.run("schedule", "export", "--systemd", "--dir", "units");
    expect({ exit, out }).toEqual({ exit: 65, out: "" });
    expect(err).toContain("a: `inputs.token` comes from a command: let that write a file, and name the file");
    expect(err).toContain(
      "a: systemd knows no nearest weekday (`W` in `cron`)\n  → write it otherwise, or let `runbook daemon`",
    );
    expect(await readdir(shop.directory)).not.toContain("units");
  });
});

/** A file with a schedule that fires every five minutes, except on days of a blackout. */
function everyFive(blackout: string): string {
  return `schedules:\n  - name: a\n    runbook: job\n    inventory: hosts.yml\n    cron: "*/5 * * * *"\n    approve: low\n    blackout: [${blackout}]\n`;
}

describe("schedule export --crontab", () => {
  test("writes a line that does the same: quiet where all is clear, and not on days of a blackout", async () => {
    await using shop = await localJob(sweep());
    await shop.write("schedules.yml", everyFive("2036-01-01"));
    // As cron does: what follows the five fields, with its \% made %, by sh.
    const fire = async () => {
      const exported = await shop.runWith({ TZ: "UTC" }, "schedule", "export", "--crontab");
      const line = exported.out.split("\n").find((each) => each.startsWith("*/5 * * * * ")) ?? "";
      const command = line.slice("*/5 * * * * ".length).replaceAll(String.raw`\%`, "%");
      const env = { PATH: process.env["PATH"], HOME: shop.directory };
      const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", command], { encoding: "utf8", env });
      return { status, stdout, stderr };
    };
    expect(await fire()).toEqual({ status: 0, stdout: "", stderr: "" });
    await shop.write("a/x.bad", "");
    const fixed = await fire();
    expect([fixed.status, fixed.stdout]).toEqual([0, expect.stringContaining("1 fixed")]);
    await shop.write("a/x.bad", "");
    await shop.write("schedules.yml", everyFive("{ from: 2020-01-01, to: 2090-01-01 }"));
    expect(await fire()).toEqual({ status: 1, stdout: "", stderr: "" });
  });

  test("is refused for another zone than this machine's, and for what cron cannot say", async () => {
    await using shop = await desk("runbook: job", "cron: '30 0 0 * * *'", "timezone: Asia/Shanghai");
    const { exit, err } = await shop.runWith({ TZ: "UTC" }, "schedule", "export", "--crontab");
    expect(exit).toBe(65);
    expect(err).toContain("a: cron knows no seconds");
    expect(err).toContain("a: cron goes by the clocks of this machine (UTC), not by Asia/Shanghai");
    // What the machine's clocks show is not what TZ says.
    const elsewhere = await shop.runWith({ TZ: "Pacific/Apia" }, "schedule", "export", "--crontab");
    expect(elsewhere.err).toContain(
      "TZ: warning: TZ is Pacific/Apia here, and cron goes by the clocks of this machine (",
    );
  });

  test("needs to know which of the two is wanted, and where a policy goes", async () => {
    await using shop = await desk("runbook: job", "cron: '@hourly'", "window: { from: 12:00 }", "enabled: true");
    expect((await shop.run("schedule", "export")).err).toContain("expected one of --systemd and --crontab");
    const { exit, err } = await shop.runWith({ TZ: "UTC" }, "schedule", "export", "--crontab");
    expect(exit).toBe(65);
    expect(err).toContain("a: its hours become a policy, which is a file of its own\n  → say where to: --dir DIR");
  });
});

/** A schedule of each name, every hour. */
function hourly(...names: readonly string[]): string {
  const written = names.map((name) => `{ name: ${name}, runbook: job, cron: "@hourly" }`);
  return `inventory: "web1,"\nschedules: [${written.join(", ")}]\n`;
}

describe("schedule export --dir", () => {
  test("puts no export in the place of another's, and tells of timers whose schedule has gone", async () => {
    await using shop = await workshop({ "schedules.yml": hourly("a", "b"), "runbooks/job.yml": RUNBOOK });
    const write = async (...argv: readonly string[]) => shop.runWith({ TZ: "UTC" }, "schedule", "export", ...argv);
    await write("--systemd", "--dir", "units");
    expect((await write("--crontab", "--dir", "tabs")).exit).toBe(0);
    const only = await write("a", "--crontab", "--dir", "tabs");
    expect([only.exit, only.err]).toEqual([64, expect.stringContaining("this file has the schedule b, too")]);
    expect(await readFile(join(shop.directory, "tabs/runbook.crontab"), "utf8")).toContain("The schedule b of");

    await shop.write("other/schedules.yml", hourly("b", "c"));
    await shop.write("other/runbooks/job.yml", RUNBOOK);
    const other = await write("--systemd", "--dir", "units", "--schedules", "other/schedules.yml");
    expect([other.exit, other.out, other.err]).toEqual([
      64,
      "",
      expect.stringContaining(`this file has the schedule b of ${shop.directory}/schedules.yml`),
    ]);
    expect(await readdir(join(shop.directory, "units"))).toHaveLength(4);

    await shop.write("schedules.yml", hourly("b"));
    const later = await write("--systemd", "--dir", "units");
    expect([later.exit, later.err]).toEqual([
      0,
      expect.stringContaining("units/runbook-a.timer: warning: no schedule"),
    ]);
    expect((await write("--crontab", "--dir", "tabs")).exit).toBe(0);
    expect(await readFile(join(shop.directory, "tabs/runbook.crontab"), "utf8")).not.toContain("The schedule a of");
  });

  test("is told where nothing can be written", async () => {
    await using shop = await workshop({ "schedules.yml": hourly("a"), "runbooks/job.yml": RUNBOOK });
    await shop.write("units/runbook-a.service/x", "");
    const full = await shop.run("schedule", "export", "--systemd", "--dir", "units");
    expect([full.exit, full.err]).toEqual([64, expect.stringContaining("units/runbook-a.service: this file was not")]);
    const file = await shop.run("schedule", "export", "--systemd", "--dir", "schedules.yml");
    expect([file.exit, file.err]).toEqual([64, expect.stringContaining("schedules.yml: the directory cannot be made")]);
  });

  test("makes no unit that is called as the daemon's own", async () => {
    await using shop = await workshop({ "schedules.yml": hourly("daemon"), "runbooks/job.yml": RUNBOOK });
    const { exit, err } = await shop.run("schedule", "export", "--systemd", "--dir", "units");
    expect([exit, err]).toEqual([65, expect.stringContaining("`runbook-daemon.service` is the daemon's own unit")]);
  });
});
