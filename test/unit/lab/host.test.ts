import { mkdtempSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PracticeHost, startHost } from "../../../src/lab/host.ts";
import { type Isolation, findIsolation } from "../../../src/lab/isolation.ts";
import { identify, runs } from "../../../src/lab/state.ts";

describe("a practice host", () => {
  const directory = mkdtempSync(join(tmpdir(), "runbook-host-"));
  const mountPoint = join(directory, "mnt");
  let isolation: Isolation;
  let host: PracticeHost;

  beforeAll(async () => {
    const found = findIsolation(mountPoint);
    if ("message" in found) throw new Error(found.message);
    isolation = found;
    host = await startHost({ name: "one", megabytes: 8, mountPoint }, isolation);
  });
  afterAll(async () => {
    await host[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  });

  it("has a root disk of its own that can really be filled", async () => {
    const ending = await host.run("cat /dev/zero > /root/fill");
    expect(ending.code).not.toBe(0);
    expect(ending.stderr).toContain("No space left on device");
    expect(await host.must("df -P / | awk 'NR == 2 { print $5 }'")).toBe("100%\n");
    expect((await host.run("echo x > /root/more")).code).not.toBe(0);
    expect((await host.run("echo x > /run/more")).code).toBe(0);
    await host.must("rm /root/fill");
  });

  it("shows the machine's programs, and lets nobody change them", async () => {
    expect((await host.run("touch /usr/bin/mine")).stderr).toContain("Read-only file system");
    expect(await host.must("ls /home /tmp")).toBe("/home:\n\n/tmp:\n");
  });

  it("has its own name, processes and identity", async () => {
    await using other = await startHost({ name: "two", megabytes: 8, mountPoint }, isolation);
    const facts = "cat /etc/machine-id /proc/sys/kernel/random/boot_id; hostname; cat /proc/1/comm";
    const [one, two] = [await host.must(facts), await other.must(facts)].map((text) => text.trim().split("\n"));
    expect(one?.slice(2)).toEqual(["one", "bash"]);
    expect(two?.slice(2)).toEqual(["two", "bash"]);
    expect(one?.[0]).not.toBe(two?.[0]);
    expect(one?.[1]).not.toBe(two?.[1]);
    expect(hostname()).not.toBe("one");
  });

  it("carries input, output and exit status, whatever they are", async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256));
    expect(await host.must("wc -c | tr -d ' '", bytes)).toBe("70000\n");
    expect(await host.run("echo out; echo err >&2; exit 3")).toEqual({ code: 3, stdout: "out\n", stderr: "err\n" });
    await expect(host.must("exit 1")).rejects.toThrow("exit 1");
  });

  it("keeps what a command leaves in the background, and reaps it when it ends", async () => {
    const pid = (await host.must("sleep 60 >/dev/null 2>&1 & echo $!")).trim();
    expect((await host.run(`kill -0 ${pid}`)).code).toBe(0);
    await host.must(`kill ${pid}`);
    await expect.poll(async () => (await host.run(`[ -e /proc/${pid} ]`)).code).toBe(1);
  });

  it("ends with all its processes when it is disposed of", async () => {
    const brief = await startHost({ name: "brief", megabytes: 8, mountPoint }, isolation);
    await brief.must("sleep 60 >/dev/null 2>&1 &");
    const first = identify(brief.pid);
    await brief[Symbol.asyncDispose]();
    expect(first).not.toBeNull();
    await expect.poll(() => first !== null && runs(first)).toBe(false);
    expect((await brief.run("true")).code).not.toBe(0);
  });

  it("says what failed when it cannot be built", async () => {
    const wish = startHost({ name: "no", megabytes: 8, mountPoint, shell: "/no/such/shell" }, isolation);
    await expect(wish).rejects.toThrow(/no did not come up: .*\/no\/such\/shell/);
  });
});
