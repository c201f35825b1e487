import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PracticeHost } from "../../src/lab/host.ts";
import { startTapdisk } from "../../src/lab/tapdisk.ts";
import { keyBox } from "../kit/keys.ts";
import { Site, lives, tapbacksOf, usage } from "../kit/practice.ts";
import type { WaitingCard } from "../kit/waiting.ts";

const LOG = "/var/log/blktap/tapdisk.2345.log";
const SICK = { domid: 18, log: LOG, flood: 1e9, deleted: true, running: false, onTerm: "exit", onHup: "exit" } as const;

describe("a run that waits, and is decided on from elsewhere", { timeout: 120_000 }, () => {
  let site: Site;
  let host: PracticeHost;
  let pid: number;
  beforeEach(async () => {
    site = new Site();
    host = await site.host("xen1");
    pid = await startTapdisk(host, SICK);
  });
  afterEach(() => site[Symbol.asyncDispose]());

  async function waitingCard(): Promise<WaitingCard> {
    const { exit, out } = await site.command("approvals", "--json");
    expect(exit).toBe(3);
    return JSON.parse(out.split("\n")[0] ?? "");
  }

  it("is approved by its digest, goes on, and mends the host", async () => {
    expect((await site.run("--no-tui")).exit).toBe(3);
    expect(await lives(host, pid)).toBe(true);
    expect(await usage(host)).toBe(100);

    const { run, digest } = await waitingCard();
    expect((await site.command("approvals", run)).out).toContain(String(pid));
    const told = await site.command("approve", run, "--digest", digest, "--reason", "seen it", "--resume");
    expect({ exit: told.exit, out: told.out }).toEqual({
      exit: 0,
      out: expect.stringContaining("xen1: release-deleted-log: approved, and on record\n"),
    });
    expect(await lives(host, pid)).toBe(false);
    expect(await usage(host)).toBeLessThan(10);
    expect(await tapbacksOf(host)).toEqual(["-d", "-d -x 18"]);
    expect((await site.command("approvals")).exit).toBe(0);
  });

  it("is denied, goes on, and leaves the host as it is", async () => {
    expect((await site.run("--no-tui")).exit).toBe(3);
    const { run, digest } = await waitingCard();
    const told = await site.command("deny", run, "--digest", digest, "--reason", "the guest is needed", "--resume");
    expect(told.exit).toBe(2);
    expect(told.out).toContain("denied by root: the guest is needed");
    expect(await lives(host, pid)).toBe(true);
    expect(await usage(host)).toBe(100);
  });

  it("is asked again when another process holds the disk by the time it goes on: the approval was for the first", async () => {
    expect((await site.run("--no-tui")).exit).toBe(3);
    const first = await waitingCard();
    expect((await site.command("approve", first.run, "--digest", first.digest)).exit).toBe(0);
    await host.must(`kill -9 ${pid}`);
    const other = await startTapdisk(host, { ...SICK, domid: 19 });
    expect((await site.command("resume", first.run)).exit).toBe(3);
    expect(await lives(host, other)).toBe(true);
    const second = await waitingCard();
    expect(second.digest).not.toBe(first.digest);
    const late = await site.command("approve", first.run, "--digest", first.digest);
    expect(late.exit).toBe(1);
    const words = "what is there now is not what was decided on; look at it again";
    expect(late.out).toContain(`${words} (its card is ${second.digest.slice(0, 12)} now)`);
  });

  it("counts the signatures of two people, one of them by a file from elsewhere", async () => {
    using box = keyBox();
    const [ada, bob] = [box.make("ada"), box.make("bob")];
    box.write("signers", `ada ${ada.line}`, `bob ${bob.line}`);
    const rules = [`allowed_signers: ${box.directory}/signers`, "rules:", "  - { approve: ask, approvers: 2 }"];
    expect((await site.run("--no-tui", "--policy", box.write("policy.yml", ...rules))).exit).toBe(3);
    const { run, digest } = await waitingCard();
    const [requests, decisions] = [`${box.directory}/requests.json`, `${box.directory}/decisions.json`];
    const asIs = ["--digest", digest, "--sign"];

    expect((await site.command("approve", run, ...asIs, ada.file, "--resume")).exit).toBe(3);
    expect(await lives(host, pid)).toBe(true);
    expect((await site.command("approvals", run, "--export", requests)).exit).toBe(0);
    expect((await site.command("approve", requests, ...asIs, bob.file, "--export", decisions)).exit).toBe(0);
    const last = await site.command("approve", run, "--import", decisions, "--resume");
    expect(last).toEqual({ ...last, exit: 0 });
    expect(await lives(host, pid)).toBe(false);
    expect(await usage(host)).toBeLessThan(10);
  });
});
