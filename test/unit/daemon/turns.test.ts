import { describe, expect, test } from "vitest";
import { stop } from "../../../src/daemon/serve.ts";
import { thisWriter } from "../../../src/journal/writer.ts";
import { FaultError } from "../../../src/model/fault.ts";
import { DAEMON } from "../../../src/schedule/book.ts";
import { endAt, events, hoursOf, killAt, night, skips, type Night } from "../../kit/daemon.ts";
import { scheduleOf } from "../../kit/schedules.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 5, 1, 0, 30);
const SELF = { writer: thisWriter(), by: "test" };

const long = async (overlap: string, hours = 4): Promise<Night> => {
  const one = await night(START, [scheduleOf({ overlap })]);
  one.play = ({ run }) => (run === "run-00001" ? { takes: 2.25 * HOUR } : {});
  await endAt(one, one.daemon(), START + hours * HOUR);
  return one;
};

describe("a fire beside a run that is still going", () => {
  test("is left out", async () => {
    await using one = await long("skip");
    expect(hoursOf(one, START)).toEqual(["0.5 run", "3.5 run"]);
    expect(skips(one)).toEqual(["the run before is still going", "the run before is still going"]);
  });

  test("or waits for its end, and a third is left out", async () => {
    await using one = await long("queue");
    expect(hoursOf(one, START)).toEqual(["0.5 run", "2.75 run", "3.5 run"]);
    expect(skips(one)).toEqual(["the run before is still going, and another fire waits for its end"]);
  });

  test("or has it end, and begins then; what is replaced is not gone on with", async () => {
    await using one = await long("replace");
    expect(hoursOf(one, START)).toEqual(["0.5 run", "1.5 run", "2.5 run", "3.5 run"]);
    expect(one.started.map(({ stops }) => stops)).toEqual([1, 0, 0, 0]);
    expect(await one.record.book.open()).toEqual([]);
    expect(events(one, "over")[0]).toMatchObject({ exit: 130, note: "it made room for a later fire" });
  });

  test("and is asked once, also where the daemon is told to end before that has ended", async () => {
    await using one = await night(START, [scheduleOf({ overlap: "replace" })]);
    one.play = () => ({ takes: 3 * HOUR, deaf: true });
    const daemon = one.daemon({ patience: 10 * MINUTE });
    const stops: (number | undefined)[] = [];
    for (const minute of [85, 105, 119, 121]) {
      one.clock.at(START + minute * MINUTE, () => void stops.push(one.started[0]?.stops));
    }
    await endAt(one, daemon, START + 110 * MINUTE);
    await one.clock.sleep(3 * HOUR);
    expect(stops).toEqual([0, 1, 1, 2]);
  });

  test("and is asked by the next daemon, where the one that wanted that has died before", async () => {
    await using one = await night(START, [scheduleOf({ overlap: "replace" })]);
    one.play = () => ({ takes: 3 * HOUR });
    await killAt(one, one.daemon(), START + HOUR);
    const lease = await one.record.desk.lease(DAEMON, SELF);
    if (!("run" in lease)) throw new Error("somebody else has it");
    await one.record.book.write({ moves: [{ id: 1, replaced: true }] });
    await lease[Symbol.asyncDispose]();
    await killAt(one, one.daemon(), START + 1.25 * HOUR);
    expect(await one.record.desk.orders.of("run-00001")).toMatchObject({ stop: { kill: false } });
    await one.clock.sleep(3 * HOUR);
  });

  test("and is asked once the record can be used again, where it could not at that moment", async () => {
    await using one = await night(START, [scheduleOf({ overlap: "replace", cron: "0 1,2 * * *" })]);
    one.play = () => ({ takes: 3 * HOUR });
    await killAt(one, one.daemon(), START + HOUR);
    const { desk } = one.record;
    let tries = 0;
    const stopOrder: typeof desk.orders.stop = async (...of) => {
      // A stand-in of a record that is locked.
      if ((tries += 1) === 1) throw new FaultError({ kind: "journal", message: "the record is locked" });
      return desk.orders.stop(...of);
    };
    const orders = { ...desk.orders, stop: stopOrder };
    await killAt(one, one.daemon({ desk: { orders, lease: (...of) => desk.lease(...of) } }), START + 2 * HOUR);
    expect(await desk.orders.of("run-00001")).toMatchObject({ stop: { kill: false } });
    await one.clock.sleep(3 * HOUR);
  });

  test("and where that has died instead of ending, what it has begun is seen to its end before the later one begins", async () => {
    await using one = await night(START, [scheduleOf({ overlap: "replace", cron: "0 1,2 * * *" })]);
    one.play = ({ run, kind }) =>
      run === "run-00001" && kind === "fire" ? { takes: 2.25 * HOUR, dies: true } : { takes: 15 * MINUTE };
    await endAt(one, one.daemon(), START + 3 * HOUR);
    expect(hoursOf(one, START)).toEqual(["0.5 run", "1.5 resume", "1.75 run"]);
  });

  test("and what it has asked before is gone on with as any other once somebody has decided", async () => {
    await using one = await night(START, [scheduleOf({ overlap: "replace", cron: "0 1,2 * * *" })]);
    let resumed = 0;
    one.play = ({ run, kind }) => {
      if (run !== "run-00001") return {};
      if (kind === "fire") return { takes: 2.25 * HOUR, asks: true };
      return (resumed += 1) === 1 ? { dies: true } : {};
    };
    const daemon = one.daemon();
    const yes = { type: "approved", host: "host1", step: "step-1", digest: "digest-run-00001", by: "ada" } as const;
    one.clock.at(START + 2 * HOUR, () => one.append("run-00001", yes));
    await endAt(one, daemon, START + 3 * HOUR);
    expect(one.started.map(({ errand }) => `${errand.run} ${errand.kind}`)).toEqual([
      "run-00001 fire",
      "run-00002 fire",
      "run-00001 resume",
      "run-00001 resume",
    ]);
  });

  test("waits where what is replaced has something to finish", async () => {
    await using one = await night(START, [scheduleOf({ overlap: "replace" })]);
    one.play = ({ run }) => (run === "run-00001" ? { takes: 2.25 * HOUR, deaf: true } : {});
    await endAt(one, one.daemon(), START + 3 * HOUR);
    expect(hoursOf(one, START)).toEqual(["0.5 run", "2.75 run"]);
    expect(skips(one)).toEqual(["the run before ends already to make room"]);
  });
});

