import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PracticeHost } from "../../src/lab/host.ts";
import { startTapdisk } from "../../src/lab/tapdisk.ts";
import { type Wish, Site, type Told, known, lives, tapbacksOf, usage } from "../kit/practice.ts";

const SHELLS: Readonly<Record<string, Wish>> = {
  dash: { shell: "/bin/dash" },
  bash: { shell: "/bin/bash" },
  busybox: { shell: "/bin/busybox" },
  ext4: { ext4: true },
};

describe("sick hosts whose sh is dash, bash or busybox, and one whose root disk is ext4", { timeout: 120_000 }, () => {
  const site = new Site();
  const hosts = new Map<string, PracticeHost>();
  const pids = new Map<string, number>();
  let told: Told;

  beforeAll(async () => {
    for (const [name, wish] of Object.entries(SHELLS)) {
      const host = await site.host(name, wish);
      if (name === "busybox") await preferBusybox(host);
      hosts.set(name, host);
      const log = "/var/log/blktap/tapdisk 2345.log";
      const sick = {
        domid: 18,
        log,
        flood: 1e9,
        deleted: true,
        running: false,
        onTerm: "ignore",
        onHup: "exit",
      } as const;
      pids.set(name, await startTapdisk(host, sick));
    }
    told = await site.run("--approve", "high", "--input", "term_wait=1s");
  }, 180_000);
  afterAll(() => site[Symbol.asyncDispose]());

  it.each(Object.keys(SHELLS))("fixes %s", async (name) => {
    const host = known(hosts, name);
    expect(told.hosts.get(name)).toMatchObject({ outcome: "fixed" });
    expect(await lives(host, known(pids, name))).toBe(false);
    expect(await usage(host)).toBeLessThan(15);
    expect(await tapbacksOf(host)).toEqual(["-d", "-d -x 18"]);
  });

  it("really spoke to these shells", async () => {
    const version = "readlink /proc/$$/exe; df -T / | awk 'NR == 2 { print $2 }'";
    const answers = await Promise.all([...hosts.values()].map((host) => host.must(version)));
    expect(answers.map((answer) => answer.trim().split("\n"))).toEqual([
      [expect.stringMatching(/dash$/), "tmpfs"],
      [expect.stringMatching(/dash$/), "tmpfs"],
      [expect.stringMatching(/busybox|dash$/), "tmpfs"],
      [expect.stringMatching(/dash$/), "ext4"],
    ]);
  });
});

/** Puts busybox's stat, awk, ps and the rest before the machine's own. */
async function preferBusybox(host: PracticeHost): Promise<void> {
  await host.must(
    "for name in $(busybox --list); do [ -e /usr/local/bin/$name ] || ln -s /bin/busybox /usr/local/bin/$name; done",
  );
}
