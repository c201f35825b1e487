import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PracticeHost } from "../../src/lab/host.ts";
import { fillDisk, startTapdisk } from "../../src/lab/tapdisk.ts";
import { Site, type Told, known, lives, tapbacksOf, usage } from "../kit/practice.ts";
import { PASSWORD } from "../kit/practice-sshd.ts";

const SICK = {
  domid: 18,
  log: "/var/log/blktap/tapdisk.2345.log",
  flood: 1e9,
  deleted: true,
  running: false,
  onTerm: "exit",
  onHup: "exit",
} as const;

describe("sick hosts where root does not log in", { timeout: 120_000 }, () => {
  const site = new Site();
  const hosts = new Map<string, PracticeHost>();
  const pids = new Map<string, number>();
  let told: Told;

  beforeAll(async () => {
    const logins = {
      trusted: { ansible_user: "trusted" },
      wary: { ansible_user: "wary", ansible_become_password: PASSWORD },
      locked: { ansible_user: "wary", ansible_become_password: "wrong" },
    };
    for (const [name, vars] of Object.entries(logins)) {
      const host = await site.host(name, { vars });
      hosts.set(name, host);
      pids.set(name, await startTapdisk(host, SICK));
    }
    const full = await site.host("full", { vars: { ansible_user: "trusted" } });
    await fillDisk(full, "/root/backup.img");
    hosts.set("full", full);
    told = await site.run("--approve", "high");
  }, 180_000);
  afterAll(() => site[Symbol.asyncDispose]());
  const at = (name: string): PracticeHost => known(hosts, name);

  it.each(["trusted", "wary"])("fixes %s through sudo", async (name) => {
    expect(told.hosts.get(name)).toMatchObject({ outcome: "fixed" });
    expect(await lives(at(name), known(pids, name))).toBe(false);
    expect(await usage(at(name))).toBeLessThan(10);
    expect(await tapbacksOf(at(name))).toEqual(["-d", "-d -x 18"]);
  });

  it("calls a host unknown, not healthy, where the sudo password is wrong, and touches nothing", async () => {
    expect(told.hosts.get("locked")).toMatchObject({ outcome: "unknown" });
    expect(await lives(at("locked"), known(pids, "locked"))).toBe(true);
    expect(await usage(at("locked"))).toBe(100);
  });

  it("sees through sudo on a full disk that tapdisk is not to blame", () => {
    expect(told.hosts.get("full")).toMatchObject({ outcome: "clear" });
  });

  it("ends with the code for unknown, and never shows the password", () => {
    expect(told.exit).toBe(4);
    expect(told.out + told.err).not.toContain(PASSWORD);
  });
});
