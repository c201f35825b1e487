import { chmod, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { entriesOf, localJob, sweep, verdictsOf } from "../kit/shelf.ts";
import type { Ran, Workshop } from "../kit/workshop.ts";

/** The input is read where the fix can be seen to have got it. */
const STEPS = `${sweep()}  - id: told
    independent: true
    detect:
      run: if [ ! -s "$dir/told" ]; then echo "nobody told $dir"; fi
    fix: { risk: low, run: 'printf "%s/%s" "$word" "$key" > "$dir/told"' }
    verify: { within: 1s, every: 200ms }
`;
const TOP =
  "inputs: { dir: { type: string }, word: { type: string, default: none }, key: { type: string, secret: true } }\n";

/** Days without fixes, as they lie around now. */
const today = new Date();
const day = (from: number): string => new Date(today.getTime() + from * 86_400_000).toISOString().slice(0, 10);
const shut = (today.getUTCHours() + 12) % 24;
const clock = (hour: number): string => `${String(hour % 24).padStart(2, "0")}:00`;

const SCHEDULES = `inventory: ../hosts.yml
schedules:
  - { name: open, runbook: ../runbooks/job.yml, cron: "@hourly", approve: low, inputs: { word: "@home", key: { command: [./key, web] } } }
  - { name: asks, runbook: ../runbooks/job.yml, cron: "@hourly", inputs: { key: { file: key.txt } } }
  - { name: dark, runbook: ../runbooks/job.yml, cron: "@hourly", approve: low, blackout: [{ from: ${day(-1)}, to: ${day(1)}, reason: audit }], inputs: { key: { file: key.txt } } }
  - { name: shut, runbook: ../runbooks/job.yml, cron: "@hourly", approve: low, window: { from: "${clock(shut)}", to: "${clock(shut + 1)}" }, inputs: { key: { file: key.txt } } }
  - { name: few, runbook: ../runbooks/job.yml, cron: "@hourly", approve: low, max_hosts_per_day: 1, inputs: { key: { file: key.txt } } }
  - { name: late, runbook: ../runbooks/job.yml, cron: "@hourly", approve: low, deadline: 1ms, inputs: { key: { file: key.txt } } }
  - { name: often, runbook: ../runbooks/job.yml, cron: "@hourly", approve: low, stop_after: { fixes: 2 }, inputs: { key: { file: key.txt } } }
  - { name: shy, runbook: ../runbooks/job.yml, cron: "@hourly", max_hosts_per_day: 1, inputs: { key: { file: key.txt } } }
  - { name: brief, runbook: ../runbooks/job.yml, cron: "@hourly", deadline: 1h, inputs: { key: { file: key.txt } } }
  - { name: look, check: [../runbooks/job.yml], cron: "@hourly", inputs: { key: { file: key.txt } } }
  - { name: lost, runbook: ../runbooks/job.yml, cron: "@hourly", inputs: { key: { env: NO_SUCH_KEY } } }
  - { name: loud, runbook: ../runbooks/job.yml, cron: "@hourly", inputs: { key: { command: [./loud] } } }
`;

let shop: Workshop;
beforeAll(async () => {
  const files = {
    "home/schedules.yml": SCHEDULES,
    "home/key": '#!/bin/sh\necho "tok-$1-1234"\n',
    "home/key.txt": "from-a-file\n",
  };
  shop = await localJob(STEPS, { hosts: ["a", "b"], top: TOP, files: { ...files, "home/loud": "#!/bin/sh\nyes\n" } });
  await Promise.all(["key", "loud"].map((program) => chmod(join(shop.directory, "home", program), 0o755)));
});
afterAll(() => shop[Symbol.asyncDispose]());

const NOMINAL = "2026-01-01T00:00:00.000Z";
let ids = 0;
const nextId = (): string => `260101000000-bcdf${String((ids += 1) + 10)}`;

const fire = (name: string, run = nextId(), ...more: readonly string[]): Promise<Ran> => {
  const at = ["--schedules", "home/schedules.yml", "--nominal", NOMINAL, "--act", "run", "--run", run];
  return shop.run("schedule", "fire", name, ...at, "--json", ...more);
};

/** Hosts with a file to remove, and nothing told yet. */
async function spoil(...hosts: readonly string[]): Promise<void> {
  for (const host of ["a", "b"]) {
    await rm(join(shop.directory, host, "1.bad"), { force: true });
    await writeFile(join(shop.directory, host, "told"), hosts.includes(host) ? "" : "told");
  }
  for (const host of hosts) await shop.write(`${host}/1.bad`, "");
}

/** The runs in which a card waits. */
async function asking(): Promise<string[]> {
  const { out } = await shop.run("approvals", "--json");
  return [...new Set(out.split("\n").flatMap((line) => (line === "" ? [] : [String(JSON.parse(line).run)])))];
}

/** Says yes to the one card of a run, and goes on with it. */
async function approved(run: string): Promise<Ran> {
  const { digest } = JSON.parse((await shop.run("approvals", run, "--json")).out);
  return await shop.run("approve", run, "--digest", String(digest), "--resume");
}

const files = (host: string): Promise<string[]> => readdir(join(shop.directory, host));

describe("a fire of a schedule", () => {
  test("is a run with the schedule's inventory, inputs and level, which says whose fire it is", async () => {
    await spoil("a");
    const run = nextId();
    const { exit, out, err } = await fire("open", run);
    expect({ exit, err }).toEqual({ exit: 0, err: expect.not.stringContaining("rror") });
    expect(await files("a")).not.toContain("1.bad");
    expect(await readFile(join(shop.directory, "a/told"), "utf8")).toBe("@home/tok-web-1234");
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
    const listed = await shop.run(
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
    const shown = await shop.run("history", "show", run);
    expect(shown.out).toContain("(schedule open, fire of 2026-01-01 00:00:00 UTC)");
    expect(shown.out).not.toContain("tok-web-1234");

    await spoil("a");
    const again = await fire("open", run);
    expect({ exit: again.exit, out: again.out, err: again.err }).toEqual({
      exit: 73,
      out: "",
      err: `Run ${run} has begun already, and is not begun again: \`runbook resume ${run}\` goes on with what is left of it.\n`,
    });
    expect(await files("a")).toContain("1.bad");
  });

  test("of one id begins once, however many begin it", async () => {
    await spoil("a", "b");
    const run = nextId();
    const ends = await Promise.all([1, 2].map(() => fire("open", run)));
    expect(new Set(ends.map(({ exit }) => exit))).toEqual(new Set([0, 73]));
    expect(ends.filter(({ exit }) => exit === 0)).toHaveLength(1);
    const check = nextId();
    const looks = await Promise.all([1, 2].map(() => fire("look", check)));
    expect(looks.filter(({ exit }) => exit === 73)).toHaveLength(1);
  });

  test("asks where the schedule lets nothing through, and the card says which fire asks", async () => {
    await spoil("a");
    const run = nextId();
    expect((await fire("asks", run)).exit).toBe(3);
    const { out } = await shop.run("approvals", run);
    expect(out).toContain("asked by  schedule asks, fire of 2026-01-01 00:00:00 UTC");
    expect(await files("a")).toContain("1.bad");
    expect((await shop.run("approvals", run, "--json")).exit).toBe(3);
  });

  test.each([
    ["dark", `only looked: blackout ${day(-1)} to ${day(1)} (audit)`],
    ["shut", `only looked: outside its hours mon-sun ${clock(shut)}-${clock(shut + 1)}`],
    ["late", "policy: schedule late (home/schedules.yml:8) denies it: its deadline is over"],
  ])("fixes nothing and asks nobody where %s says no", async (name, reason) => {
    await spoil("a");
    const { exit, out } = await fire(name);
    expect({ exit, ...verdictsOf(out) }).toMatchObject({ exit: 2, "a sweep": `found: ${reason}` });
    expect(out).not.toContain('"type":"asked"');
    expect(await files("a")).toContain("1.bad");
  });

  test("opens no second request for what an earlier one asks, and takes it back once it is gone or asked anew", async () => {
    await spoil();
    expect((await fire("asks")).exit).toBe(0);
    expect(await asking()).toEqual([]);
    await shop.write("a/1.bad", "");
    const [first, second, third, fourth] = [nextId(), nextId(), nextId(), nextId()];
    expect((await fire("asks", first)).exit).toBe(3);
    const again = await fire("asks", second);
    expect({ exit: again.exit, ...verdictsOf(again.out) }).toMatchObject({
      exit: 3,
      "a sweep": `waiting: asked in run ${first}`,
    });
    expect(await asking()).toEqual([first]);
    // It is there still, and more with it: one card has both.
    await shop.write("a/2.bad", "");
    expect((await fire("asks", third)).exit).toBe(3);
    expect(await asking()).toEqual([third]);
    const said = await shop.run("history", "show", first, "--events");
    expect(said.out).toContain(`schedule asks: asked anew in run ${third}, with all that was found then`);
    // A fire that only looks sees it, too.
    await spoil();
    await rm(join(shop.directory, "a/2.bad"));
    const clear = await fire("asks", fourth, "--act", "detect");
    expect({ exit: clear.exit, ...verdictsOf(clear.out) }).toMatchObject({ exit: 0, "a sweep": "clear" });
    expect(await asking()).toEqual([]);
    const gone = await shop.run("resume", third, "--no-tui");
    expect({ exit: gone.exit, out: gone.out }).toEqual({
      exit: 2,
      out: expect.stringContaining(`denied by schedule asks: gone by itself, found clear in run ${fourth}`),
    });
  });

  test("asks anew what an earlier one asks that is past its deadline: no yes would count there any more", async () => {
    await spoil();
    await shop.write("a/1.bad", "");
    const [first, second] = [nextId(), nextId()];
    expect((await fire("brief", first)).exit).toBe(3);
    const yes = async (): Promise<string> => {
      const { out } = await shop.run("approvals", first, "--json");
      return (await shop.run("approve", first, "--digest", String(JSON.parse(out).digest))).out;
    };
    // As if the hour had passed.
    using database = new DatabaseSync(join(shop.directory, ".local/state/runbook/runbook.db"));
    const over = ["$.plan.schedule.restraints.until", "$.plan.policies[0].rules[0].since"];
    for (const path of over) {
      database.prepare("update entry set event = json_set(event, ?, 1) where run = ? and seq = 1").run(path, first);
    }
    expect(await yes()).toContain("denies it: its deadline is over");
    expect((await fire("brief", second)).exit).toBe(3);
    expect(await asking()).toEqual([second]);
  });

  test("fixes as many hosts a day as the schedule says, over all of its runs, and those again that it has fixed", async () => {
    await spoil("b");
    expect((await fire("few")).exit).toBe(0);
    await spoil("a", "b");
    const { exit, out } = await fire("few");
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
    await spoil();
    await shop.write("a/shy.bad", "");
    const [first, second] = [nextId(), nextId()];
    expect((await fire("shy", first)).exit).toBe(3);
    await shop.write("b/shy.bad", "");
    expect((await fire("shy", second)).exit).toBe(3);
    // What else was found has no place left in this run.
    expect((await approved(second)).out).toContain("allows at most 1 host in one run: max_hosts_per_day is 1");
    const later = await approved(first);
    expect({ exit: later.exit, out: later.out }).toEqual({
      exit: 2,
      out: expect.stringContaining("denies it: max_hosts_per_day is 1, and 1 host was fixed today"),
    });
    expect([await files("a"), await files("b")]).toEqual([expect.arrayContaining(["shy.bad"]), ["here", "told"]]);
  });

  test("leaves to people what was fixed often enough, whoever did it: the card says why", async () => {
    await spoil();
    for (const name of ["often", "open"]) {
      await shop.write("a/often.bad", "");
      expect((await fire(name)).exit).toBe(0);
    }
    await shop.write("a/often.bad", "");
    const run = nextId();
    expect((await fire("often", run)).exit).toBe(3);
    const why = "it keeps coming back: fixed 2 times within 7 d, so look for the cause";
    expect((await shop.run("approvals", run)).out).toContain(`asked, not fixed by the schedule: ${why}`);
    expect(await files("a")).toContain("often.bad");
    expect((await approved(run)).exit).toBe(0);
    expect(await files("a")).not.toContain("often.bad");
  });

  test("tells where a value cannot be had, at the line of the schedule, and begins nothing", async () => {
    const run = nextId();
    const { exit, err } = await fire("lost", run);
    expect({ exit, err }).toEqual({
      exit: 64,
      err: expect.stringContaining("schedules.yml:13, schedule lost, input key: the variable NO_SUCH_KEY is not set"),
    });
    expect((await fire("loud")).err).toContain("input key: the command ./loud: it prints more than 1 MB");
    expect((await shop.run("history", "show", run)).exit).toBe(64);
  });

  test("checks where the schedule is one of a check", async () => {
    await spoil("a");
    const check = nextId();
    expect((await fire("look", check)).exit).toBe(2);
    expect((await shop.run("history", "show", check)).out).toContain("sweep");
  });
});

const now = (...argv: readonly string[]): Promise<Ran> =>
  shop.run("schedule", "run-now", ...argv, "--schedules", "home/schedules.yml");

test("run-now does the same for a person, and says what it is not to do", async () => {
  await spoil("a");
  const dark = await now("dark");
  expect({ exit: dark.exit, err: dark.err }).toEqual({
    exit: 2,
    err: expect.stringContaining("Schedule dark, by hand: it only looks (blackout"),
  });
  const dry = await now("open", "--dry-run");
  expect({ exit: dry.exit, out: dry.out }).toEqual({
    exit: 2,
    out: expect.stringContaining("only looked: a dry run was wanted"),
  });
  const done = await now("open");
  expect({ exit: done.exit, out: done.out }).toEqual({
    exit: 0,
    out: expect.stringContaining("(schedule open, by hand)"),
  });
  expect((await now("opne")).err).toContain("did you mean `open`?");
});
