import { describe, expect, test } from "vitest";
import type { Notice } from "../../../src/notice/notice.ts";
import { noticeLines } from "../../../src/notice/words.ts";
import { startTelling, type Notifier } from "../../../src/notify/notifier.ts";
import type { Schedule } from "../../../src/model/schedule.ts";
import { endAt, night, type Night, type Part } from "../../kit/daemon.ts";
import { notificationsOf, tellOnce } from "../../kit/notifying.ts";
import { PLAN } from "../../kit/plans.ts";
import { scheduleOf } from "../../kit/schedules.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 5, 1, 0, 30);

/** Tells of a night's schedules by stand-ins of receivers that take everything. */
function teller(one: Night, schedules: readonly Schedule[], ...written: readonly object[]) {
  const told: Notice[] = [];
  const receivers = written.length === 0 ? [{ name: "ops", command: ["true"] }] : written;
  const notifications = notificationsOf(...receivers);
  const notifier: Notifier = {
    clock: one.clock,
    outbox: one.record.outbox,
    option: " --state /s",
    schedulesOption: " --schedules /s.yml",
    archive: one.record,
    current: () => ({ schedules, notifications }),
    send: async (_, notice) => {
      told.push(notice);
      return { kind: "sent", why: "" };
    },
    random: () => 0.5,
    tell: () => undefined,
    problem: (words) => {
      throw new Error(words);
    },
  };
  return { told, notifier, chore: () => tellOnce(notifier) };
}

function titles(told: readonly Notice[]): string[] {
  return told.map(({ kind, title }) => `${kind}: ${title}`);
}

/** A schedule that tells some notifications. */
function telling(lines: Readonly<Record<string, unknown>> = {}, notify: readonly string[] = ["ops"]): Schedule {
  return { ...scheduleOf(lines), notify };
}

/** Hours of a schedule whose first fires go so, one after the other; all others end well. */
async function hours(amount: number, parts: readonly Part[]) {
  const schedules = [telling()];
  await using one = await night(START, schedules);
  const nominals: number[] = [];
  one.play = (errand) => {
    if (errand.kind === "fire" && !nominals.includes(errand.nominal)) nominals.push(errand.nominal);
    return parts[nominals.length - 1] ?? {};
  };
  const { told, chore } = teller(one, schedules);
  await endAt(one, one.daemon({ chore }), START + amount * HOUR);
  return told;
}

const WRONG: Part = { silent: true, takes: 1_000, exit: 65 };

describe("a fire that never got on record", () => {
  test("is told once until its reason changes, and that the schedule does its work again", async () => {
    const told = await hours(6, [WRONG, WRONG, { ...WRONG, exit: 4 }, {}, {}, WRONG]);
    expect(titles(told)).toEqual([
      "unknown: Cannot tell: schedule a could not begin its fire of 2026-06-01 01:00:00 UTC",
      "unknown: Cannot tell: schedule a could not begin its fire of 2026-06-01 03:00:00 UTC",
      "recovered: Recovered: schedule a does its work again",
      "unknown: Cannot tell: schedule a could not begin its fire of 2026-06-01 06:00:00 UTC",
    ]);
    expect(told[0]).toMatchObject({
      schedule: "a",
      fire: "2026-06-01T01:00:00.000Z",
      run: null,
      step: null,
      reason:
        "nothing was begun: exit 65; `runbook schedule run-now a --dry-run --schedules /s.yml --state /s` shows why",
      more: "runbook schedule list --schedules /s.yml --state /s",
    });
    expect(noticeLines(told[0] ?? never())).toEqual([
      "schedule: a, due 2026-06-01 01:00:00 UTC",
      "why:      nothing was begun: exit 65; `runbook schedule run-now a --dry-run --schedules /s.yml --state /s` shows why",
      "",
      "more: runbook schedule list --schedules /s.yml --state /s",
    ]);
    expect(told[2]).toMatchObject({ fire: "2026-06-01T04:00:00.000Z", run: "run-00004", reason: "" });
  });

  test("is told once it is given up, not while it is tried again", async () => {
    const told = await hours(2, [{ silent: true, takes: 1_000, exit: 70 }]);
    expect(titles(told)).toEqual([
      "unknown: Cannot tell: schedule a could not begin its fire of 2026-06-01 01:00:00 UTC",
      "recovered: Recovered: schedule a does its work again",
    ]);
    expect(told[0]?.reason).toMatch(
      /^given up after 3 tries: its process ended before anything was on record \(exit 70\);/,
    );
    expect(await hours(2, [])).toEqual([]);
  });
});

