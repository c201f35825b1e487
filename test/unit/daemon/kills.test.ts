import { expect, test } from "vitest";
import type { DaemonParts } from "../../../src/daemon/ports.ts";
import { endAt, night, type Night } from "../../kit/daemon.ts";
import { scheduleOf } from "../../kit/schedules.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 5, 1, 0, 30);
const END = START + 3.5 * HOUR;
/** What comes first asks a person, who says yes soon after. */
const YES = { type: "approved", host: "host1", step: "step-1", digest: "digest-run-00001", by: "ada" } as const;

class Killed extends Error {}

/** The parts of a daemon that dies right before, or right after, it changes the record for the so-manieth time. Processes are started right after such a change. */
function mortal(one: Night, at: number, when: "before" | "after", count: () => number): Partial<DaemonParts> {
  const dies =
    <In extends readonly unknown[]>(act: (...input: In) => Promise<void>) =>
    async (...input: In): Promise<void> => {
      const last = count() === at;
      if (last && when === "before") throw new Killed();
      await act(...input);
      if (last) throw new Killed();
    };
  const { book, desk } = one.record;
  return {
    nap: HOUR,
    book: { ...book, write: dies((page) => book.write(page)) },
    desk: {
      orders: { ...desk.orders, stop: dies((run, by) => desk.orders.stop(run, by)) },
      lease: (...of) => desk.lease(...of),
    },
  };
}

async function killedAt(at: number, when: "before" | "after"): Promise<number> {
  await using one = await night(START, [
    scheduleOf({ overlap: "replace" }),
    scheduleOf({ name: "b", runbook: "b", cron: "*/30 * * * *", overlap: "queue" }),
  ]);
  one.play = ({ run, kind }) => {
    if (run === "run-00001" && kind === "fire") return { asks: true, takes: 5 * MINUTE };
    return { takes: (Number(run.slice(4)) % 3) * 25 * MINUTE + MINUTE };
  };
  one.clock.at(START + 36 * MINUTE, async () => {
    if ((await one.record.read("run-00001")).some(({ event }) => event.type === "asked"))
      await one.append("run-00001", YES);
  });
  let acts = 0;
  const first = one.daemon(mortal(one, at, when, () => (acts += 1)));
  one.clock.at(END, () => void (first.bridge.stopping = true));
  const killed = await first.ended.then(
    () => false,
    (error: unknown) => {
      if (!(error instanceof Killed)) throw error;
      return true;
    },
  );
  if (killed) {
    await one.clock.sleep(20_000);
    await endAt(one, one.daemon({ nap: HOUR, patience: 3 * HOUR }), END);
  }
  await one.clock.sleep(6 * HOUR);
  await endAt(one, one.daemon({ nap: HOUR }), one.clock.now() + 2 * HOUR);

  const fires = await one.record.book.fires();
  const told = fires.map(({ schedule, nominal }) => `${schedule} ${(nominal - START) / MINUTE}`);
  expect(new Set(told).size, "no fire twice").toBe(told.length);
  for (const [name, every] of [
    ["a", 60],
    ["b", 30],
  ] as const) {
    const own = fires.filter(({ schedule }) => schedule === name).map(({ nominal }) => nominal);
    const all = own.map((_, place) => START + 30 * MINUTE + place * every * MINUTE);
    expect(own, "and none lost").toEqual(all);
    expect(own.length).toBeGreaterThan(3);
  }
  for (const { run, stage, exit, act, note } of fires) {
    if (run === null) continue;
    const entries = await one.record.read(run);
    const begun = entries.filter(({ event }) => event.type === "run-started").length;
    const about = { at, when, run, act, note };
    expect({ ...about, stage, begun }).toEqual({ ...about, stage: "over", begun: act === "skip" ? 0 : 1 });
    expect({ ...about, closed: entries.at(-1)?.event.type, exit }).toMatchObject({ closed: "run-ended" });
  }
  return killed ? acts : 0;
}

test(
  "a daemon that dies at any of its acts loses no fire, has none twice, and each run comes to its end",
  { timeout: 120_000 },
  async () => {
    let kills = 0;
    for (let at = 1; ; at += 1) {
      const before = await killedAt(at, "before");
      const after = await killedAt(at, "after");
      if (before + after === 0) break;
      kills += 1;
    }
    expect(kills).toBeGreaterThan(20);
  },
);
