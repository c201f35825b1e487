import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crontabFields, onCalendar } from "../../../src/schedule/calendar.ts";
import { nextFire } from "../../../src/schedule/cron.ts";
import { systemdUnits } from "../../../src/schedule/systemd.ts";
import { cronExpression } from "../../kit/cron.ts";
import { scheduleOf } from "../../kit/schedules.ts";

const NOW = Date.UTC(2026, 0, 1);

/** The next moments that the real systemd knows of, in ms; several lines hold together. */
function systemdFires(lines: readonly string[], from: number, count: number): number[] {
  const base = `@${Math.floor(from / 1000)}`;
  const args = ["calendar", `--iterations=${count}`, `--base-time=${base}`, ...lines];
  const { stdout, stderr, status } = spawnSync("systemd-analyze", args, {
    encoding: "utf8",
    env: { ...process.env, TZ: "UTC", LC_ALL: "C" },
  });
  if (status !== 0) throw new Error(`${lines.join("\n")}\n${stderr}`);
  const told = [...stdout.matchAll(/(?:Next elapse|Iter\. #\d+): \w{3} (\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) UTC/g)];
  const fires = told.map(([, date, time]) => Date.parse(`${date}T${time}Z`));
  return [...new Set(fires)].toSorted((a, b) => a - b).slice(0, count);
}

function ourFires(cron: string, zone: string, from: number, count: number): number[] {
  const next = nextFire(cron, zone);
  const fires: number[] = [];
  for (let at = next(from); at !== null && fires.length < count; at = next(at)) fires.push(at);
  return fires;
}

function before(last: number, fires: readonly number[]): number[] {
  return fires.filter((at) => at < last);
}

/** Moments at which the clocks are moved. */
const CHANGES = [
  ["Europe/Berlin", "2026-03-29T01:00Z"],
  ["Europe/Berlin", "2026-10-25T01:00Z"],
  ["America/New_York", "2026-03-08T07:00Z"],
  ["America/New_York", "2026-11-01T06:00Z"],
  ["Asia/Shanghai", "2026-03-29T01:00Z"],
  ["Australia/Lord_Howe", "2026-10-03T15:30Z"],
] as const;

const PLACE = {
  program: ["/usr/bin/runbook"],
  directory: "/etc/runbook",
  source: "/etc/runbook/schedules.yml",
  to: "/etc/runbook/units",
  state: "/var/lib/runbook",
  user: "runbook",
  variables: {},
  now: NOW,
  zone: "UTC",
};

function linesOf(cron: string, zone: string): readonly string[] | null {
  const said = onCalendar(cron, zone, NOW);
  return "lines" in said ? said.lines : null;
}

/** What an export says of clocks. */
function told(cron: string, timezone: string): string[] {
  const exported = systemdUnits(scheduleOf({ cron, timezone }), PLACE);
  return "losses" in exported ? exported.losses.filter((loss) => loss.startsWith("cron: ")) : [];
}

const berlin = (cron: string): readonly string[] => linesOf(cron, "Europe/Berlin") ?? [];

describe("an expression as systemd's OnCalendar", () => {
  test("is one line, or one each for days of the month and of the week", () => {
    expect(linesOf("*/15 9-10 * jan,dec mon-fri", "Europe/Berlin")).toEqual([
      "Mon,Tue,Wed,Thu,Fri *-01,12-* 09,10:00,15,30,45:00 Europe/Berlin",
    ]);
    expect(linesOf("0 0 13,L * tue#2,friL,sun", "UTC")).toEqual([
      "*-*-13 00:00:00 UTC",
      "*-*~01 00:00:00 UTC",
      "Sun *-*-* 00:00:00 UTC",
      "Tue *-*-08..14 00:00:00 UTC",
      "Fri *-*~07/1 00:00:00 UTC",
    ]);
  });

  test("is refused for what systemd does not know", () => {
    expect(onCalendar("0 0 15W * *", "UTC", NOW)).toEqual({
      refusal: "systemd knows no nearest weekday (`W` in `cron`)",
    });
    expect(onCalendar("0 0 LW * *", "UTC", NOW)).toHaveProperty("refusal");
  });

  test("names the same moments to the real systemd as to us, whatever the expression, away from changes of the clocks", () => {
    const zone = fc.constantFrom("UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe");
    // No clock of these zones is moved from the middle of April to the end of September.
    const [first, last] = [Date.UTC(2026, 3, 15), Date.UTC(2026, 8, 20)];
    const start = fc.integer({ min: first / 1000, max: Date.UTC(2026, 6, 1) / 1000 }).map((seconds) => seconds * 1000);
    fc.assert(
      fc.property(cronExpression(), zone, start, (cron, timezone, from) => {
        const lines = linesOf(cron, timezone);
        fc.pre(lines !== null);
        expect(before(last, systemdFires(lines ?? [], from, 5))).toEqual(
          before(last, ourFires(cron, timezone, from, 5)),
        );
      }),
      { numRuns: 70 },
    );
  });

  test.each([
    ["Europe/Berlin", "2026-10-25T00:00Z", "30 2 * * *"],
    ["America/New_York", "2026-10-31T12:00Z", "30 1 * * *"],
    ["Asia/Shanghai", "2026-10-25T00:00Z", "30 2 * * *"],
    ["Australia/Lord_Howe", "2026-04-04T00:00Z", "45 1 * * *"],
  ])("in %s names a time that comes twice once, as we do", (zone, from, cron) => {
    const start = Date.parse(from);
    expect(systemdFires(linesOf(cron, zone) ?? [], start, 3)).toEqual(ourFires(cron, zone, start, 3));
  });

  test.each(CHANGES)("in %s fires every hour and every half through %s as time passes, as we do", (zone, change) => {
    const start = Date.parse(change) - 3 * 3_600_000;
    for (const cron of ["@hourly", "*/30 * * * *", "17 */1 * * *"]) {
      expect(systemdFires(linesOf(cron, zone) ?? [], start, 12)).toEqual(ourFires(cron, zone, start, 12));
    }
  });

  test("differs from ours where the clocks are moved, and says where", () => {
    const [again, forward] = [expect.stringContaining("does not fire again"), expect.stringContaining("leaves it out")];
    expect(told("30 2 * * *", "Europe/Berlin")).toEqual([forward]);
    expect(told("*/10 2 * * *", "Europe/Berlin")).toEqual([again]);
    expect(told("*/10 * * * *", "Australia/Lord_Howe")).toEqual([again]);
    for (const cron of ["*/10 * * * *", "30 5 * * *"]) expect(told(cron, "Europe/Berlin")).toEqual([]);
    expect(told("*/10 2 * * *", "Asia/Shanghai")).toEqual([]);
    // The real one does so.
    const [spring, autumn] = [Date.parse("2026-03-29T00:00Z"), Date.parse("2026-10-24T22:00Z")];
    expect(systemdFires(berlin("30 2 * * *"), spring, 1)).toEqual([Date.parse("2026-03-30T00:30Z")]);
    expect(ourFires("30 2 * * *", "Europe/Berlin", spring, 1)).toEqual([Date.parse("2026-03-29T01:00Z")]);
    expect(systemdFires(berlin("*/30 2 * * *"), autumn, 3).at(-1)).toBe(Date.parse("2026-10-26T01:00Z"));
    expect(ourFires("*/30 2 * * *", "Europe/Berlin", autumn, 3).at(-1)).toBe(Date.parse("2026-10-25T01:00Z"));
  });
});

describe("an expression for a crontab", () => {
  test.each([
    ["*/15 0-23/2 * jan-mar mon", "*/15 */2 * 1,2,3 1"],
    ["@hourly", "0 * * * *"],
    ["0 30 2 */10 * 7", "30 2 1,11,21,31 * 0"],
    ["* 5-23/18 * * *", "* 5,23 * * *"],
    // A time that is fixed stays so: of `*/30` cron leaves out what does not come on the day when the clocks go forward.
    ["0,30 0-23 * * *", `0,30 ${Array.from({ length: 24 }, (_, hour) => hour).join(",")} * * *`],
  ])("%s is %s", (cron, line) => {
    expect(crontabFields(cron)).toEqual({ lines: [line] });
  });

  test("is refused for what cron does not know", () => {
    expect(crontabFields("30 0 0 * * *")).toEqual({ refusal: "cron knows no seconds" });
    expect(crontabFields("0 0 L * *")).toEqual({ refusal: "cron knows no `L`, `W` and `#`" });
  });

  test("names the same moments, whatever the expression", () => {
    fc.assert(
      fc.property(cronExpression(true), (cron) => {
        const said = crontabFields(cron);
        fc.pre("lines" in said);
        const [line = ""] = "lines" in said ? said.lines : [];
        expect(ourFires(line, "UTC", 0, 5)).toEqual(ourFires(cron, "UTC", 0, 5));
      }),
      { numRuns: 100 },
    );
  });
});
