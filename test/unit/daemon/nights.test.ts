import { describe, expect, test } from "vitest";
import { stop } from "../../../src/daemon/serve.ts";
import { endAt, events, hoursOf, killAt, night, skips, type Night } from "../../kit/daemon.ts";
import { scheduleOf } from "../../kit/schedules.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 5, 1, 0, 30);

describe("a daemon that was not there", () => {
  test("for three hours looks once for what it missed, and fixes nothing late", async () => {
    await using one = await night(START, [scheduleOf({})]);
    await endAt(one, one.daemon(), START + HOUR);
    one.clock.set(START + 4.75 * HOUR);
    await endAt(one, one.daemon(), START + 6 * HOUR);
    expect(hoursOf(one, START)).toEqual(["0.5 run", "4.75 detect", "5.5 run"]);
    expect(one.started[1]?.errand).toMatchObject({ why: ["missed by 15 min"] });
    expect(skips(one)).toHaveLength(3);
    expect(new Set(skips(one))).toEqual(new Set(["missed; only the last of those is made up for"]));
  });

  test("does the same where the machine was suspended under it", async () => {
    await using one = await night(START, [scheduleOf({})]);
    const daemon = one.daemon();
    one.clock.at(START + HOUR, () => one.clock.set(START + 4.75 * HOUR));
    await endAt(one, daemon, START + 3 * HOUR);
    expect(hoursOf(one, START)).toEqual(["0.5 run", "4.75 detect", "5.5 run", "6.5 run"]);
  });

  test("begins a fire that was decided on, and never begun, only as what it still is", async () => {
    await using one = await night(START, [scheduleOf({ missed: "skip" }), scheduleOf({ name: "b", runbook: "b" })]);
    const first = one.daemon({
      starter: {
        start: () => ({ pid: null, ended: new Promise(() => undefined), stop: () => undefined }),
      },
    });
    await killAt(one, first, START + HOUR);
    expect((await one.record.book.open()).map(({ stage }) => stage)).toEqual(["going", "going"]);
    one.clock.set(START + 1.25 * HOUR);
    await endAt(one, one.daemon(), START + 1.4 * HOUR);
    expect(hoursOf(one, START)).toEqual(["1.25 detect"]);
    expect(one.started[0]?.errand).toMatchObject({ schedule: "b", why: ["missed by 45 min"] });
    expect(skips(one)).toEqual(["missed by 45 min"]);
  });
});

describe("a clock that is set", () => {
  test("back lets nothing fire twice, and is told once", async () => {
    await using one = await night(START, [scheduleOf({})]);
    const daemon = one.daemon();
    one.clock.at(START + 2 * HOUR, () => one.clock.set(START));
    await endAt(one, daemon, START + 7 * HOUR);
    const nominals = one.started.flatMap(({ errand }) => (errand.kind === "fire" ? [errand.nominal] : []));
    expect(new Set(nominals).size).toBe(nominals.length);
    expect(nominals.length).toBeGreaterThan(2);
    expect(events(one, "clock")).toHaveLength(1);
  });
});

const ask = async (): Promise<Night> => {
  const one = await night(START, [scheduleOf({ cron: "0 1 * * *" })]);
  one.play = ({ kind }) => (kind === "fire" ? { asks: true } : {});
  return one;
};

describe("a run that waits for a person", () => {
  test("holds nothing, and goes on once somebody has decided", async () => {
    await using one = await ask();
    const daemon = one.daemon();
    one.clock.at(START + 2 * HOUR, async () => {
      expect((await one.record.book.open()).map(({ stage }) => stage)).toEqual(["waiting"]);
      expect(one.started).toHaveLength(1);
      const decided = { host: "host1", step: "step-1", digest: "digest-run-00001", by: "ada", reason: "no" } as const;
      await one.append("run-00001", { type: "denied", ...decided });
    });
    await endAt(one, daemon, START + 3 * HOUR);
    const [, second] = one.started;
    expect(second?.errand).toEqual({ kind: "resume", run: "run-00001" });
    expect((second?.at ?? 0) - START - 2 * HOUR).toBeLessThanOrEqual(2_000);
    expect(await one.record.book.open()).toEqual([]);
  });

  test("is gone on with after a start of the daemon, too", async () => {
    await using one = await ask();
    await endAt(one, one.daemon(), START + HOUR);
    await one.append("run-00001", {
      type: "approved",
      host: "host1",
      step: "step-1",
      digest: "digest-run-00001",
      by: "ada",
    });
    one.clock.set(START + 5 * HOUR);
    await endAt(one, one.daemon(), START + 6 * HOUR);
    expect(hoursOf(one, START)).toEqual(["0.5 run", "5 resume"]);
  });

  test.each([
    ["approved", { type: "approved", by: "ada" }],
    ["denied", { type: "denied", by: "ada", reason: "no" }],
  ] as const)("and was %s before anybody saw that it waits is gone on with all the same", async (_, said) => {
    await using one = await ask();
    one.play = ({ kind }) => (kind === "fire" ? { asks: true, takes: 10 * MINUTE } : {});
    await killAt(one, one.daemon(), START + 31 * MINUTE);
    await one.clock.sleep(15 * MINUTE);
    await one.append("run-00001", { ...said, host: "host1", step: "step-1", digest: "digest-run-00001" });
    await endAt(one, one.daemon(), START + 2 * HOUR);
    expect(one.started.map(({ errand }) => errand.kind)).toEqual(["fire", "resume"]);
  });

  test("and cannot go on is tried again, and given up with the reason: nobody's yes is lost without a word", async () => {
    await using one = await ask();
    one.play = ({ kind }) => (kind === "fire" ? { asks: true } : { silent: true, takes: 1_000, exit: 65 });
    const daemon = one.daemon();
    const yes = { type: "approved", host: "host1", step: "step-1", digest: "digest-run-00001", by: "ada" } as const;
    one.clock.at(START + HOUR, () => one.append("run-00001", yes));
    await endAt(one, daemon, START + 4 * HOUR);
    expect(hoursOf(one, START)).toHaveLength(7);
    const troubles = events(one, "trouble").map(({ problem }) => problem);
    expect(troubles[0]).toBe("it could not go on (exit 65)");
    expect(troubles.at(-1)).toBe("given up after 6 tries: it could not go on (exit 65)");
    expect(await one.record.book.open()).toEqual([]);
  });

  test("is looked after when its deadline is over", async () => {
    await using one = await night(START, [scheduleOf({ cron: "0 1 * * *", deadline: "30m" })]);
    one.play = ({ kind }) => (kind === "fire" ? { asks: true } : {});
    await endAt(one, one.daemon(), START + 2 * HOUR);
    expect(hoursOf(one, START)).toEqual(["0.5 run", "1 resume"]);
  });
});

