import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { localJob, sweep } from "../kit/shelf.ts";
import { cardOn, cardsOf, decideHere, waitingJob } from "../kit/waiting.ts";
import { workshop } from "../kit/workshop.ts";

describe("what waits", () => {
  test("nothing: it says so, and exits 0", async () => {
    await using shop = await workshop();
    expect(await shop.run("approvals")).toEqual({ exit: 0, out: "", err: "Nothing waits.\n" });
    expect(await shop.run("approvals", "--json")).toEqual({ exit: 0, out: "", err: "" });
    expect((await shop.run("approvals", "last")).exit).toBe(64);
  });

  test("each card with its digest, how long it waits, who is at work, and how to answer", async () => {
    await using shop = await waitingJob();
    const { exit, out } = await shop.run("approvals");
    expect(exit).toBe(3);
    const { run, digest } = await cardOn(shop, "a");
    expect(out).toContain(`${run}: 3 cards of job wait\n`);
    expect(out).toContain(`at work   nobody: once it is decided, \`runbook resume ${run}\` goes on with it`);
    expect(out).toContain('  │ rm -- "$dir/$file"\n');
    expect(out).toContain("approval  one person; counts for 1 h\n");
    expect(out).toMatch(/^waits {5}for \d/m);
    expect(out).toContain(`\`runbook approve ${run} --digest ${digest.slice(0, 12)}\``);
    const hand = await cardOn(shop, "a", "hand");
    expect(out).toContain(
      `once a person has done it: \`runbook approve ${run} --digest ${hand.digest.slice(0, 12)} --done\``,
    );
  });

  test("as JSON, a line for each card, with what the policy wants of it", async () => {
    await using shop = await waitingJob();
    const cards = await cardsOf(shop);
    expect(cards.map(({ host, step }) => `${host} ${step}`).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      "a hand",
      "a sweep",
      "b sweep",
    ]);
    for (const card of cards) {
      expect(card).toMatchObject({
        alive: false,
        digest: expect.stringMatching(/^[0-9a-f]{32}$/),
        wants: { approvers: 1, notRequester: false, signed: false, expires: 3600, given: [] },
        card: { host: card.host, members: [{ digest: card.digest }] },
      });
    }
  });

  test("cards that differ only in the host's name are one card, with all its hosts", async () => {
    const steps = sweep().replace(`cd "$dir"; find . -name '*.bad' -type f | sort`, "echo x.bad");
    await using shop = await localJob(steps, { top: "inputs: { dir: { type: string, default: / } }\n" });
    await shop.write("hosts.yml", "all:\n  vars: { ansible_connection: local }\n  hosts: { web1: , web2: , web3: }\n");
    expect((await shop.run("run", "job", "-i", "hosts.yml")).exit).toBe(3);
    const { out } = await shop.run("approvals");
    expect(out.match(/^script /gm)).toHaveLength(1);
    expect(out).toMatch(/^web\[1-3\] \(3 hosts\): sweep$/m);
    for (const { digest } of await cardsOf(shop)) expect(out).toContain(digest.slice(0, 12));
  });

  test("the newest run stands last; a run can be named; what is decided is not listed any more", async () => {
    await using shop = await waitingJob(sweep());
    await shop.write("a/new.bad", "");
    await shop.run("run", "job", "-i", "hosts.yml", "-l", "a");
    const [first, second] = [...new Set((await cardsOf(shop)).map(({ run }) => run))];
    expect(first).not.toBe(second);
    expect((await cardsOf(shop, "last")).map(({ run }) => run)).toEqual([second]);
    const { out } = await shop.run("approvals");
    expect(out.indexOf(`${first}: 2 cards`)).toBeLessThan(out.indexOf(`${second}: 1 card of job waits`));
    const [card] = await cardsOf(shop, "last");
    await shop.run("approve", "last", "--digest", card?.digest ?? "");
    expect(await shop.run("approvals", "last")).toMatchObject({ exit: 0, err: `Nothing waits in run ${second}.\n` });
  });

  test("what another run has taken over waits there alone; a run that goes on looks at it again", async () => {
    await using shop = await waitingJob(sweep());
    const { run, digest } = await cardOn(shop, "a");
    {
      await using record = SqliteRecord.open(join(shop.directory, ".local/state/runbook"));
      // As a run on a terminal does; this one dies before it has asked.
      const request = { run: "newer", host: "a", step: "sweep", digest };
      expect(await record.desk.claim(request, { over: true })).toBeNull();
    }
    expect((await cardsOf(shop, run)).map(({ host }) => host)).toEqual(["b"]);
    expect(await decideHere(shop, "approve", run, { digest: [digest] })).toEqual({
      exit: 1,
      said: "a: sweep: not approved: it is asked in run newer now: decide there\n",
    });
    expect((await shop.run("history", "show", run, "--events")).out).toContain("run newer has asked for exactly this");
    expect((await shop.run("resume", run)).exit).toBe(3);
    expect((await cardsOf(shop, run)).map(({ host }) => host)).toEqual(["a", "b"]);
  });

  test("what two runs see is asked once", async () => {
    await using shop = await waitingJob(sweep());
    const { exit } = await shop.run("run", "job", "-i", "hosts.yml");
    expect(exit).toBe(3);
    const cards = await cardsOf(shop);
    expect(cards).toHaveLength(2);
    expect(new Set(cards.map(({ digest }) => digest)).size).toBe(2);
    expect((await shop.run("approvals")).out).toMatch(/also in {3}\S+: asked only here/);
    const there = cards[0]?.run;
    expect(await decideHere(shop, "approve", "last")).toEqual({
      exit: 64,
      said: expect.stringMatching(`nothing waits in run \\S+: what it found is asked in run ${there}`),
    });
  });
});
