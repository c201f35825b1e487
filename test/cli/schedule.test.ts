import { readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { workshop, type Workshop } from "../kit/workshop.ts";
import { localJob, sweep } from "../kit/shelf.ts";

const SCHEDULES = `timezone: Europe/Berlin
inventory: "web1,"
schedules:
  - name: full-disks
    runbook: job
    cron: "30 2 * * *"
    window: { days: sun, from: 02:00, to: 05:00 }
    blackout: [{ from: 2026-03-30, to: 2026-03-31, reason: audit }]
  - name: look
    check: [job]
    cron: "0 */12 * * *"
    timezone: UTC
  - name: "off"
    runbook: job
    cron: "@daily"
    enabled: false
`;
const RUNBOOK = `name: job\ntitle: T\nsteps:\n${sweep()}`.replaceAll("$dir", "/nowhere");

/** Without days that will be over. */
const UNDATED = SCHEDULES.replace(/.*blackout.*\n/, "");

async function desk(schedules = SCHEDULES): Promise<Workshop> {
  return workshop({ "schedules.yml": schedules, "runbooks/job.yml": RUNBOOK });
}

describe("schedule preview", () => {
  test("tells every fire of some time, what happens at it, and why", async () => {
    await using shop = await desk();
    const { exit, out, err } = await shop.run(
      "schedule",
      "preview",
      "--from",
      "2026-03-28T22:00Z",
      "--to",
      "2026-03-30T03:00Z",
    );
    expect({ exit, err }).toEqual({ exit: 0, err: "" });
    expect(out).toBe(
      [
        "fires                      zone           schedule    does     why",
        "2026-03-29 00:00:00 UTC+1  Europe/Berlin  off         skipped  it is not enabled",
        "2026-03-29 00:00:00 UTC    UTC            look        checks",
        "2026-03-29 03:00:00 UTC+2  Europe/Berlin  full-disks  runs     the time it names is left out that day: it fires at 03:00:00, when the clocks have gone forward",
        "2026-03-29 12:00:00 UTC    UTC            look        checks",
        "2026-03-30 00:00:00 UTC+2  Europe/Berlin  off         skipped  it is not enabled; the clocks have gone forward by 1 h since the fire before",
        "2026-03-30 00:00:00 UTC    UTC            look        checks",
        "2026-03-30 02:30:00 UTC+2  Europe/Berlin  full-disks  skipped  blackout 2026-03-30 to 2026-03-31 (audit)",
        "",
      ].join("\n"),
    );
  });

  test("of one schedule is JSON for programs", async () => {
    await using shop = await desk();
    const argv = [
      "schedule",
      "preview",
      "full-disks",
      "--from",
      "2026-04-01T00:00Z",
      "--to",
      "2026-04-01T12:00Z",
      "--json",
    ];
    const { exit, out } = await shop.run(...argv);
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toEqual([
      {
        schedule: "full-disks",
        at: "2026-04-01T00:30:00.000Z",
        nominal: "2026-04-01T00:30:00.000Z",
        local: "2026-04-01 02:30:00 UTC+2",
        timezone: "Europe/Berlin",
        act: "detect",
        why: ["outside its hours sun 02:00-05:00"],
        notes: [],
      },
    ]);
  });

  test("has what fires when the time begins, and not when it is over", async () => {
    await using shop = await desk();
    const day = ["--from", "2026-04-01T00:00Z", "--to", "2026-04-02T00:00Z", "--json"];
    const fires: unknown = JSON.parse((await shop.run("schedule", "preview", "look", ...day)).out);
    expect(fires).toMatchObject([{ at: "2026-04-01T00:00:00.000Z" }, { at: "2026-04-01T12:00:00.000Z" }]);
  });

  test("tells the first fires of all schedules, and that there are more", async () => {
    const written = ['{ name: a, check: [job], cron: "0 0 * * *" }', '{ name: b, check: [job], cron: "*/7 * * * *" }'];
    const others = ["c", "d"].map((name) => `{ name: ${name}, check: [job], cron: "* * * * *" }`);
    await using shop = await desk(`inventory: "web1,"\nschedules: [${[...written, ...others].join(", ")}]\n`);
    const day = ["--from", "2026-04-01T00:00Z", "--to", "2026-04-02T00:00Z", "--json"];
    const told = async (...names: readonly string[]) => {
      const { out, err } = await shop.run("schedule", "preview", ...names, ...day);
      const fires: unknown[] = JSON.parse(out);
      return { fires, more: err.startsWith("There are more fires than 1,000 lines") };
    };
    const apart = await Promise.all(["a", "b", "c", "d"].map((name) => told(name)));
    expect(apart.map(({ fires, more }) => [fires.length, more])).toEqual([
      [1, false],
      [216, false],
      [1000, true],
      [1000, true],
    ]);
    const first = apart
      .flatMap(({ fires }) => fires)
      .toSorted((one, other) =>
        String(Reflect.get(Object(one), "at")).localeCompare(String(Reflect.get(Object(other), "at"))),
      );
    expect(await told()).toEqual({ fires: first.slice(0, 1000), more: true });
  });

  test("needs a name that is there and a time that can be", async () => {
    await using shop = await desk();
    expect(await shop.run("schedule", "preview", "loook")).toEqual({
      exit: 64,
      out: "",
      err: "schedules.yml: there is no schedule `loook`\n  → did you mean `look`?\n",
    });
    expect(await shop.run("schedule", "preview", "--from", "2026-02-30")).toMatchObject({ exit: 64 });
    expect((await shop.run("schedule", "preview", "--from", "0206-02-20")).err).toContain("the years 1970 to 2999");
    expect(await shop.run("schedule", "preview", "--from", "2026-03-02", "--to", "2026-03-01")).toMatchObject({
      exit: 64,
    });
  });
});

test("schedule next tells as many fires as are wanted, from the file that $RUNBOOK_SCHEDULES names", async () => {
  await using shop = await desk();
  const elsewhere = { RUNBOOK_SCHEDULES: `${shop.directory}/schedules.yml` };
  const { exit, out } = await shop.runWith(elsewhere, "schedule", "next", "--count", "4", "--json");
  expect(exit).toBe(0);
  const fires: unknown = JSON.parse(out);
  expect(fires).toHaveLength(4);
  expect(JSON.stringify(fires)).not.toContain('"off"');
  const off = await shop.runWith(elsewhere, "schedule", "next", "off");
  expect(off).toEqual({ exit: 0, out: "", err: "Schedule off is not enabled: it never fires.\n" });
});

describe("schedule list", () => {
  test("tells each schedule's next fire, and the latest run of its runbook", async () => {
    await using shop = await localJob(sweep());
    await shop.write("schedules.yml", SCHEDULES);
    const before = await shop.run("schedule", "list");
    expect(before).toMatchObject({ exit: 0, err: "" });
    expect(before.out).toMatch(/^full-disks {2}job {8}20\d\d-/m);
    expect(before.out).toMatch(/^off {9}job {8}not enabled$/m);
    await shop.run("run", "job", "-i", "hosts.yml");
    const { out } = await shop.run("schedule", "list");
    expect(out).toMatch(/^full-disks .* UTC, clear$/m);
    expect(out).toMatch(/^look {8}check job .*UTC$/m);
    // Its file is called otherwise.
    await shop.write("odd.yml", RUNBOOK.replace("name: job", "name: other"));
    await shop.write(
      "schedules.yml",
      'schedules: [{ name: odd, runbook: ./odd.yml, inventory: hosts.yml, cron: "@daily" }]',
    );
    expect((await shop.run("schedule", "run-now", "odd", "-n")).exit).toBe(4);
    expect((await shop.run("schedule", "list")).out).toMatch(/^odd .* UTC, unknown$/m);
  });
});

test("to look at schedules makes no record, nor does to resume what is not paused", async () => {
  await using shop = await desk();
  await shop.write("state/other", "");
  const at = ["--state", "state"];
  for (const words of [["list"], ["next"], ["preview"]]) await shop.run("schedule", ...words, ...at);
  expect(await shop.run("schedule", "resume", "look", ...at)).toEqual({
    exit: 0,
    out: "",
    err: "Schedule look was not paused.\n",
  });
  expect(await readdir(join(shop.directory, "state"))).toEqual(["other"]);
  // Who has paused what is not known where it cannot be looked at.
  await symlink("runbook.db", join(shop.directory, "state/runbook.db"));
  for (const words of [["list"], ["next"], ["preview"]]) {
    expect((await shop.run("schedule", ...words, ...at)).exit).toBe(64);
  }
});

test("list, next and preview tell who has paused a schedule, and that one only looks or is left out for a while", async () => {
  const written = [
    '{ name: often, runbook: job, cron: "@hourly" }',
    '{ name: rests, runbook: job, cron: "@hourly", blackout: [{ from: 2020-01-01, to: 2090-01-01, reason: holidays }] }',
  ];
  await using shop = await desk(`inventory: "web1,"\nschedules: [${written.join(", ")}]\n`);
  const json = async (...argv: readonly string[]) => JSON.parse((await shop.run("schedule", ...argv, "--json")).out);
  await shop.run("schedule", "pause", "often", "--reason", "a move");
  const paused = expect.stringMatching(/^paused by .*: a move$/);
  expect((await shop.run("schedule", "list")).out).toMatch(/^often {5}job {3}paused by .*: a move$/m);
  expect(await json("list")).toMatchObject([
    { name: "often", next: null, act: null, paused: { reason: "a move", until: null }, last: null },
    { name: "rests", act: "skip", why: ["blackout 2020-01-01 to 2090-01-01 (holidays)"], paused: null },
  ]);
  expect(await json("next", "often", "--count", "2")).toMatchObject([
    { act: "skip", why: [paused] },
    { act: "skip", why: [paused] },
  ]);
  // It would end the pause instead.
  expect((await shop.run("schedule", "pause", "often", "--for", "0s")).exit).toBe(64);
  const again = await shop.run("schedule", "pause", "often", "--for", "90m", "--reason", "a move");
  expect(again.err).toMatch(/^This is in the place of the pause before: paused by .*: a move$/m);
  const [held, ...later] = await json("preview", "often");
  expect(held).toMatchObject({ act: "skip", why: [expect.stringContaining(", until ")] });
  expect(later.at(-1)).toMatchObject({ act: "run", why: [] });
  const [listed] = await json("list");
  expect(listed).toMatchObject({ act: "run", paused: { reason: "a move" } });
  expect(Date.parse(listed.next)).toBeGreaterThan(Date.parse(listed.paused.until));
});

describe("schedule lint", () => {
  test("is content with a file that is right", async () => {
    await using shop = await desk(UNDATED);
    expect(await shop.run("schedule", "lint")).toEqual({ exit: 0, out: "✓ schedules.yml: no mistakes\n", err: "" });
  });

  test("tells every mistake with its line, and exits with 65", async () => {
    await using shop = await desk();
    await shop.write("bad.yml", UNDATED.replace("runbook: job", "runbook: jop").replace("30 2 * * *", "0 0 30 feb *"));
    const { exit, out } = await shop.run("schedule", "lint", "bad.yml");
    expect({ exit, out }).toEqual({
      exit: 65,
      out: [
        "bad.yml:5:14: there is no runbook `jop` in runbooks, RUNBOOKS",
        "  5 |     runbook: jop",
        "    |              ^^^",
        "  → did you mean `job`?",
        "",
        "bad.yml:6:11: `0 0 30 feb *` never fires: there is no such date",
        '  6 |     cron: "0 0 30 feb *"',
        "    |           ^^^^^^^^^^^^^^",
        "  → look at its day and its month",
        "",
        "✗ bad.yml: 2 mistakes",
        "",
      ]
        .join("\n")
        .replace("RUNBOOKS", `${process.cwd()}/runbooks`),
    });
    const json = await shop.run("schedule", "lint", "bad.yml", "--json");
    expect(json.exit).toBe(65);
    expect(JSON.parse(json.out)).toMatchObject([{ path: "bad.yml", faults: [{ line: 5, column: 14 }, { line: 6 }] }]);
  });

  test("without a file says where one is looked for", async () => {
    await using shop = await workshop();
    expect(await shop.run("schedule", "lint")).toMatchObject({ exit: 64 });
    expect((await shop.run("schedule", "list")).err).toContain("--schedules FILE or $RUNBOOK_SCHEDULES names another");
  });
});

test("list and next tell that nothing fires again after the clock was set back, and from when on it does", async () => {
  await using shop = await desk(
    'inventory: "web1,"\nschedules:\n  - { name: often, runbook: job, cron: "*/10 * * * *" }\n',
  );
  await shop.run("schedule", "pause", "often");
  await shop.run("schedule", "resume", "often");
  // As if the clock had been two hours ahead.
  const until = Date.now() + 7_200_000;
  using database = new DatabaseSync(join(shop.directory, ".local/state/runbook/runbook.db"));
  const row = database.prepare("insert into schedule (schedule, expression, settled, seen) values (?, ?, ?, ?)");
  row.run("often", "*/10 * * * * UTC +0", until, until);
  const back = ["the clock was set back: what has fired does not fire again"];
  const [listed] = JSON.parse((await shop.run("schedule", "list", "--json")).out);
  expect(listed).toMatchObject({ act: "run", why: back });
  expect(Date.parse(listed.next)).toBeGreaterThan(until);
  const fires = JSON.parse((await shop.run("schedule", "next", "--count", "13", "--json")).out);
  expect(fires[0]).toMatchObject({ act: "skip", why: back });
  expect(fires.find(({ act }: { act: string }) => act === "run")).toMatchObject({ why: [], at: listed.next });
});
