import { expect, test } from "vitest";
import type { Schedule } from "../../../src/model/schedule.ts";
import { preview } from "../../../src/schedule/preview.ts";
import { endAt, night, type Night } from "../../kit/daemon.ts";
import { scheduleOf, ZONES } from "../../kit/schedules.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const runOf = ({ errand }: Night["started"][number]): string => errand.run;

/** Every fire that began, as a preview tells it. */
function firesOf(one: Night): { schedule: string; nominal: number; at: number; act: string }[] {
  return one.started.flatMap(({ at, errand }) =>
    errand.kind === "fire" ? [{ schedule: errand.schedule, nominal: errand.nominal, at, act: errand.act }] : [],
  );
}

function previewed(schedules: readonly Schedule[], from: number, to: number): ReturnType<typeof firesOf> {
  return schedules.flatMap((schedule) =>
    preview(schedule, { from, to, most: 10_000 })
      .fires.filter(({ act }) => act !== "skip")
      .map(({ nominal, at, act }) => ({ schedule: schedule.name, nominal, at, act })),
  );
}

const inOrder = (fires: ReturnType<typeof firesOf>): typeof fires =>
  fires.toSorted((a, b) => a.at - b.at || a.schedule.localeCompare(b.schedule));

test.each([
  ["in spring", Date.UTC(2026, 2, 26)],
  ["in autumn", Date.UTC(2026, 9, 22)],
  ["where Lord Howe changes", Date.UTC(2026, 3, 1)],
])("a week of schedules fires as previewed in every zone %s", async (_, start) => {
  const schedules = ZONES.flatMap((timezone, at) => [
    scheduleOf({ name: `nightly-${at}`, runbook: `nightly-${at}`, cron: "30 2 * * *", timezone }),
    scheduleOf({ name: `often-${at}`, runbook: `often-${at}`, cron: "0 */8 * * *", timezone, jitter: "20m" }),
    scheduleOf({
      name: `hours-${at}`,
      runbook: `hours-${at}`,
      cron: "15 1,13 * * *",
      timezone,
      window: { days: "sat,sun", from: "00:00", to: "06:00" },
      blackout: [new Date(start + 3 * DAY).toISOString().slice(0, 10)],
    }),
  ]);
  await using one = await night(start, schedules);
  const daemon = one.daemon({ nap: HOUR, most: 100 });
  await endAt(one, daemon, start + 7 * DAY);
  const expected = previewed(schedules, start, start + 7 * DAY);
  expect(expected.length).toBeGreaterThan(150);
  expect(inOrder(firesOf(one))).toEqual(inOrder(expected));
  expect(new Set(one.started.map(runOf)).size).toBe(one.started.length);
  expect(await one.record.book.open()).toEqual([]);
});
