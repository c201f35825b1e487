import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../kit/processes.ts";
import { startSystemdHost, type SystemdHost } from "../kit/systemd-host.ts";
import { workshop, type Workshop } from "../kit/workshop.ts";

const RUNBOOK = resolve(import.meta.dirname, "../../runbooks/deleted-open-files.yml");

/** A service that writes so many MiB into a log, and goes on; `onHup`: what it does when it is to reload. */
function writer(log: string, megabytes: number, onHup = "", unit = ""): string {
  const script = [
    `open() { exec 3>>${log}; }; open`,
    `head -c ${megabytes}M /dev/zero >&3`,
    ...(onHup === "" ? [] : [`trap "${onHup}" HUP`]),
    "while :; do sleep 0.2; done",
  ].join("; ");
  const reload = onHup === "" ? "" : "ExecReload=/bin/kill -HUP $MAINPID\n";
  return `[Unit]\n${unit}[Service]\n${reload}ExecStart=/bin/sh -c '${script}'\n`;
}

const DISK = "/mnt/disk";

/** On a disk of which they fill about half: what is sick, what is well, and what only looks so. */
const UNITS = {
  "deaf.service": writer(`${DISK}/deaf.log`, 20),
  "hears.service": writer(`${DISK}/hears.log`, 15, "open"),
  // It says that it can reload, and it does not let go.
  "pretends.service": writer(`${DISK}/pretends.log`, 14, ":"),
  "named.service": writer(`${DISK}/named.log`, 10),
  "small.service": writer(`${DISK}/small.log`, 1),
  "vital.service": writer(`${DISK}/vital.log`, 12),
  "unstoppable.service": writer(`${DISK}/unstoppable.log`, 11, "", "RefuseManualStop=yes\n"),
};

describe("deleted files that are still open, on a host with a real systemd", { timeout: 120_000 }, () => {
  let host: SystemdHost;
  let shop: Workshop;
  const pidOf = (unit: string): string => host.must(`systemctl show -p MainPID ${unit}.service`).trim();
  const run = (...more: readonly string[]) =>
    shop.run(
      "run",
      RUNBOOK,
      "-i",
      "hosts.yml",
      "--input",
      "min_deleted=5M",
      "--input",
      "never=vital.service",
      "--input",
      "full_percent=10",
      "--input",
      "min_share=1",
      "--input",
      "wait=2s",
      ...more,
    );

  beforeAll(async () => {
    host = await startSystemdHost({ units: UNITS, disk: 200 });
    shop = await workshop({ "hosts.yml": JSON.stringify({ all: { hosts: { app1: host.vars } } }) });
    // A process of no service holds one, too.
    host.must(
      `systemd-run --quiet --scope sh -c 'exec 3>${DISK}/stray.log; head -c 6M /dev/zero >&3; exec sleep 1000' </dev/null >/dev/null 2>&1 &`,
    );
    const written = (): boolean => Number(host.must(`du -sm ${DISK} | cut -f1`)) >= 89;
    if (!(await eventually(written))) throw new Error("the services do not write");
    host.must(`cd ${DISK}; rm deaf.log hears.log pretends.log small.log vital.log unstoppable.log stray.log`);
  }, 60_000);
  afterAll(async () => {
    await shop?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  it("are left alone on a file system that has room, and where they are too few", async () => {
    expect(await run("-n", "--input", "full_percent=85")).toMatchObject({ exit: 0 });
    expect(await run("-n", "--input", "min_deleted=50M")).toMatchObject({ exit: 0 });
  });

  it("are shown with the service that holds them and what would be done, and nothing happens in a dry run", async () => {
    const before = Object.keys(UNITS).map((unit) => pidOf(unit.replace(".service", "")));
    const told = await run("-n", "--json");
    expect(told.exit).toBe(2);
    const found = told.out.split("\n").find((line) => line.includes('"detected"')) ?? "";
    const findings: { values: Record<string, string | null> }[] = JSON.parse(found).findings;
    expect(findings.map(({ values }) => [values["service"], values["path"], values["remedy"]])).toEqual([
      ["deaf.service", `${DISK}/deaf.log`, "restart"],
      ["hears.service", `${DISK}/hears.log`, "reload"],
      ["pretends.service", `${DISK}/pretends.log`, "reload"],
      ["vital.service", `${DISK}/vital.log`, "none"],
      ["unstoppable.service", `${DISK}/unstoppable.log`, "none"],
      [null, `${DISK}/stray.log`, "none"],
    ]);
    expect(Object.keys(UNITS).map((unit) => pidOf(unit.replace(".service", "")))).toEqual(before);
  });

  it("are let go of: by a reload where that helps, else by a restart, and nothing else is touched", async () => {
    const before = Object.fromEntries(Object.keys(UNITS).map((unit) => [unit, pidOf(unit.replace(".service", ""))]));
    const told = await run("--approve", "high");
    expect(told.err + told.out).toContain("nothing may be done to it: vital.service");
    expect(told.exit).toBe(2);
    const after = Object.fromEntries(Object.keys(UNITS).map((unit) => [unit, pidOf(unit.replace(".service", ""))]));
    const changed = Object.keys(UNITS).filter((unit) => before[unit] !== after[unit]);
    expect(changed).toEqual(["deaf.service", "pretends.service"]);
    expect(host.must("systemctl is-active deaf hears pretends")).toBe("active\nactive\nactive\n");
    expect(
      host.must("for p in /proc/[0-9]*/fd/*; do readlink $p || :; done | grep deleted | sort -u").split("\n"),
    ).toEqual([
      `${DISK}/small.log (deleted)`,
      `${DISK}/stray.log (deleted)`,
      `${DISK}/unstoppable.log (deleted)`,
      `${DISK}/vital.log (deleted)`,
      "",
    ]);
  });

  it("are emptied where that is wanted and their name says that they are logs, and their processes go on", async () => {
    const before = ["vital", "unstoppable", "small"].map(pidOf);
    const only = `truncate_only=${join(DISK, "un*")} ${join(DISK, "stray*")}`;
    const told = await run("--approve", "high", "--input", "truncate=true", "--input", only);
    expect(told.exit).toBe(2);
    expect(["vital", "unstoppable", "small"].map(pidOf)).toEqual(before);
    const held = host.must(
      "for f in /proc/[0-9]*/fd/*; do [ ! -f $f ] || stat -L -c '%h %s %n' $f || :; done | grep '^0 ' | cut -d' ' -f2 | sort -n | uniq",
    );
    // Two are empty now; what is vital and what is small are as they were.
    expect(held.trim().split("\n")).toEqual(["0", `${1 << 20}`, `${12 << 20}`]);
    expect(host.must(`stat -c %s ${DISK}/named.log`).trim()).toBe(`${10 << 20}`);
  });
});
