import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { examineSchedules } from "../../../src/schedule/compile.ts";
import { schedulesSchemaText } from "../../../src/schedule/json-schema.ts";
import { told } from "../../kit/mistakes.ts";

const NOW = Date.UTC(2026, 10, 20);

/** Every mistake in a file of one schedule with these lines, from line 4 on; it has a name, a runbook and an inventory. */
function inSchedule(...lines: readonly string[]): string[] {
  return told(examine(...lines).faults);
}

function examine(...lines: readonly string[]) {
  const text = ["inventory: hosts.yml", "schedules:", "  - name: a", ...lines.map((line) => `    ${line}`), ""];
  return examineSchedules(text.join("\n"), "schedules.yml", NOW);
}

const RUN = "runbook: full-disk";
const DAILY = "cron: '30 2 * * *'";

describe("a schedule", () => {
  test("has a default for everything but what it does, on which hosts and when", () => {
    const { schedules, faults, warnings } = examine(RUN, DAILY);
    expect([faults, warnings]).toEqual([[], []]);
    expect(schedules).toEqual([
      {
        name: "a",
        about: null,
        task: { kind: "run", runbook: "full-disk" },
        inventories: ["hosts.yml"],
        limit: null,
        inputs: {},
        cron: "30 2 * * *",
        timezone: "UTC",
        delay: 0,
        jitter: 0,
        approve: "none",
        policy: null,
        overlap: "skip",
        missed: "detect",
        missedWindow: 86_400,
        windows: [],
        blackouts: [],
        deadline: null,
        enabled: true,
        notify: [],
        stopAfter: { fixes: 3, within: 604_800 },
        maxHostsPerDay: 10,
        where: "schedules.yml:3",
      },
    ]);
  });

  test("is read with all that it may say", () => {
    const { schedules, faults } = examine(
      "check: [full-disk, sick]",
      "inventory: [a.yml, 'x,y,']",
      "limit: web:!db",
      "inputs: { size: 10, secret_word: { env: WORD }, other_word: { command: [pass, show, x] } }",
      "cron: '@hourly'",
      "timezone: Europe/Berlin",
      "jitter: 10m",
      "overlap: queue",
      "missed: run",
      "missed_window: 2h",
      "blackout: [2026-12-24, { from: 2026-12-31, to: 2027-01-01, reason: New Year }]",
      "deadline: 30m",
      "enabled: false",
    );
    expect(faults).toEqual([]);
    expect(schedules?.[0]).toMatchObject({
      task: { kind: "check", runbooks: ["full-disk", "sick"] },
      inventories: ["a.yml", "x,y,"],
      inputs: { size: 10, secret_word: { env: "WORD" }, other_word: { command: ["pass", "show", "x"] } },
      blackouts: [
        { from: "2026-12-24", to: "2026-12-24", reason: null },
        { from: "2026-12-31", to: "2027-01-01", reason: "New Year" },
      ],
      jitter: 600,
      enabled: false,
    });
    const delay = schedules?.[0]?.delay ?? -1;
    expect(delay).toBeGreaterThanOrEqual(0);
    expect(delay).toBeLessThanOrEqual(600);
  });

  test.each([
    [
      [DAILY],
      "3:5 neither `runbook` nor `check` is given → `runbook: NAME` runs one, `check: [NAME, …]` only looks with several",
    ],
    [
      [RUN, "check: [x]", DAILY],
      "5:5 both `runbook` and `check` are given → keep one of them: `runbook` fixes what it finds, `check` only looks",
    ],
    [[RUN, "cron: '30 26 * * *'"], "5:15 `26` is no hour: expected from 0 to 23"],
    [[RUN, "cron: 5"], '5:11 `cron`: expected a text, found the number 5 → write it in quotes: "*/15 * * * *"'],
    [[RUN, "cron: 0 0 30 2 *"], "5:11 `0 0 30 2 *` never fires: there is no such date → look at its day and its month"],
    [[RUN, "corn: '@daily'"], "5:5 unknown key `corn` in schedule 1 → did you mean `cron`?"],
    [[RUN, DAILY, "timezone: Berlin"], "6:15 there is no time zone `Berlin` → did you mean `Europe/Berlin`?"],
    [
      [RUN, DAILY, "jitter: 5"],
      "6:13 `jitter`: expected a duration such as 30s, 5m or 1h30m, found the number 5 → write 5s for seconds",
    ],
    [
      [RUN, "cron: '*/5 9-10 * * *'", "jitter: 6m"],
      "6:13 the jitter is not shorter than the time between two fires (300 s) → make it shorter, or let the schedule fire less often",
    ],
    [
      [RUN, DAILY, "overlap: skp"],
      '6:14 `overlap`: expected one of skip, queue, replace, found "skp" → did you mean `skip`?',
    ],
    [
      [RUN, DAILY, "window: { from: 9:00 }"],
      '6:21 `from`: expected a time of day from 00:00 to 23:59, found "9:00" → write "09:00"',
    ],
    [
      [RUN, DAILY, "window: { days: mon-fri, from: 03:00, to: 02:00 }"],
      "6:5 it never fires within mon-fri 03:00-02:00, so it would never fix anything → look at `cron`, `timezone` and the hours; without `approve` it would only ask then",
    ],
    [[RUN, DAILY, "window: {}"], "6:5 this window never closes → leave `window` out: it may fix at any time"],
    [[RUN, DAILY, "blackout: [2026-02-30]"], "6:16 there is no date 2026-02-30 → year, month and day: 2026-12-24"],
    [
      [RUN, DAILY, "blackout: [{ from: 2027-02-02, to: 2027-02-01 }]"],
      "6:40 the last day lies before the first → exchange `from` and `to`",
    ],
    [
      [RUN, DAILY, "notify: [ops]"],
      "6:14 there is no notification `ops` → there are none: write `notifications` at the top",
    ],
    [
      [RUN, DAILY, "missed: skip", "missed_window: 1h"],
      "7:5 `missed_window` has no meaning here: `missed: skip` makes up for nothing → leave it out",
    ],
    [
      [RUN, DAILY, "deadline: 0s"],
      "6:15 no fix would ever start → leave it out for no deadline; a dry run or a `check` only looks",
    ],
    [
      [RUN, DAILY, "stop_after: { fixes: 2, within: 0s }"],
      "6:37 nothing ever comes back within no time → such as 7d; what comes back within this time is left to people",
    ],
    [[RUN, DAILY, "missed_window: 0s"], "6:20 all that was missed would be skipped → write `missed: skip`"],
    [["check: [x]", DAILY, "approve: low"], "6:5 `approve` has no meaning here: `check` fixes nothing → leave it out"],
    [
      [RUN, DAILY, "inputs: { a: { env: X, file: y } }"],
      "6:15 `a` must come from one place: expected one of env, file, command → such as `{ env: VARIABLE }`",
    ],
    [[RUN, DAILY, "inputs: { a: { evn: X } }"], "6:20 unknown key `evn` in `a` → did you mean `env`?"],
    [
      [RUN, DAILY, "limit: 'web:&'"],
      "6:12 `&` in the host pattern stands before nothing → write for instance `web:!db`",
    ],
  ])("with %j is refused at its place", (lines, expected) => {
    expect(inSchedule(...lines)).toEqual([expected]);
  });

  test.each([
    ["the jitter of a day that has one fire", "jitter: 23h"],
    ["a window over midnight", "window: { from: 22:00, to: 03:00 }"],
    ["a window that only one weekday has", "window: { days: sun, from: 02:00, to: 03:00 }"],
    ["a second window that fits as well", "window: [{ to: 03:00 }, { days: fri, from: 02:30 }]"],
  ])("may have %s", (_, line) => {
    expect(inSchedule(RUN, DAILY, line)).toEqual([]);
  });

  test("that fires every minute fits the shortest window of a week, and the 29th of February one of leap years", () => {
    expect(inSchedule(RUN, "cron: '* * * * * *'", "window: { days: thu, from: 13:07, to: 13:08 }")).toEqual([]);
    expect(inSchedule(RUN, "cron: 0 12 29 feb *", "window: { days: mon }")).toEqual([
      "6:5 it never fires within mon, so it would never fix anything → look at `cron`, `timezone` and the hours; without `approve` it would only ask then",
    ]);
    expect(inSchedule(RUN, "cron: 0 12 29 feb *", "window: { days: tue }")).toEqual([]);
  });

  test("whose blackout is over is warned of", () => {
    const { faults, warnings } = examine(RUN, DAILY, "blackout: [2026-11-20, 2026-11-19]");
    expect(faults).toEqual([]);
    expect(told(warnings)).toEqual(["6:28 this ended on 2026-11-19 → remove it"]);
  });
});

