import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PracticeHost } from "../../src/lab/host.ts";
import { type Tapdisk, startTapdisk } from "../../src/lab/tapdisk.ts";
import { Site, lives, tapbacksOf, usage } from "../kit/practice.ts";

const LOG = "/var/log/blktap/tapdisk.2345.log";
const SICK: Tapdisk = { domid: 18, log: LOG, flood: 1e9, deleted: true, running: false, onTerm: "exit", onHup: "exit" };

describe("a host that makes trouble of its own", { timeout: 120_000 }, () => {
  let site: Site;
  let host: PracticeHost;
  beforeEach(async () => {
    site = new Site();
    host = await site.host("xen1");
  });
  afterEach(() => site[Symbol.asyncDispose]());

  it("fails and says why when the tapback does not start again", async () => {
    const pid = await startTapdisk(host, SICK);
    await host.write("/usr/local/sbin/tapback", "#!/bin/sh\nexit 1\n", 0o755);
    const told = await site.run("--approve", "high");
    expect(told.exit).toBe(1);
    expect(told.err).toContain("tapback -d -x 18 does not start");
    expect(await lives(host, pid)).toBe(false);
    expect(await usage(host)).toBeLessThan(10);
    expect(await tapbacksOf(host)).toEqual(["-d"]);
  });

  it("ends nothing when it has tapbacks but no tapback to start again", async () => {
    const pid = await startTapdisk(host, SICK);
    await host.must("rm /usr/local/sbin/tapback");
    const told = await site.run("--approve", "high");
    expect(told.hosts.get("xen1")).toMatchObject({
      outcome: "found",
      reason: expect.stringContaining("tapback command"),
    });
    expect(await lives(host, pid)).toBe(true);
  });

  it("is told from a healthy one even when the hypervisor's tools hang", async () => {
    const pid = await startTapdisk(host, SICK);
    for (const tool of ["xe", "list_domains", "xenstore-list", "xenstore-read"]) {
      await host.write(`/usr/local/bin/${tool}`, "#!/bin/sh\nexec sleep 1000\n", 0o755);
    }
    const told = await site.run("--approve", "high");
    expect(told.err).toContain("guest unknown");
    expect(told.hosts.get("xen1")).toMatchObject({ outcome: "fixed" });
    expect(await lives(host, pid)).toBe(false);
    expect(await tapbacksOf(host)).toEqual(["-d", "-d -x 18"]);
    expect(await host.must("cat /proc/[0-9]*/comm 2>/dev/null || :")).not.toContain("sleep");
  });

  it("is unknown, not healthy, when its root disk cannot be read", async () => {
    const pid = await startTapdisk(host, SICK);
    await host.write(
      "/usr/local/bin/df",
      "#!/bin/sh\necho 'df: cannot read table of mounted file systems' >&2\nexit 1\n",
      0o755,
    );
    const told = await site.run("--approve", "high");
    expect(told.exit).toBe(4);
    expect(told.hosts.get("xen1")).toMatchObject({ outcome: "unknown" });
    expect(await lives(host, pid)).toBe(true);
  });

  it("may have the trouble on another disk, in another log directory", async () => {
    await host.must("mkdir /data && mount -t tmpfs -o size=8m tmpfs /data");
    const pid = await startTapdisk(host, { ...SICK, log: "/data/log/blk tap/2345.log" });
    const inputs = ["mount=/data", "log_dir=/data/log/blk tap", "full_percent=95"];
    const told = await site.run("--approve", "high", ...inputs.flatMap((input) => ["--input", input]));
    expect(told.hosts.get("xen1")).toMatchObject({ outcome: "fixed" });
    expect(await lives(host, pid)).toBe(false);
    expect((await host.must("df -P /data | awk 'NR == 2 { print $5 }'")).trim()).toBe("0%");
  });

  it("is skipped when it is no XenServer", async () => {
    await host.must("rm /usr/local/bin/xe");
    const told = await site.run("--approve", "high");
    expect(told.exit).toBe(0);
    expect(told.hosts.get("xen1")).toMatchObject({
      outcome: "skipped",
      reason: expect.stringContaining("no XenServer"),
    });
  });
});
