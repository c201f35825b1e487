import { describe, expect, test } from "vitest";
import type { Schedule } from "../../../src/model/schedule.ts";
import { preview } from "../../../src/schedule/preview.ts";
import { scheduleOf } from "../../kit/schedules.ts";

/** The fires of a day and a half from a moment on, in short. */
function fires(schedule: Schedule, from: string, hours = 36): string[] {
  const start = Date.parse(from);
  return preview(schedule, { from: start, to: start + hours * 3_600_000, most: 100 }).fires.map(
    ({ local, act, why, notes }) => [local.slice(5), act, ...why, ...notes].join(" · "),
  );
}

const TWICE = "comes twice that day: this is the";

describe("a fire at a fixed time", () => {
  test("in the hour that is left out comes when the clocks have gone forward, and only once", () => {
    const schedule = scheduleOf({ cron: "0,30 2 * * *", timezone: "Europe/Berlin" });
    expect(fires(schedule, "2026-03-28T12:00Z", 24)).toEqual([
      "03-29 03:00:00 UTC+2 · run · the time it names is left out that day: it fires at 03:00:00, when the clocks have gone forward",
    ]);
  });

  test("in an hour that comes twice comes the first time", () => {
    const schedule = scheduleOf({ cron: "30 1 * * *", timezone: "America/New_York" });
    expect(fires(schedule, "2026-10-31T12:00Z", 48)).toEqual([
      `11-01 01:30:00 UTC-4 · run · 01:30:00 ${TWICE} first`,
      "11-02 01:30:00 UTC-5 · run · the clocks have gone back by 1 h since the fire before",
    ]);
  });

  test("keeps its time where the clocks move by half an hour, or never", () => {
    const island = scheduleOf({ cron: "45 1 * * *", timezone: "Australia/Lord_Howe" });
    expect(fires(island, "2026-04-03T20:00Z", 48)).toEqual([
      `04-05 01:45:00 UTC+11 · run · 01:45:00 ${TWICE} first`,
      "04-06 01:45:00 UTC+10:30 · run · the clocks have gone back by 30 min since the fire before",
    ]);
    expect(fires(scheduleOf({ cron: "15 2 * * *", timezone: "Australia/Lord_Howe" }), "2026-10-03T00:00Z", 24)).toEqual(
      [
        "10-04 02:30:00 UTC+11 · run · the time it names is left out that day: it fires at 02:30:00, when the clocks have gone forward",
      ],
    );
    expect(fires(scheduleOf({ cron: "30 2 * * *", timezone: "Asia/Shanghai" }), "2026-03-28T12:00Z", 48)).toEqual([
      "03-29 02:30:00 UTC+8 · run",
      "03-30 02:30:00 UTC+8 · run",
    ]);
  });
});

test("a fire every half hour goes on by the time that passes", () => {
  const schedule = scheduleOf({ cron: "*/30 * * * *", timezone: "Europe/Berlin" });
  expect(fires(schedule, "2026-10-24T23:45Z", 2.5)).toEqual([
    `10-25 02:00:00 UTC+2 · run · 02:00:00 ${TWICE} first`,
    `10-25 02:30:00 UTC+2 · run · 02:30:00 ${TWICE} first`,
    `10-25 02:00:00 UTC+1 · run · 02:00:00 ${TWICE} second`,
    `10-25 02:30:00 UTC+1 · run · 02:30:00 ${TWICE} second`,
    "10-25 03:00:00 UTC+1 · run",
  ]);
  expect(fires(schedule, "2026-03-29T00:00Z", 1)).toEqual([
    "03-29 01:30:00 UTC+1 · run",
    "03-29 03:00:00 UTC+2 · run · the clocks have gone forward by 1 h since the fire before",
  ]);
});

test("windows, blackouts and jitter are told with what they do", () => {
  const schedule = scheduleOf({
    cron: "0 */6 * * *",
    timezone: "Europe/Berlin",
    jitter: "10m",
    window: { days: "mon-fri", from: "22:00", to: "05:00" },
    blackout: ["2026-11-21"],
  });
  const { delay } = schedule;
  const late = `${String(Math.floor(delay / 60)).padStart(2, "0")}:${String(delay % 60).padStart(2, "0")}`;
  expect(fires(schedule, "2026-11-20T12:00Z", 40)).toEqual([
    `11-20 18:${late} UTC+1 · detect · outside its hours mon-fri 22:00-05:00`,
    ...["00", "06", "12", "18"].map((hour) => `11-21 ${hour}:${late} UTC+1 · skip · blackout 2026-11-21`),
    `11-22 00:${late} UTC+1 · detect · outside its hours mon-fri 22:00-05:00`,
  ]);
});

test("no more fires are previewed than are wanted, and it is told that there are", () => {
  const schedule = scheduleOf({ cron: "* * * * * *" });
  const { fires: some, more } = preview(schedule, { from: 0, to: 10_000, most: 3 });
  expect([some.map(({ at }) => at), more]).toEqual([[1000, 2000, 3000], true]);
});
