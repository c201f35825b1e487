import { Cron } from "croner";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCron } from "../../../src/schedule/cron-fields.ts";
import { cronExpression } from "../../kit/cron.ts";

/** Every mistake in an expression: the part in question, what is wrong, what to do. */
function mistakes(text: string): string[] {
  const read = readCron(text);
  if ("fields" in read) return [];
  return read.problems.map(
    ({ at, length, message, hint = "" }) => `${text.slice(at, at + length)} | ${message} | ${hint}`,
  );
}

describe("a cron expression", () => {
  test("is read into the values of each field", () => {
    expect(readCron("*/20 9-17/4 1,15W,L jan-mar tue#2,friL,6-7")).toEqual({
      fields: {
        second: [0],
        minute: [0, 20, 40],
        hour: [9, 13, 17],
        month: [1, 2, 3],
        days: { any: false, values: [1], last: true, lastWeekday: false, nearest: [15] },
        weekdays: {
          any: false,
          values: [0, 6],
          nth: [
            { day: 2, nth: 2 },
            { day: 5, nth: "last" },
          ],
        },
      },
    });
    expect(readCron("@hourly")).toEqual(readCron("0 0 * * * *"));
  });

  test.each([
    ["@hourli", "@hourli | `@hourli` is no time | did you mean `@hourly`?"],
    [
      "@reboot",
      "@reboot | `@reboot` is no time | there are @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly",
    ],
    ["60 * * * *", "60 | `60` is no minute: expected from 0 to 59 | "],
    ["0 0 * * mno", "mno | `mno` is no day of the week: expected from 0 to 7, or sun, mon, … | did you mean `mon`?"],
    ["0 22-5 * * *", "22-5 | the range `22-5` goes backwards | write `22-23,0-5`"],
    ["0 0 * * fri-mon", "fri-mon | the range `fri-mon` goes backwards | write `fri-sat,sun-mon`"],
    ["5/15 * * * *", "5/15 | a step needs a range | write `5-59/15`"],
    ["*/0 * * * *", "*/0 | the step `0` is not from 1 to 60 | write `*/15`, for instance"],
    ["1,,2 * * * *", "1,,2 | an empty part in the minute | remove the comma that is too many"],
    ["0 0 ? * 1", "? | `?` is no day of the month: expected from 1 to 31 | write `*`"],
    [
      "0 0 * * L",
      "L | `L` is no day of the week: expected from 0 to 7, or sun, mon, … | the last Friday of a month is `friL`",
    ],
    ["0 0 * * 5#6", "5#6 | a month has no such weekday: `#6` | from #1 to #5; the last one of a month is `friL`"],
    [
      "0 0 L-3 * *",
      "L | `L` is no day of the month: expected from 1 to 31 | `L` is the last day, and only in the day of the month",
    ],
    ["1-2-3 * * * *", "1-2-3 | `1-2-3` is no range | a range has two ends: `1-5`"],
  ])("%s is refused with its place and what to do", (text, told) => {
    expect(mistakes(text)).toEqual([told]);
  });

  test("is refused for all of its mistakes at once, in their order, and for a field too few", () => {
    expect(mistakes("61 25 * foo *").map((each) => each.split(" | ")[0])).toEqual(["61", "25", "foo"]);
    expect(mistakes(" * * * *")).toEqual([
      "* * * * | a cron expression has five or six fields, and this one has 4 | minute hour day month weekday, such as `30 2 * * mon-fri`; a sixth in front is the second",
    ]);
  });

  test("that is taken here is read in the same way by croner, whatever it is", () => {
    fc.assert(
      fc.property(cronExpression(), (text) => {
        const read = readCron(text);
        if (!("fields" in read)) throw new Error(`refused: ${text}: ${JSON.stringify(read.problems)}`);
        const cron = new Cron(text, { paused: true, timezone: "UTC", mode: "5-or-6-parts" });
        const at = cron.nextRun(new Date("2026-01-01T00:00:00Z"));
        if (at === null) return;
        expect(read.fields.second).toContain(at.getUTCSeconds());
        expect(read.fields.minute).toContain(at.getUTCMinutes());
        expect(read.fields.hour).toContain(at.getUTCHours());
        expect(read.fields.month).toContain(at.getUTCMonth() + 1);
      }),
      { numRuns: 500 },
    );
  });
});