test("every mistake of a file is told at once and in its order, also where a zone at its top is wrong", () => {
  const text = [
    "timezone: Nowhere",
    "schedules:",
    "  - name: a",
    "    runbook: x",
    "    cron: 61 * * * *",
    "    jiter: 5m",
    "  - name: a",
    "    runbook: x",
    "    inventory: h.yml",
    "    cron: '@hourly'",
    "    enabled: maybe",
    "  - runbook: x",
    "",
  ].join("\n");
  const { faults } = examineSchedules(text, "schedules.yml", NOW);
  expect(told(faults).map((each) => each.split(" → ")[0])).toEqual([
    "1:11 there is no time zone `Nowhere`",
    "3:5 `inventory` is missing in the schedule",
    "5:11 `61` is no minute: expected from 0 to 59",
    "6:5 unknown key `jiter` in schedule 1",
    "7:11 another schedule is called `a`, on line 3",
    '11:14 `enabled`: expected true or false, found "maybe"',
    "12:5 `name` is missing in schedule 3",
    "12:5 `cron` is missing in schedule 3",
  ]);
  expect(faults[3]).toMatchObject({ excerpt: "6 |     jiter: 5m\n  |     ^^^^^" });
});

test("the schema in the repository is the one that the code makes (`runbook schema schedules > schema/schedules.schema.json`)", async () => {
  const file = fileURLToPath(new URL("../../../schema/schedules.schema.json", import.meta.url));
  expect(await readFile(file, "utf8")).toBe(schedulesSchemaText());
  // Not every editor's regular expressions know classes of Unicode.
  expect(schedulesSchemaText()).not.toContain(String.raw`\\p{`);
});

test("of what is no YAML in notifications no line is shown: a secret may stand there", () => {
  const text = [
    "notifications:",
    "  - name: chat",
    "    webhook: { url: https://x/SECRET: b }",
    "    headers:",
    "\tsecret: SECRET",
    "    secret: @SECRET",
    "schedules:",
    "  - name: a: b",
    "",
  ].join("\n");
  const { faults } = examineSchedules(text, "schedules.yml", NOW);
  expect(faults.length).toBeGreaterThan(2);
  expect(JSON.stringify(faults)).not.toContain("SECRET");
  expect(JSON.stringify(faults)).toContain("name: a: b");
});

test("nor of files in which it cannot be told where the notifications end", () => {
  const { faults } = examineSchedules(
    '{ notifications: [\n  { name: x, webhook: { url: "https://x/SECRET: y } }\n',
    "s.yml",
    NOW,
  );
  expect(faults.length).toBeGreaterThan(0);
  expect(JSON.stringify(faults)).not.toContain("SECRET");
});