test("at most so many processes are at work at once, and no two that look for the same", async () => {
  const names = ["a", "b", "c", "d", "e"];
  const schedules = [...names, "same"].map((name) =>
    scheduleOf({ name, runbook: name === "same" ? "lib/a.yml" : name }),
  );
  await using one = await night(START, schedules);
  await endAt(one, one.daemon({ most: 3 }), START + HOUR);
  const at = (run: string): number => one.started.find(({ errand }) => errand.run === run)?.at ?? 0;
  const minutes = one.started.map(({ at: then, errand }) => [
    errand.kind === "fire" ? errand.schedule : "",
    (then - START) / MINUTE,
  ]);
  expect(minutes).toEqual([
    ["a", 30],
    ["b", 30],
    ["c", 30],
    ["d", 31],
    ["e", 31],
    ["same", 31],
  ]);
  expect(at("run-00001")).toBe(START + 30 * MINUTE);
});

describe("a fire that is to be tried again", () => {
  test("and has to wait for its turn then does not keep the daemon busy", async () => {
    await using one = await night(START, [
      scheduleOf({ cron: "0 1 * * *" }),
      scheduleOf({ name: "b", cron: "1 1 * * *" }),
    ]);
    one.play = ({ run }) => (run === "run-00001" ? { takes: 55_000, dies: true } : { takes: HOUR });
    const { book } = one.record;
    let looks = 0;
    const open: typeof book.open = () => {
      looks += 1;
      return book.open();
    };
    await endAt(one, one.daemon({ book: { ...book, open } }), START + 31.25 * MINUTE);
    expect(one.started).toHaveLength(2);
    expect(looks).toBeLessThan(1_000);
  });

  test("does not wait for a time that a clock has named which was wrong", async () => {
    await using one = await night(START, [scheduleOf({ cron: "0 1 * * *" })]);
    let times = 0;
    one.play = () => ((times += 1) === 1 ? { takes: MINUTE, dies: true } : {});
    const daemon = one.daemon();
    one.clock.at(START + 31 * MINUTE + 1_000, () => {
      one.clock.set(START - 12 * HOUR);
      one.clock.at(START - 11 * HOUR, () => stop(daemon.bridge, "the test"));
    });
    await daemon.ended;
    expect(one.started.map(({ errand }) => errand.kind)).toEqual(["fire", "resume"]);
  });
});
