import type { BookedFire, KnownSchedule, Move } from "../schedule/book.ts";
import { nextDue } from "../schedule/due.ts";
import { countFire } from "../schedule/status.ts";
import { knownFor, settle, type Settled } from "../schedule/settle.ts";
import { aboutFire, type Bridge } from "./bridge.ts";

/** Decides on every fire that is due, and writes all of it down, with the ids of their runs, before anything is started. */
export async function decideFires(bridge: Bridge, open: readonly BookedFire[], now: number): Promise<void> {
  const { parts, known, schedules, next } = bridge;
  if (schedules === null) return;
  // To ask each expression at each round would take most of the time there is.
  if (now < bridge.decided) next.clear();
  bridge.decided = now;
  const ripe = schedules.filter(({ name }) => (next.get(name) ?? 0) <= now);
  if (ripe.length === 0) return;
  const pauses = new Map((await parts.book.pauses()).map((pause) => [pause.schedule, pause]));
  const settled = ripe.map((schedule) => {
    const pause = pauses.get(schedule.name);
    const before = knownFor(schedule, known.get(schedule.name), now);
    return settle(schedule, before, { now, open, pause, newRun: parts.newRun });
  });
  const forgotten = [...known.keys()].filter((name) => !schedules.some((schedule) => schedule.name === name));
  const worth = settled.filter((one) => one.fires.length > 0 || isNew(one, known.get(one.known.schedule)));
  if (worth.length > 0 || forgotten.length > 0) {
    const moves = worth.flatMap(({ replaced }) => replaced.map(({ id }): Move => ({ id, replaced: true })));
    await parts.book.write({
      forgotten,
      known: worth.map((one) => one.known),
      fires: worth.flatMap(({ fires }) => fires),
      moves,
    });
  }
  for (const name of forgotten) known.delete(name);
  for (const [at, one] of settled.entries()) {
    known.set(one.known.schedule, one.known);
    const schedule = ripe[at];
    if (schedule !== undefined) next.set(schedule.name, nextDue(schedule, one.known.known, now)?.at ?? Infinity);
  }
  await tell(bridge, settled);
}

/** Seen for the first time, with another expression than before, or by a clock that has gone far back. */
function isNew({ known: then }: Settled, before: KnownSchedule | undefined): boolean {
  return before?.expression !== then.expression || then.known.seen < before.known.seen;
}

async function tell(bridge: Bridge, settled: readonly Settled[]): Promise<void> {
  const { parts, status } = bridge;
  const note = settled.find((one) => one.note !== null)?.note ?? null;
  if (note !== null && !bridge.clockOdd) parts.say({ level: "warning", event: "clock", note });
  bridge.clockOdd = note !== null;
  for (const { fires, replaced, more, known } of settled) {
    if (more) parts.say({ level: "warning", event: "missed", schedule: known.schedule, note: "and many before these" });
    for (const fire of fires) {
      const { act, why } = fire;
      parts.say({ level: "info", event: act === "skip" ? "skipped" : "fired", ...aboutFire(fire), act, why });
      // What is done of any other is known once it begins.
      if (act === "skip") countFire(status, fire, act);
    }
    for (const fire of replaced) await makeRoom(bridge, { ...fire, replaced: true });
  }
}

/** Asks the run of a fire to begin no new fix, and to end: what it has begun is finished first. */
export async function makeRoom({ parts, crew }: Bridge, fire: BookedFire): Promise<void> {
  if (fire.run === null) return;
  parts.say({ level: "info", event: "asked-to-end", ...aboutFire(fire) });
  if (crew.stop(fire.run)) return;
  // Whoever is stopped by an order has ended for good; by a signal, its run can be gone on with.
  if (!fire.replaced && (await parts.hail(fire.run))) return;
  await parts.desk.orders.stop(fire.run, { by: "the daemon", kill: false });
}