test("a run whose processes die is told with the command that goes on with it", async () => {
  const told = await hours(4, [{ takes: MINUTE, dies: true }]);
  expect(titles(told)).toEqual([
    "unknown: Cannot tell: schedule a could not end its fire of 2026-06-01 01:00:00 UTC",
    "recovered: Recovered: schedule a does its work again",
  ]);
  expect(told[0]).toMatchObject({
    run: "run-00001",
    reason:
      "given up after 6 tries: its process ended before the run did (SIGKILL); `runbook resume run-00001 --state /s` goes on with it",
  });
});

test("one that was approved and cannot go on is told, also where later fires did their work", async () => {
  const schedules = [telling()];
  await using one = await night(START, schedules);
  one.play = ({ kind, run }) =>
    kind === "resume" ? { silent: true, takes: 1_000, exit: 65 } : run === "run-00001" ? { asks: true } : {};
  const { told, chore } = teller(one, schedules);
  const yes = { type: "approved", host: "host1", step: "step-1", digest: "digest-run-00001", by: "ada" } as const;
  one.clock.at(START + 2.6 * HOUR, () => one.append("run-00001", yes));
  await endAt(one, one.daemon({ chore }), START + 3.45 * HOUR);
  expect(titles(told)).toEqual(["unknown: Cannot tell: schedule a could not end its fire of 2026-06-01 01:00:00 UTC"]);
});

describe("a run that hangs", () => {
  test("is told once later fires are left out for it and an hour has passed, with the command that stops it", async () => {
    const told = await hours(5, [{ takes: 3.2 * HOUR }]);
    expect(titles(told)).toEqual([
      "unknown: Cannot tell: schedule a does not get on with its fire of 2026-06-01 01:00:00 UTC",
      "recovered: Recovered: schedule a does its work again",
    ]);
    expect(told[0]).toMatchObject({
      at: "2026-06-01T02:00:00.000Z",
      run: "run-00001",
      reason:
        "nothing has been put on record since 2026-06-01 01:00:00 UTC; `runbook stop run-00001 --state /s` lets it begin no new fix, and end",
    });
  });

  test("and is stopped has not done its work: that is told of the next", async () => {
    const told = await hours(5, [{ takes: 2.2 * HOUR, exit: 130 }]);
    expect(told.map(({ kind, run }) => `${kind} ${run}`)).toEqual(["unknown run-00001", "recovered run-00002"]);
  });

  test("before it is on record is told by its process", async () => {
    const [first] = await hours(3, [{ takes: 3 * HOUR, silent: true }]);
    expect(first?.reason).toMatch(/since 2026-06-01 01:00:00 UTC; end its process, the one with `--run run-00001`$/);
  });

  test("and gets on for a while leaves what was told before as it is", async () => {
    const schedules = [telling()];
    await using one = await night(START, schedules);
    one.play = ({ run }) => (run === "run-00001" ? WRONG : { takes: 10 * HOUR });
    const { told, chore } = teller(one, schedules);
    one.clock.at(START + 3 * HOUR, () => one.append("run-00002", { type: "paused", by: "ada" }));
    await endAt(one, one.daemon({ chore }), START + 4.9 * HOUR);
    expect(told.map(({ title, at }) => `${title.replace(/ fire of.*/, "")} ${at.slice(11, 16)}`)).toEqual([
      "Cannot tell: schedule a could not begin its 01:00",
      "Cannot tell: schedule a does not get on with its 03:00",
    ]);
  });

  test("because the machine slept is not told before it has been awake for an hour", async () => {
    const schedules = [telling()];
    await using one = await night(START, schedules);
    one.play = () => ({ takes: 3 * HOUR });
    const { told, notifier } = teller(one, schedules);
    await using rounds = startTelling(notifier);
    one.clock.at(START + 0.6 * HOUR, () => one.clock.set(START + 4.6 * HOUR));
    // By the clock as it was, which is now four hours behind.
    await endAt(one, one.daemon({ chore: () => rounds.round() }), START + 3 * HOUR);
    expect(told.map(({ kind, at }) => `${kind} ${at.slice(11, 16)}`)).toEqual(["unknown 06:06"]);
  });

  test("of a check is told by those of its runs that have no end", async () => {
    const schedules = [telling()];
    await using one = await night(START, schedules);
    one.play = () => ({ takes: 10 * HOUR, silent: true });
    const { told, chore } = teller(one, schedules);
    one.clock.at(START + 0.6 * HOUR, async () => {
      const check = { check: "run-00001", place: 0, parts: 2, earlier: [], hosts: [], left: [] };
      const first = { type: "run-started", format: 1, plan: { ...PLAN, check } } as const;
      await one.append("part-1", first, { type: "run-ended", exit: 0, outcome: "clear" });
      await one.append("part-2", first);
    });
    await endAt(one, one.daemon({ chore }), START + 3 * HOUR);
    expect(told.map(({ reason }) => reason)).toEqual([
      "nothing has been put on record since 2026-06-01 01:06:00 UTC; `runbook stop part-2 --state /s` lets it begin no new fix, and end",
    ]);
  });

  test("is not told where it puts something on record, where it waits for a person, or where nothing would fire anyway", async () => {
    const schedules = [telling()];
    for (const what of ["works", "asks", "paused"] as const) {
      await using one = await night(START, schedules);
      one.play = () => ({ takes: 10 * HOUR });
      const { told, chore } = teller(one, schedules);
      const asked = { host: "host1", step: "step-1", digest: "d" } as const;
      const pause = { schedule: "a", by: "ada", since: START + HOUR, until: null, reason: null };
      if (what === "paused") one.clock.at(START + HOUR, () => one.record.book.pause(pause));
      for (let half = 2; half < 9; half += 1)
        one.clock.at(START + half * 0.5 * HOUR, async () => {
          if (what === "works") await one.append("run-00001", { type: "paused", by: "ada" });
          else if (what === "asks" && half === 2) {
            await one.record.desk.claim({ run: "run-00001", ...asked }, { over: false });
            await one.append("run-00001", { type: "asked", ...asked });
          }
        });
      await endAt(one, one.daemon({ chore }), START + 4.4 * HOUR);
      expect(titles(told)).toEqual([]);
    }
  });

  test("in the way of another schedule's fires is told of both, of the other as waiting for its turn", async () => {
    const schedules = [telling(), telling({ name: "b", cron: "5 * * * *" })];
    await using one = await night(START, schedules);
    one.play = () => ({ takes: 10 * HOUR });
    const { told, chore } = teller(one, schedules);
    await endAt(one, one.daemon({ chore }), START + 2.7 * HOUR);
    expect(told.map(({ schedule, reason }) => `${schedule}: ${reason.replace(/;.*/, "")}`)).toEqual([
      "a: nothing has been put on record since 2026-06-01 01:00:00 UTC",
      "b: it has waited for its turn since 2026-06-01 01:05:00 UTC",
    ]);
  });
});

