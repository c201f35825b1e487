import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Errand } from "../../../src/daemon/ports.ts";
import { fireAt } from "../../../src/schedule/decide.ts";
import { GRACE } from "../../../src/schedule/due.ts";
import { blackoutAt, inWindow } from "../../../src/schedule/hours.ts";
import { endAt, night } from "../../kit/daemon.ts";
import { scheduleOf } from "../../kit/schedules.ts";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 9, 23, 22, 30);

const schedules = [
  scheduleOf({ timezone: "Europe/Berlin", window: { from: "22:00", to: "05:00" }, blackout: ["2026-10-25"] }),
  scheduleOf({ name: "b", runbook: "b", cron: "*/20 * * * *", window: { from: "01:00", to: "23:30" }, jitter: "10m" }),
  scheduleOf({ name: "c", runbook: "c", cron: "30 2 * * *", timezone: "Europe/Berlin", missed: "skip" }),
];

/** What goes wrong, and so many ms after what went wrong before. A clock is never set back by more than a day: that would mean that it was wrong. */
const mishaps = fc.array(
  fc.record({
    after: fc.integer({ min: 1, max: 9 * HOUR }),
    what: fc.constantFrom("kill", "clock"),
    by: fc.integer({ min: -20 * HOUR, max: 20 * HOUR }),
  }),
  { maxLength: 12 },
);

/** Whether a fire was begun as its schedule says. */
function isRight({
  at,
  schedule: name,
  act,
  nominal,
}: Extract<Errand, { kind: "fire" }> & { readonly at: number }): boolean {
  const schedule = schedules.find((each) => each.name === name);
  if (schedule === undefined || blackoutAt(schedule, at) !== null) return false;
  const late = at - fireAt(schedule, nominal).at;
  if (late < 0) return false;
  return act === "run" ? inWindow(schedule, at) && late <= GRACE : schedule.missed !== "skip";
}

test("whatever happens at night, no fire is begun twice, none at a time that its schedule rules out, and none is made up for but as it says", async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(mishaps, async (all) => {
      await using one = await night(START, schedules);
      const begin = (): ReturnType<typeof one.daemon> => one.daemon({ nap: 10 * 60_000, most: 10 });
      let daemon = begin();
      let latest = START;
      for (const { after, what, by } of all) {
        await one.clock.sleep(after);
        latest = Math.max(latest, one.clock.now());
        if (what === "clock") one.clock.set(Math.max(latest - 20 * HOUR, one.clock.now() + by));
        else {
          Object.assign(daemon.bridge, { stopping: true, leaving: true, gone: true }).wake();
          await daemon.ended;
          await one.clock.sleep(Math.abs(by));
          daemon = begin();
        }
      }
      await endAt(one, daemon, one.clock.now() + 5 * HOUR);

      const fires = (await one.record.book.fires()).map(({ schedule, nominal }) => `${schedule} ${nominal}`);
      expect(new Set(fires).size).toBe(fires.length);
      const begun = one.started.flatMap(({ at, errand }) => (errand.kind === "fire" ? [{ at, ...errand }] : []));
      expect(new Set(begun.map(({ run }) => run)).size).toBe(begun.length);
      runs += begun.filter(({ act }) => act === "run").length;
      expect(begun.filter((fire) => !isRight(fire))).toEqual([]);
    }),
    { numRuns: 25 },
  );
  expect(runs).toBeGreaterThan(100);
});
