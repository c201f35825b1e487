import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clock, day, firesHere, shut, type Fires } from "../kit/fires.ts";
import { verdictsOf } from "../kit/shelf.ts";

let here: Fires;
beforeAll(async () => {
  here = await firesHere();
});
afterAll(() => here[Symbol.asyncDispose]());

describe("what a schedule restrains", () => {
  test.each([
    ["dark", `only looked: blackout ${day(-1)} to ${day(1)} (audit)`],
    ["shut", `only looked: outside its hours mon-sun ${clock(shut)}-${clock(shut + 1)}`],
    ["late", "policy: schedule late (home/schedules.yml:8) denies it: its deadline is over"],
  ])("fixes nothing and asks nobody where %s says no", async (name, reason) => {
    await here.spoil("a");
    const { exit, out } = await here.fire(name);
    expect({ exit, ...verdictsOf(out) }).toMatchObject({ exit: 2, "a sweep": `found: ${reason}` });
    expect(out).not.toContain('"type":"asked"');
    expect(await here.files("a")).toContain("1.bad");
  });

  test("opens no second request for what an earlier one asks, and takes it back once it is gone or asked anew", async () => {
    await here.spoil();
    expect((await here.fire("asks")).exit).toBe(0);
    expect(await here.asking()).toEqual([]);
    await here.shop.write("a/1.bad", "");
    const [first, second, third, fourth] = [here.nextId(), here.nextId(), here.nextId(), here.nextId()];
    expect((await here.fire("asks", first)).exit).toBe(3);
    const again = await here.fire("asks", second);
    expect({ exit: again.exit, ...verdictsOf(again.out) }).toMatchObject({
      exit: 3,
      "a sweep": `waiting: asked in run ${first}`,
    });
    expect(await here.asking()).toEqual([first]);
    const { out: pruned } = await here.shop.run("history", "prune", "--older-than", "0s", "--dry-run");
    expect(pruned).toContain(`would go ${second}\n`);
    expect(pruned).toContain(`stays    ${first}: `);
    // It is there still, and more with it: one card has both.
    await here.shop.write("a/2.bad", "");
    expect((await here.fire("asks", third)).exit).toBe(3);
    expect(await here.asking()).toEqual([third]);
    const said = await here.shop.run("history", "show", first, "--events");
    expect(said.out).toContain(`schedule asks: asked anew in run ${third}, with all that was found then`);
    // A fire that only looks sees it, too.
    await here.spoil();
    await rm(join(here.shop.directory, "a/2.bad"));
    const clear = await here.fire("asks", fourth, "--act", "detect");
    expect({ exit: clear.exit, ...verdictsOf(clear.out) }).toMatchObject({ exit: 0, "a sweep": "clear" });
    expect(await here.asking()).toEqual([]);
    const gone = await here.shop.run("resume", third, "--no-tui");
    expect({ exit: gone.exit, out: gone.out }).toEqual({
      exit: 2,
      out: expect.stringContaining(`denied by schedule asks: gone by itself, found clear in run ${fourth}`),
    });
  });

  test("asks nobody again who has said no, until it was gone meanwhile or a person has it run", async () => {
    await here.spoil();
    await here.shop.write("a/1.bad", "");
    const first = here.nextId();
    expect((await here.fire("asks", first)).exit).toBe(3);
    const { digest } = JSON.parse((await here.shop.run("approvals", first, "--json")).out);
    const no = ["deny", first, "--digest", String(digest), "--reason", "not tonight"] as const;
    expect((await here.shop.run(...no)).exit).toBe(0);
    const again = await here.fire("asks");
    expect({ exit: again.exit, ...verdictsOf(again.out) }).toMatchObject({
      exit: 2,
      "a sweep": expect.stringMatching(new RegExp(`^found: denied by \\S+ in run ${first}: not tonight$`)),
    });
    expect(await here.asking()).toEqual([]);
    const own = ["schedule", "run-now", "asks", "--schedules", "home/schedules.yml", "--json"] as const;
    expect((await here.shop.run(...own)).exit).toBe(3);
    expect(await here.asking()).toHaveLength(1);
    // Gone, and there once more.
    await here.spoil();
    expect((await here.fire("asks")).exit).toBe(0);
    expect(await here.asking()).toEqual([]);
    await here.shop.write("a/1.bad", "");
    expect((await here.fire("asks")).exit).toBe(3);
    await here.spoil();
    expect((await here.fire("asks")).exit).toBe(0);
  });

  test("asks anew what an earlier one asks that is past its deadline: no yes would count there any more", async () => {
    await here.spoil();
    await here.shop.write("a/1.bad", "");
    const [first, second] = [here.nextId(), here.nextId()];
    expect((await here.fire("brief", first)).exit).toBe(3);
    const yes = async (): Promise<string> => {
      const { out } = await here.shop.run("approvals", first, "--json");
      return (await here.shop.run("approve", first, "--digest", String(JSON.parse(out).digest))).out;
    };
    // As if the hour had passed.
    using database = new DatabaseSync(join(here.shop.directory, ".local/state/runbook/runbook.db"));
    const over = ["$.plan.schedule.restraints.until", "$.plan.policies[0].rules[0].since"];
    for (const path of over) {
      database.prepare("update entry set event = json_set(event, ?, 1) where run = ? and seq = 1").run(path, first);
    }
    expect(await yes()).toContain("denies it: its deadline is over");
    expect((await here.fire("brief", second)).exit).toBe(3);
    expect(await here.asking()).toEqual([second]);
  });

  test("fixes as many hosts a day as the schedule says, over all of its runs, and those again that it has fixed", async () => {
    await here.spoil("b");
    expect((await here.fire("few")).exit).toBe(0);
    await here.spoil("a", "b");
    const { exit, out } = await here.fire("few");
    const over =
      "found: policy: schedule few (home/schedules.yml:7) denies it: max_hosts_per_day is 1, and 1 host was fixed today";
    expect({ exit, ...verdictsOf(out) }).toEqual({
      exit: 2,
      "a sweep": over,
      "a told": over,
      "b sweep": "fixed",
      "b told": "fixed",
    });
  });

  test("holds a run that goes on later to what others of the schedule have fixed meanwhile", async () => {
    await here.spoil();
    await here.shop.write("a/shy.bad", "");
    const [first, second] = [here.nextId(), here.nextId()];
    expect((await here.fire("shy", first)).exit).toBe(3);
    await here.shop.write("b/shy.bad", "");
    expect((await here.fire("shy", second)).exit).toBe(3);
    // What else was found has no place left in this run.
    expect((await here.approved(second)).out).toContain("allows at most 1 host in one run: max_hosts_per_day is 1");
    const later = await here.approved(first);
    expect({ exit: later.exit, out: later.out }).toEqual({
      exit: 2,
      out: expect.stringContaining("denies it: max_hosts_per_day is 1, and 1 host was fixed today"),
    });
    expect([await here.files("a"), await here.files("b")]).toEqual([
      expect.arrayContaining(["shy.bad"]),
      ["here", "told"],
    ]);
  });

  test("leaves to people what was fixed often enough, whoever did it: the card says why", async () => {
    await here.spoil();
    for (const name of ["often", "open"]) {
      await here.shop.write(`a/${name}.bad`, "");
      expect((await here.fire(name)).exit).toBe(0);
    }
    // Under another name it is the same problem again.
    await here.shop.write("a/again.bad", "");
    const run = here.nextId();
    expect((await here.fire("often", run)).exit).toBe(3);
    const why = "it keeps coming back: 2 fixes within 7 d, so look for the cause";
    expect((await here.shop.run("approvals", run)).out).toContain(`asked, not fixed by the schedule: ${why}`);
    expect(await here.files("a")).toContain("again.bad");
    expect((await here.approved(run)).exit).toBe(0);
    expect(await here.files("a")).not.toContain("again.bad");
  });
});