test("what a daemon has written down and could not tell any more is told by the next, once", async () => {
  const schedules = [telling()];
  await using one = await night(START, schedules);
  one.play = () => WRONG;
  await endAt(one, one.daemon(), START + 0.9 * HOUR);
  const { told, chore } = teller(one, schedules);
  await endAt(one, one.daemon({ chore }), START + 0.95 * HOUR);
  await endAt(one, one.daemon({ chore }), START + 1.2 * HOUR);
  expect(titles(told)).toEqual([
    "unknown: Cannot tell: schedule a could not begin its fire of 2026-06-01 01:00:00 UTC",
  ]);
});

test("is told to those who want it, and to whoever is new as long as it lasts", async () => {
  const schedules = [telling({}, ["ops", "pager"])];
  await using one = await night(START, schedules);
  one.play = () => WRONG;
  const first = teller(one, schedules, { name: "pager", on: ["failed", "recovered"], command: ["true"] });
  await endAt(one, one.daemon({ chore: first.chore }), START + 1.2 * HOUR);
  expect(first.told).toEqual([]);
  const second = teller(one, schedules, { name: "ops", on: ["unknown"], command: ["true"] });
  await endAt(one, one.daemon({ chore: second.chore }), START + 1.3 * HOUR);
  expect(second.told).toHaveLength(1);
  one.play = () => ({});
  await endAt(one, one.daemon({ chore: second.chore }), START + 2 * HOUR);
  one.play = () => WRONG;
  await endAt(one, one.daemon({ chore: second.chore }), START + 3 * HOUR);
  expect(second.told).toHaveLength(2);
});

function never(): never {
  throw new Error("there is no message");
}
