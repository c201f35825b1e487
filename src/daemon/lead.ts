import { FaultError } from "../model/fault.ts";
import { isHeldBack } from "../schedule/begin.ts";
import type { BookedFire } from "../schedule/book.ts";
import { beginFires } from "./begin.ts";
import { tellOnly } from "../schedule/status.ts";
import type { Bridge } from "./bridge.ts";
import { decideFires, makeRoom } from "./decide.ts";
import { readSchedules } from "./reload.ts";
import { tend } from "./tend.ts";

/** ms between two looks at what others may have done: runs that wait, or that are not ours. */
const LOOK = 2_000;
/** ms between two tries to use a record that cannot be used, or schedules that are wrong. */
const AGAIN = 5_000;
/** ms between two rounds at least, and while what runs is waited for. */
const LEAST = 1;
const ENDING = 500;
/** ms between two times that the book is tidied, and the fires of each schedule that stay in it. */
const TIDY = 3_600_000;
const KEPT = 1_000;

/** Acts for all schedules, until another daemon has taken over, or it is to end and nothing of it is at work any more. */
export async function lead(bridge: Bridge): Promise<void> {
  const { parts, status } = bridge;
  let ready = false;
  for (;;) {
    const now = parts.clock.now();
    status.round = parts.ticks();
    try {
      if (!(await parts.book.inCharge())) return;
      if (!ready) await remember(bridge);
      ready = true;
      if (bridge.stopping) {
        if (!(await tendLast(bridge, now))) return;
      } else {
        await round(bridge);
      }
      tellRecord(bridge, null);
      await bridge.nap(bridge.stopping ? ENDING : await restOf(bridge, now));
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      tellRecord(bridge, error.message);
      // What came to a stop halfway is taken up from what is written down.
      ready = false;
      if (bridge.stopping && (bridge.gone || bridge.crew.working().length === 0)) return;
      await bridge.nap(AGAIN);
    }
  }
}

/** What earlier daemons knew. */
async function remember(bridge: Bridge): Promise<void> {
  const { parts, known, next, status } = bridge;
  known.clear();
  next.clear();
  await noteSource(bridge);
  for (const one of await parts.book.known()) known.set(one.schedule, one);
  for (const { schedule, act, at, exit, ended } of await parts.book.latest()) {
    if (act !== "skip") status.lastFire.set(schedule, Math.max(at, status.lastFire.get(schedule) ?? 0));
    if (exit === 0 && ended !== null) status.lastSuccess.set(schedule, ended);
  }
  if (bridge.schedules !== null) tellOnly(status, bridge.schedules);
  // Whoever wanted room for a later fire may not have come to ask for it.
  for (const fire of await parts.book.open()) if (fire.stage === "going" && fire.replaced) await makeRoom(bridge, fire);
}

/** A record belongs to one file of schedules: in another, a name would stand for another's pauses and counts. */
async function noteSource({ parts: { book, file, isFile, say } }: Bridge): Promise<void> {
  const before = await book.source();
  if (before === file) return;
  await book.write({ source: file });
  if (before === null || isFile(before)) return;
  const note = `this record was kept for ${before}: pauses and counts of schedules that have the same names go on`;
  say({ level: "warning", event: "schedules", note });
}

/** Once around: what became of what was begun, what is due, what begins. */
async function round(bridge: Bridge): Promise<void> {
  const { book, clock } = bridge.parts;
  await readSchedules(bridge);
  // The time is asked anew each time: whoever waits for the record may wait for long, and what is late is treated otherwise.
  await tend(bridge, await book.open(), clock.now());
  await decideFires(bridge, await book.open(), clock.now());
  // Without schedules it cannot be told whether a fire may still begin.
  if (bridge.schedules !== null) await beginFires(bridge, await book.open(), clock.now());
  const now = clock.now();
  if (now - bridge.tidied >= TIDY || now < bridge.tidied) {
    await book.tidy(KEPT);
    bridge.tidied = now;
  }
  await bridge.parts.chore();
}

/** Once around while it is to end; false: nothing of it is at work any more. */
async function tendLast(bridge: Bridge, now: number): Promise<boolean> {
  const { book } = bridge.parts;
  await tend(bridge, await book.open(), now);
  // Who leaves waits for its own processes alone: what others have, they have.
  if (bridge.leaving) return !bridge.gone && bridge.crew.working().length > 0;
  return (await book.open()).some(({ stage }) => stage === "going");
}

/** Asks everything that is at work to begin no new fix. */
export async function stopAll(bridge: Bridge): Promise<void> {
  for (const fire of await bridge.parts.book.open()) if (fire.stage === "going") await makeRoom(bridge, fire);
}

/** ms until there is something to do again, after a round that began at a time. */
async function restOf(bridge: Bridge, began: number): Promise<number> {
  const { parts, crew, status } = bridge;
  const open = await parts.book.open();
  const now = parts.clock.now();
  status.running = open.filter(({ stage }) => stage === "going").length;
  status.waiting = open.filter(({ stage }) => stage === "waiting").length;
  // One whose time has come waits for others to end, and they tell.
  const retries = open.flatMap((fire) => (isHeldBack(fire, began) ? (fire.retryAt ?? []) : []));
  const looks = open.some((fire) => isForeign(fire, (run) => crew.has(run))) ? [now + LOOK] : [];
  const wrong = status.scheduleFaults > 0 ? [now + AGAIN] : [];
  const next = Math.min(now + parts.nap, ...bridge.next.values(), ...retries, ...looks, ...wrong);
  return Math.max(LEAST, next - now);
}

function isForeign({ stage, run }: BookedFire, has: (run: string) => boolean): boolean {
  return stage === "waiting" || (stage === "going" && run !== null && !has(run));
}

function tellRecord({ parts, status }: Bridge, fault: string | null): void {
  if (fault !== null && status.recordFault !== fault) {
    parts.say({ level: "error", event: "record", problem: fault });
  } else if (fault === null && status.recordFault !== null) {
    parts.say({ level: "info", event: "record", note: "it can be used again" });
  }
  status.recordFault = fault;
}
