import { describe, expect, test } from "vitest";
import { overLimit, permissionFor } from "../../../src/engine/permission.ts";
import { evolve } from "../../../src/engine/evolve.ts";
import type { Schedule } from "../../../src/model/schedule.ts";
import { restraintOf, scheduledFor, type FixedHost } from "../../../src/schedule/restraint.ts";
import { PLAN, STEP } from "../../kit/plans.ts";
import { scheduleOf } from "../../kit/schedules.ts";

const HOSTS = ["web1", "web2"];
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Wednesday, by the clocks of Berlin 13:00. */
const NOON = Date.UTC(2026, 2, 11, 12);

/** What a schedule says of a fix on a host at a moment, in a run that began at noon. */
function said(schedule: Schedule, host: string, at: number, fixed: readonly FixedHost[] = []): string {
  const { restraints } = scheduledFor(schedule, { fire: NOON, why: [], begun: NOON, hosts: 10 });
  const policies = [restraintOf(restraints, { name: schedule.name, run: "r1", hosts: HOSTS, now: NOON, fixed })];
  const plan = { ...PLAN, hosts: [host], policies, approve: "high" as const };
  const permission = permissionFor({ plan, host, step: STEP, now: at });
  const state = evolve(null, { run: "r1", seq: 1, at, event: { type: "run-started", format: 1, plan } });
  return state === null ? "" : (overLimit(state, host, permission) ?? permission.approve);
}

describe("what a schedule restrains in its runs", () => {
  test("are its hours, by its own clocks", () => {
    const schedule = scheduleOf({ timezone: "Europe/Berlin", window: { days: "wed", from: "13:00", to: "14:00" } });
    expect([0, HOUR - 1, HOUR, 7 * DAY].map((later) => said(schedule, "web1", NOON + later))).toEqual([
      "auto",
      "auto",
      "deny",
      "auto",
    ]);
    expect(said(schedule, "web1", NOON - 1)).toBe("deny");
  });

  test("are days without fixes, from midnight to midnight by its own clocks", () => {
    const schedule = scheduleOf({ timezone: "Asia/Shanghai", blackout: [{ from: "2026-03-12", to: "2026-03-13" }] });
    // Midnight in Shanghai is 16:00 UTC.
    const begins = Date.UTC(2026, 2, 11, 16);
    expect(
      [begins - 1, begins, begins + 2 * DAY - 1, begins + 2 * DAY].map((at) => said(schedule, "web1", at)),
    ).toEqual(["auto", "deny", "deny", "auto"]);
  });

  test("is its deadline, counted from when the run began", () => {
    const schedule = scheduleOf({ deadline: "2h" });
    expect([2 * HOUR - 1, 2 * HOUR].map((later) => said(schedule, "web1", NOON + later))).toEqual(["auto", "deny"]);
  });

  test("is what other runs left of the day's hosts: those of today may be fixed again, those of yesterday do not count", () => {
    const fixed = [
      { host: "web1", run: "r0", at: NOON - HOUR },
      { host: "web1", run: "r0", at: NOON - 2 * HOUR },
      { host: "web2", run: "r0", at: NOON - 20 * HOUR },
    ];
    const one = scheduleOf({ max_hosts_per_day: 1 });
    expect([said(one, "web1", NOON, fixed), said(one, "web2", NOON, fixed)]).toEqual(["auto", "deny"]);
    const two = scheduleOf({ max_hosts_per_day: "20%" });
    expect([said(two, "web1", NOON, fixed), said(two, "web2", NOON, fixed)]).toEqual(["auto", "auto"]);
  });

  test("gives a run that goes on later its place again, and the day that it is then", () => {
    const { restraints } = scheduledFor(scheduleOf({ max_hosts_per_day: 2 }), {
      fire: NOON,
      why: [],
      begun: NOON,
      hosts: 10,
    });
    const limits = (fixed: readonly FixedHost[]) =>
      restraintOf(restraints, { name: "a", run: "r1", hosts: HOSTS, now: NOON, fixed }).rules.map(
        ({ approve, maxHosts }) => [approve, maxHosts],
      );
    expect(limits([{ host: "web1", run: "r1", at: NOON - HOUR }])).toEqual([["auto", 2]]);
    expect(limits([{ host: "web1", run: "r1", at: NOON - DAY }])).toEqual([["auto", 3]]);
    expect(limits(["web1", "web2", "web3"].map((host) => ({ host, run: "r0", at: NOON - HOUR })))).toEqual([
      ["auto", null],
      ["deny", null],
    ]);
  });
});
