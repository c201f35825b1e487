import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostVerdict } from "../../src/engine/outcome.ts";
import { fold } from "../../src/engine/evolve.ts";
import type { Entry } from "../../src/model/event.ts";
import type { Host } from "../../src/model/inventory.ts";
import { hungMount } from "../kit/hung-mount.ts";
import { processesWith } from "../kit/processes.ts";
import { entriesOf, verdictsOf } from "../kit/shelf.ts";
import { startSick } from "../kit/sick.ts";
import { freePort, startSshd } from "../kit/sshd.ts";
import { type Ran, type Workshop, workshop } from "../kit/workshop.ts";

const RUNBOOK = `name: sick
title: A look at hosts of all kinds
inputs: { kind: { type: string, default: well } }
rollout: { max_unknown: 100% }
steps:
  - id: look
    detect:
      timeout: 1s
      run: |
        case $kind in
          hung) cat /hung/look ;;
          full) cp /etc/passwd /var/copy ;;
          later) if [ -e /run/fixed ]; then cat /hung/proof; fi; echo bad ;;
        esac
      findings: { what: string }
    fix: { risk: low, run: ': >/run/fixed' }
    verify: { within: 8s, every: 200ms }
  - id: other
    independent: true
    detect: { run: 'read -r up idle </proc/uptime', findings: { what: string } }
`;

/** As an inventory says it. */
function entryOf({ port, user, keyFiles, userKnownHosts }: Host, kind: string): object {
  const options = `-o UserKnownHostsFile=${userKnownHosts?.[0]} -o IdentitiesOnly=yes`;
  return {
    ansible_host: "127.0.0.1",
    ansible_port: port,
    ansible_user: user,
    ansible_ssh_private_key_file: keyFiles[0],
    ansible_ssh_common_args: options,
    kind,
  };
}

/** How many looks wait for this file. */
function mine(name: string): number {
  return processesWith(`cat /hung/${name}`).filter(({ args }) => args === `cat /hung/${name}`).length;
}

/** Where in a record the last event of these types stands that is about a host. */
function lastOf(entries: readonly Entry[], host: string, ...types: readonly string[]): number {
  return entries.findLastIndex(({ event }) => "host" in event && event.host === host && types.includes(event.type));
}

describe("several sick hosts and one that is well", { timeout: 120_000 }, () => {
  const stack = new AsyncDisposableStack();
  let shop: Workshop;
  let ran: Ran;
  let entries: readonly Entry[];

  beforeAll(async () => {
    shop = stack.use(await workshop({ "sick.yml": RUNBOOK }));
    const well = stack.use(await startSick("well"));
    const full = stack.use(await startSick("full"));
    await full.inside.must("cat /dev/zero >/var/filler 2>/dev/null || :");
    const [hung, later] = [stack.use(await startSick("hung")), stack.use(await startSick("later"))];
    for (const { inside } of [hung, later]) {
      await inside.must("mkdir /hung");
      stack.use(await hungMount(inside.pid, "/hung"));
    }
    await well.inside.write("/opt/asking", '#!/bin/sh\nread -r answer\nexec /bin/sh "$@"\n', 0o755);
    await well.user("asker", "/opt/asking");
    await well.user("none", "/usr/sbin/nologin");
    const stopped = stack.use(await startSshd());
    process.kill(stopped.pid, "SIGSTOP");
    stack.defer(() => void process.kill(stopped.pid, "SIGCONT"));
    const hosts = {
      stopped: entryOf(stopped.host(), "well"),
      hung: entryOf(hung.host(), "hung"),
      later: entryOf(later.host(), "later"),
      full: entryOf(full.host(), "full"),
      asking: entryOf(well.host({ user: "asker" }), "well"),
      nologin: entryOf(well.host({ user: "none" }), "well"),
      down: entryOf(well.host({ port: await freePort() }), "well"),
      well: entryOf(well.host(), "well"),
    };
    await shop.write("hosts.yml", JSON.stringify({ all: { hosts } }));
    ran = await shop.run("run", "./sick.yml", "-i", "hosts.yml", "--approve", "low", "--json");
    entries = entriesOf(ran.out);
  }, 120_000);
  afterAll(() => stack.disposeAsync());

  it("tells each what it is, in one line", () => {
    const hosts = [...(fold(entries)?.hosts.values() ?? [])];
    const told = Object.fromEntries(hosts.map((host) => [host.host, hostVerdict(host).reason]));
    expect(told).toEqual({
      stopped: expect.stringMatching(
        /^unreachable: timed out: .* takes connections, but no SSH server spoke within 10 s$/,
      ),
      hung: expect.stringMatching(
        /^hung: detect took longer than 1 s, and process \d+ \(cat\) does not end \(it waits in the kernel\)$/,
      ),
      later: expect.stringMatching(/^it cannot be told whether it is gone: hung: detect .*process \d+ \(cat\)/),
      full: expect.stringMatching(/^disk full: detect exited 1: cp: .*: No space left on device$/),
      asking: "the login shell asks something before it takes a command",
      nologin: "auth: the login user may not log in: This account is currently not available.",
      down: expect.stringMatching(/^unreachable: refused: nothing listens at 127\.0\.0\.1 port \d+$/),
      well: "",
    });
    expect(ran.exit).toBe(1);
    expect(verdictsOf(ran.out)).toMatchObject({ "hung other": "clear", "full other": "clear" });
  });

  it("is done with the one that is well before it knows of those that say nothing", () => {
    expect(lastOf(entries, "well", "step-ended")).toBeGreaterThan(0);
    expect(lastOf(entries, "well", "step-ended")).toBeLessThan(lastOf(entries, "stopped", "unreachable"));
    expect(lastOf(entries, "well", "step-ended")).toBeLessThan(lastOf(entries, "hung", "undetermined"));
  });

  it("has the kind of trouble in its events, for programs", () => {
    const kinds = entries.flatMap(({ event }) => {
      if (event.type === "unreachable") return [[event.host, event.fault.kind]];
      return event.type === "undetermined" ? [[event.host, event.ailment]] : [];
    });
    expect(Object.fromEntries(kinds)).toEqual({
      stopped: "unreachable",
      hung: "hung",
      full: "disk-full",
      asking: "session",
      nologin: "auth",
      down: "unreachable",
    });
  });

  it("started one look of each that hangs, though it asked again and again", () => {
    expect([mine("look"), mine("proof")]).toEqual([1, 1]);
  });

  it("starts none in the next run either, and says what to do", async () => {
    const next = await shop.run("run", "./sick.yml", "-i", "hosts.yml", "-l", "hung,full,nologin", "-n");
    expect(next.exit).toBe(4);
    expect(next.out).toMatch(
      /hung: detect could not be started: an earlier look of it still hangs there: process \d+ \(cat\), which began \d+ s ago/,
    );
    expect(next.out).toMatch(/unknown \(hung\): .*\/proc\/PID\/stack/);
    expect(next.out).toMatch(/unknown \(full\): Make room/);
    expect(next.out).toMatch(/not reached \(nologin\): Log in as another user/);
    expect(mine("look")).toBe(1);
  });
});