describe("a run whose process dies", () => {
  test("goes on, later each time, and is given up at some point", async () => {
    await using one = await night(START, [scheduleOf({ cron: "0 1 * * *" })]);
    one.play = () => ({ takes: MINUTE, dies: true });
    const daemon = one.daemon();
    await endAt(one, daemon, START + 4 * HOUR);
    expect(one.started.map(({ errand }) => errand.kind)).toEqual(["fire", ...Array<string>(5).fill("resume")]);
    const gaps = one.started.slice(1).map(({ at }, before) => at - (one.started[before]?.ended ?? 0));
    expect(gaps).toEqual([10_000, 30_000, 120_000, 600_000, 1_800_000]);
    expect(events(one, "trouble").at(-1)?.["problem"]).toMatch(/^given up after 6 tries: its process ended before the/);
    expect(daemon.bridge.status.givenUp).toBe(1);
    expect(await one.record.book.open()).toEqual([]);
  });

  test("before anything was on record begins again with the same id", async () => {
    await using one = await night(START, [scheduleOf({ cron: "0 1 * * *" })]);
    let times = 0;
    one.play = () => ((times += 1) < 3 ? { silent: true, takes: 1_000, exit: 70 } : {});
    await endAt(one, one.daemon(), START + 2 * HOUR);
    expect(new Set(one.started.map(({ errand }) => errand.run)).size).toBe(1);
    expect(hoursOf(one, START)).toHaveLength(3);
  });

  test("is not tried again where its command is wrong", async () => {
    await using one = await night(START, [scheduleOf({ cron: "0 1 * * *" })]);
    one.play = () => ({ silent: true, takes: 1_000, exit: 65 });
    await endAt(one, one.daemon(), START + 2 * HOUR);
    expect(hoursOf(one, START)).toHaveLength(1);
    expect(events(one, "trouble").map(({ problem }) => problem)).toEqual(["nothing was begun: exit 65"]);
  });
});

describe("a daemon that is told to end", () => {
  test("while it is about to take over waits for nobody whom it has not asked", async () => {
    await using one = await night(START, [scheduleOf({ cron: "0 1 * * *" })]);
    one.play = () => ({ takes: 3 * HOUR });
    await killAt(one, one.daemon(), START + HOUR);
    const { desk } = one.record;
    const second = one.daemon({
      desk: {
        orders: desk.orders,
        lease: async (...of) => {
          const lease = await desk.lease(...of);
          void stop(second.bridge, "the test");
          return lease;
        },
      },
    });
    const before = one.clock.now();
    await second.ended;
    expect(one.clock.now() - before).toBeLessThan(1_000);
    await one.clock.sleep(4 * HOUR);
  });

  test("begins nothing new, waits for what runs, and the next one goes on with it", async () => {
    await using one = await night(START, [scheduleOf({ cron: "0 1 * * *" })]);
    one.play = ({ kind }) => (kind === "fire" ? { takes: HOUR } : {});
    await endAt(one, one.daemon(), START + 45 * MINUTE);
    expect(one.started[0]?.stops).toBe(1);
    one.clock.set(START + 3 * HOUR);
    await endAt(one, one.daemon(), START + 4 * HOUR);
    expect(hoursOf(one, START)).toEqual(["0.5 run", "3 resume"]);
    expect(await one.record.book.open()).toEqual([]);
  });

  test("at the very moment of a fire leaves it to the next one", async () => {
    await using one = await night(START, [scheduleOf({ cron: "0 1 * * *" })]);
    const { book } = one.record;
    const first = one.daemon({
      book: {
        ...book,
        write: async (page) => {
          await book.write(page);
          if (page.moves?.some(({ stage }) => stage === "going") === true) void stop(first.bridge, "the test");
        },
      },
    });
    await first.ended;
    expect(one.started).toEqual([]);
    expect((await book.open()).map(({ stage }) => stage)).toEqual(["due"]);
    await endAt(one, one.daemon(), START + HOUR);
    expect(hoursOf(one, START)).toEqual(["0.5 run"]);
  });

  test("leaves what does not end in time, and the next one follows it", async () => {
    await using one = await night(START, [scheduleOf({ cron: "0 1 * * *" })]);
    one.play = () => ({ takes: HOUR, deaf: true });
    await endAt(one, one.daemon({ patience: 5 * MINUTE }), START + 45 * MINUTE);
    expect(one.started[0]?.stops).toBe(2);
    expect(one.clock.now()).toBe(START + 50 * MINUTE + 10_000);
    await endAt(one, one.daemon(), START + 2 * HOUR);
    expect(hoursOf(one, START)).toEqual(["0.5 run"]);
    expect(await one.record.book.open()).toEqual([]);
  });
});
