import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { firesHere, NOMINAL, type Fires } from "../kit/fires.ts";
import { entriesOf } from "../kit/shelf.ts";
import type { Ran } from "../kit/workshop.ts";

let here: Fires;
beforeAll(async () => {
  here = await firesHere();
});
afterAll(() => here[Symbol.asyncDispose]());

describe("a fire of a schedule", () => {
  test("is a run with the schedule's inventory, inputs and level, which says whose fire it is", async () => {
    await here.spoil("a");
    const run = here.nextId();
    const { exit, out, err } = await here.fire("open", run);
    expect({ exit, err }).toEqual({ exit: 0, err: expect.not.stringContaining("rror") });
    expect(await here.files("a")).not.toContain("1.bad");
    expect(await readFile(join(here.shop.directory, "a/told"), "utf8")).toBe("@home/tok-web-1234");
    const [first, ...rest] = entriesOf(out);
    if (first?.event.type !== "run-started") throw new Error("no run-started");
    expect(first.run).toBe(run);
    expect(first.event.plan).toMatchObject({
      approve: "low",
      attended: false,
      inventory: "../hosts.yml",
      schedule: { name: "open", fire: Date.parse(NOMINAL), why: [] },
    });
    const yes = rest.flatMap(({ event }) => (event.type === "approved" ? [event.by] : []));
    expect(new Set(yes)).toEqual(new Set(["schedule open (approve: low)"]));
    expect(out).not.toContain("tok-web-1234");
    const listed = await here.shop.run(
      "history",
      "list",
      "--schedule",
      "open",
      "--host",
      "a",
      "--outcome",
      "fixed",
      "--json",
    );
    expect(JSON.parse(listed.out)).toMatchObject({ run, schedule: "open", outcome: "fixed", standing: "ended" });
    const none = await here.shop.run("history", "--schedule", "opne");
    expect(none).toEqual({ exit: 0, out: "", err: "No such run is on record.\n  → did you mean `open`?\n" });
    const shown = await here.shop.run("history", "show", run);
    expect(shown.out).toContain("(schedule open, fire of 2026-01-01 00:00:00 UTC)");
    expect(shown.out).not.toContain("tok-web-1234");

    await here.spoil("a");
    const again = await here.fire("open", run);
    expect({ exit: again.exit, out: again.out, err: again.err }).toEqual({
      exit: 73,
      out: "",
      err: `Run ${run} has begun already, and is not begun again: \`runbook resume ${run}\` goes on with what is left of it.\n`,
    });
    expect(await here.files("a")).toContain("1.bad");
  });

  test("begins nothing where the schedules that are in force have not come whole, and may be begun again", async () => {
    const run = here.nextId();
    const { exit, err } = await here.fire("open", run, "--digest", "0".repeat(64));
    expect({ exit, err }).toEqual({ exit: 64, err: expect.stringContaining("have not come whole on standard input") });
    expect((await here.shop.run("history", "show", run)).exit).toBe(64);
  });

  test("that comes to it late only looks, as one that was missed, and its deadline is that of whoever began it", async () => {
    await here.spoil("a");
    const begun = Date.now() - 45 * 60_000;
    const fire = async (...more: readonly string[]) => {
      const { exit, out } = await here.fire("brief", here.nextId(), "--begun", new Date(begun).toISOString(), ...more);
      const [first] = entriesOf(out);
      if (first?.event.type !== "run-started") throw new Error("no run-started");
      return { exit, plan: first.event.plan };
    };
    expect(await fire()).toMatchObject({
      exit: 2,
      plan: {
        dryRun: true,
        schedule: { why: [expect.stringMatching(/^missed by 45 min/)], restraints: { until: begun + 3_600_000 } },
      },
    });
    expect(await here.files("a")).toContain("1.bad");
  });

  test("of one id begins once, however many begin it", async () => {
    await here.spoil("a", "b");
    const run = here.nextId();
    const ends = await Promise.all([1, 2].map(() => here.fire("open", run)));
    expect(new Set(ends.map(({ exit }) => exit))).toEqual(new Set([0, 73]));
    expect(ends.filter(({ exit }) => exit === 0)).toHaveLength(1);
    const check = here.nextId();
    const looks = await Promise.all([1, 2].map(() => here.fire("look", check)));
    expect(looks.filter(({ exit }) => exit === 73)).toHaveLength(1);
  });

  test("asks where the schedule lets nothing through, and the card says which fire asks", async () => {
    await here.spoil("a");
    const run = here.nextId();
    expect((await here.fire("asks", run)).exit).toBe(3);
    const { out } = await here.shop.run("approvals", run);
    expect(out).toContain("asked by  schedule asks, fire of 2026-01-01 00:00:00 UTC");
    expect(await here.files("a")).toContain("1.bad");
    expect((await here.shop.run("approvals", run, "--json")).exit).toBe(3);
  });

  test("tells where a value cannot be had, at the line of the schedule, and begins nothing", async () => {
    const run = here.nextId();
    const { exit, err } = await here.fire("lost", run);
    expect({ exit, err }).toEqual({
      exit: 64,
      err: expect.stringContaining("schedules.yml:13, schedule lost, input key: the variable NO_SUCH_KEY is not set"),
    });
    expect((await here.fire("loud")).err).toContain("input key: the command ./loud: it prints more than 1 MB");
    expect((await here.shop.run("history", "show", run)).exit).toBe(64);
  });

  test("checks where the schedule is one of a check", async () => {
    await here.spoil("a");
    const check = here.nextId();
    expect((await here.fire("look", check)).exit).toBe(2);
    expect((await here.shop.run("history", "show", check)).out).toContain("sweep");
  });
});

const now = (...argv: readonly string[]): Promise<Ran> =>
  here.shop.run("schedule", "run-now", ...argv, "--schedules", "home/schedules.yml");

test("run-now does the same for a person, and says what it is not to do", async () => {
  await here.spoil("a");
  const dark = await now("dark");
  expect({ exit: dark.exit, err: dark.err }).toEqual({
    exit: 2,
    err: expect.stringContaining("Schedule dark, by hand: it only looks (blackout"),
  });
  // The command was not one to leave out -n of.
  expect(dark.out).toContain("found: to fix it when that may be:\n    runbook schedule run-now dark\n");
  const dry = await now("open", "--dry-run");
  expect({ exit: dry.exit, out: dry.out }).toEqual({
    exit: 2,
    out: expect.stringContaining("only looked: a dry run was wanted"),
  });
  const done = await now("open");
  expect({ exit: done.exit, err: done.err, out: done.out }).toEqual({
    exit: 0,
    err: expect.stringContaining(
      "Schedule open, by hand: it fixes up to low risk without asking, at most 10 hosts a day\n",
    ),
    out: expect.stringContaining("(schedule open, by hand)"),
  });
  await here.shop.run("schedule", "pause", "look", "--reason", "a move", "--schedules", "home/schedules.yml");
  expect((await now("look")).err).toMatch(/it checks\nBy itself it does not fire: it is paused by .*: a move$/m);
  expect((await now("opne")).err).toContain("did you mean `open`?");
});
