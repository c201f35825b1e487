import { FaultError } from "../model/fault.ts";
import { DAEMON } from "../schedule/book.ts";
import type { Bridge } from "./bridge.ts";
import { lead, stopAll } from "./lead.ts";
import { readSchedules } from "./reload.ts";

/** ms between two tries of a standby to take over. */
const TRY = 5_000;
/** ms that processes get to leave at once. */
const LEAVE = 10_000;

/** Goes on until it is told to end: as the one that acts for all schedules of a state directory, or waiting for that one to be gone. */
export async function serve(bridge: Bridge): Promise<void> {
  const { parts, status } = bridge;
  let other: string | null = null;
  while (!bridge.stopping) {
    try {
      const lease = await parts.desk.lease(DAEMON, parts.self);
      if ("run" in lease) {
        await using _held = lease;
        // Told to end while it was taken: what runs was asked nothing, so it is not waited for.
        if (bridge.stopping) break;
        status.role = "leader";
        status.recordFault = null;
        parts.say({ level: "info", event: "leader" });
        await lead(bridge);
        if (!bridge.stopping) parts.say({ level: "warning", event: "deposed" });
        continue;
      }
      if (status.role !== "standby") {
        const { by, writer } = lease;
        parts.say({ level: "info", event: "standby", by, pid: writer?.pid ?? null, host: writer?.host ?? null });
      }
      other = await tellOther(bridge, other);
      status.role = "standby";
      // Of what runs and waits the one in charge tells.
      [status.running, status.waiting] = [0, 0];
      status.outbox.clear();
      status.recordFault = null;
      status.round = parts.ticks();
      // So that a wrong file is told before it is needed.
      await readSchedules(bridge);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      if (status.recordFault !== error.message) parts.say({ level: "error", event: "record", problem: error.message });
      status.recordFault = error.message;
    }
    if (!bridge.stopping) await bridge.nap(TRY);
  }
  bridge.over.abort();
  parts.say({ level: "info", event: "ended", left: bridge.crew.working() });
}

/** Whoever waits behind a daemon with another file waits for nothing. Answers with that file; `told` is the one that it has said last. */
async function tellOther({ parts: { book, file, isFile, say } }: Bridge, told: string | null): Promise<string | null> {
  const source = await book.source();
  if (source === null || source === told || isFile(source)) return source;
  const problem = `the daemon in charge goes by ${source}: nothing in ${file} fires; give it a --state of its own`;
  say({ level: "warning", event: "standby", problem });
  return source;
}

/** Tells a daemon to end: the first time what runs is waited for, the second time it is left alone. */
export async function stop(bridge: Bridge, reason: string): Promise<void> {
  const { parts } = bridge;
  if (bridge.stopping) return leave(bridge, reason);
  bridge.stopping = true;
  parts.say({ level: "info", event: "stopping", reason, running: bridge.crew.working() });
  bridge.wake();
  after(bridge, parts.patience, () => leave(bridge, "its patience is over"));
  try {
    if (bridge.status.role === "leader") await stopAll(bridge);
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    // Those that are ours can be told without the record.
    for (const run of bridge.crew.working()) bridge.crew.stop(run);
  }
}

/** What runs is told to leave: fixes go on as jobs of their hosts, and the next start finds them. */
function leave(bridge: Bridge, reason: string): void {
  const { parts, crew } = bridge;
  if (bridge.leaving) return;
  bridge.leaving = true;
  parts.say({ level: "warning", event: "leaving", reason, running: crew.working() });
  for (const run of crew.working()) crew.leave(run);
  bridge.wake();
  after(bridge, LEAVE, () => {
    bridge.gone = true;
    bridge.wake();
  });
}

/** Does something in ms, unless all is over by then. */
function after({ parts, over }: Bridge, ms: number, act: () => void): void {
  parts.clock.sleep(ms, over.signal).then(act, () => undefined);
}
