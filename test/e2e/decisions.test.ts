import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PracticeHost } from "../../src/lab/host.ts";
import { type Tapdisk, startTapdisk } from "../../src/lab/tapdisk.ts";
import { Site, lives, tapbacksOf, usage } from "../kit/practice.ts";

const LOG = "/var/log/blktap/tapdisk.2345.log";
const SICK: Tapdisk = { domid: 18, log: LOG, flood: 1e9, deleted: true, running: false, onTerm: "exit", onHup: "exit" };

describe("what is not approved, not certain or not needed is not done", { timeout: 120_000 }, () => {
  let site: Site;
  let host: PracticeHost;
  beforeEach(async () => {
    site = new Site();
    host = await site.host("xen1");
  });
  afterEach(() => site[Symbol.asyncDispose]());

  async function expectUntouched(pid: number): Promise<void> {
    expect(await lives(host, pid)).toBe(true);
    expect(await usage(host)).toBe(100);
    expect(await tapbacksOf(host)).toEqual(["-d", "-d -x 18"]);
  }

  it("finds and changes nothing in a dry run, whatever is approved", async () => {
    const pid = await startTapdisk(host, SICK);
    const told = await site.run("--dry-run", "--approve", "high");
    expect(told.exit).toBe(2);
    expect(told.hosts.get("xen1")).toMatchObject({ outcome: "found" });
    await expectUntouched(pid);
  });

  it.each([["none"], ["low"], ["medium"]])("waits when only %s risk is approved", async (risk) => {
    const pid = await startTapdisk(host, SICK);
    const told = await site.run("--approve", risk);
    expect(told.exit).toBe(3);
    expect(told.hosts.get("xen1")).toMatchObject({ outcome: "waiting" });
    await expectUntouched(pid);
  });

  it("puts the fix off while the guest runs, and says so", async () => {
    const pid = await startTapdisk(host, { ...SICK, running: true });
    const told = await site.run("--approve", "high");
    expect(told.exit).toBe(2);
    expect(told.hosts.get("xen1")).toMatchObject({ outcome: "found", reason: expect.stringContaining("domain 18") });
    await expectUntouched(pid);
  });

  it("ends the tapdisk of a running guest when told to", async () => {
    const pid = await startTapdisk(host, { ...SICK, running: true });
    const told = await site.run("--approve", "high", "--input", "kill_running=true");
    expect(told.exit).toBe(0);
    expect(await lives(host, pid)).toBe(false);
    expect(await usage(host)).toBeLessThan(10);
  });

  it("asks a tapdisk that catches SIGHUP to reopen its log, and lets it and its guest go on", async () => {
    const pid = await startTapdisk(host, { ...SICK, running: true, onHup: "reopen" });
    const told = await site.run("--approve", "high");
    expect(told.hosts.get("xen1")).toMatchObject({ outcome: "fixed", reason: "" });
    expect(told.exit).toBe(0);
    expect(await lives(host, pid)).toBe(true);
    expect(await usage(host)).toBeLessThan(10);
    expect(await tapbacksOf(host)).toEqual(["-d", "-d -x 18"]);
  });

  it("starts no tapback when that is switched off", async () => {
    await startTapdisk(host, SICK);
    const told = await site.run("--approve", "high", "--input", "start_tapback=false");
    expect(told.exit).toBe(0);
    expect(await tapbacksOf(host)).toEqual(["-d"]);
  });

  it("ends only the worse of two sick tapdisks when that is enough", async () => {
    const small = await startTapdisk(host, { ...SICK, domid: 4, log: "/var/log/blktap/small.log", flood: 3_000_000 });
    const large = await startTapdisk(host, SICK);
    const told = await site.run("--approve", "high");
    expect(await lives(host, large)).toBe(false);
    expect(await lives(host, small)).toBe(true);
    expect(await usage(host)).toBeLessThan(50);
    expect(told.hosts.get("xen1")).toMatchObject({
      outcome: "fixed",
      reason: "1 of 2 findings went with the rest, without a fix",
    });
    expect(told.exit).toBe(0);
  });
});
