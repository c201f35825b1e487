import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { PracticeHost } from "../../src/lab/host.ts";
import { type Tapdisk, fillDisk, startTapdisk } from "../../src/lab/tapdisk.ts";
import { Site, type Told, known, lives, tapbacksOf, usage } from "../kit/practice.ts";

const LOG = "/var/log/blktap/tapdisk.2345.log";
const HEALTHY: Tapdisk = {
  domid: 7,
  log: "/var/log/blktap/tapdisk.900.log",
  flood: 0,
  deleted: false,
  running: true,
  onTerm: "exit",
  onHup: "exit",
};
const SICK: Tapdisk = { domid: 18, log: LOG, flood: 1e9, deleted: true, running: false, onTerm: "exit", onHup: "exit" };

describe("a fleet where some disks are full, on real OpenSSH servers", { timeout: 120_000 }, () => {
  const site = new Site();
  const hosts = new Map<string, PracticeHost>();
  const pids = new Map<string, number>();
  const usageBefore = new Map<string, number>();
  const before = new Map<string, string[]>();
  let told: Told;

  async function add(name: string, ...disks: readonly Tapdisk[]): Promise<PracticeHost> {
    const host = await site.host(name);
    hosts.set(name, host);
    for (const disk of disks) pids.set(`${name}/${disk.domid}`, await startTapdisk(host, disk));
    return host;
  }
  const at = (name: string): PracticeHost => known(hosts, name);
  const pid = (name: string): number => known(pids, name);

  beforeAll(async () => {
    await add("sick", SICK);
    await add("healthy", HEALTHY);
    await fillDisk(await add("backup", HEALTHY), "/root/backup.img");
    await add("roomy", { ...SICK, flood: 4_000_000 });
    await add("two", HEALTHY, SICK);
    await add("stubborn", { ...SICK, onTerm: "ignore" });
    await add("odd", { ...SICK, log: "/var/log/blktap/tap disk\t\u001b[31mred\n'$(reboot)' \u202e.log" });
    for (const [name, host] of hosts) {
      before.set(name, await contentsOf(host));
      usageBefore.set(name, await usage(host));
    }
    told = await site.run("--approve", "high", "--input", "term_wait=1s");
  }, 180_000);
  afterAll(() => site[Symbol.asyncDispose]());

  it("began with disks that were really full", () => {
    expect(Object.fromEntries(usageBefore)).toMatchObject({
      sick: 100,
      backup: 100,
      two: 100,
      stubborn: 100,
      odd: 100,
    });
    expect(usageBefore.get("healthy")).toBeLessThan(10);
  });

  it("fixes every sick host and exits 0", () => {
    expect(Object.fromEntries([...told.hosts].map(([name, { outcome }]) => [name, outcome]))).toEqual({
      sick: "fixed",
      healthy: "clear",
      backup: "clear",
      roomy: "clear",
      two: "fixed",
      stubborn: "fixed",
      odd: "fixed",
    });
    expect(told.exit).toBe(0);
  });

  it.each(["sick", "two", "stubborn", "odd"])(
    "gives the space of %s back and starts its tapback again",
    async (name) => {
      expect(await lives(at(name), pid(`${name}/18`))).toBe(false);
      expect(await usage(at(name))).toBeLessThan(10);
      expect(await tapbacksOf(at(name))).toContain("-d -x 18");
      expect(await tapbacksOf(at(name))).toContain("-d");
    },
  );

  it.each(["healthy/7", "backup/7", "two/7"])(
    "leaves the innocent tapdisk %s alone, and its tapback",
    async (process) => {
      const host = at(process.replace(/\/.*/, ""));
      expect(await lives(host, pid(process))).toBe(true);
      expect(await tapbacksOf(host)).toContain("-d -x 7");
    },
  );

  it("leaves a deleted log alone while the disk has room", async () => {
    expect(await lives(at("roomy"), pid("roomy/18"))).toBe(true);
    expect(await usage(at("roomy"))).toBeGreaterThan(20);
  });

  it("does not touch what else fills a disk", async () => {
    expect(await usage(at("backup"))).toBe(100);
  });

  it("leaves nothing lying about on any host but the word that it gave the lock back, and no process of its own", async () => {
    // What a session ended a moment ago may still be on its way out.
    await vi.waitFor(
      async () => {
        for (const [name, host] of hosts) expect([name, await contentsOf(host)]).toEqual([name, before.get(name)]);
      },
      { timeout: 10_000, interval: 200 },
    );
  });

  it("shows a log's hostile name without obeying it", () => {
    expect(told.err).toContain(String.raw`tap disk\011\033[31mred\012'$(reboot)'`);
    for (const text of [told.err, told.out]) expect(text).not.toMatch(/[\u001b\u202e]/);
  });
});

/** Every file on the host's own file systems, and its processes but tapdisks; a tapback that was started again looks as before. */
async function contentsOf(host: PracticeHost): Promise<string[]> {
  const files = await host.must("find / /run /dev/shm /usr/local -xdev | grep -v /runbook-lock-past, | sort");
  const names = await host.must("cat /proc/[0-9]*/comm 2>/dev/null || :");
  const ours = new Set(["cat", "sh", "tapdisk"]);
  return [
    files,
    ...names
      .split("\n")
      .filter((name) => !ours.has(name))
      .toSorted(),
  ];
}
