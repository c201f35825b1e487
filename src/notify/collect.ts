import { FaultError, type Fault } from "../model/fault.ts";
import type { Notification } from "../model/notification.ts";
import { noticesOf, type Listener } from "../notice/notices.ts";
import type { Behind, Outbox } from "../notice/outbox.ts";
import type { Archive, Clock } from "../run/ports.ts";

/** ms for which what happens in a run at work is gathered, so that many hosts make one message. */
const GATHERING = 60_000;

/** What making messages needs. `listening` says who is told of a schedule, as the file of schedules says it now. */
export type Collection = {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly archive: Pick<Archive, "read">;
  readonly listening: (schedule: string) => readonly Notification[];
};

/** Makes messages of all that has happened in runs of schedules and was not told of yet. Answers with the runs whose record cannot be read. */
export async function collect(collection: Collection): Promise<readonly { run: string; faults: readonly Fault[] }[]> {
  const { outbox, clock } = collection;
  const unread: { run: string; faults: readonly Fault[] }[] = [];
  for (const behind of await outbox.behind()) {
    if (!behind.ended && clock.now() - behind.since < GATHERING) continue;
    try {
      await tellOf(behind, collection);
    } catch (error) {
      // One run that is damaged keeps nobody from being told of the others.
      if (!(error instanceof FaultError)) throw error;
      unread.push({ run: behind.run, faults: error.faults });
    }
  }
  return unread;
}

async function tellOf({ run, schedule, runbook, seq: from }: Behind, collection: Collection): Promise<void> {
  const { outbox, archive, clock, listening } = collection;
  const entries = await archive.read(run);
  const to = entries.at(-1)?.seq ?? from;
  const listeners: Listener[] = [];
  for (const { name, on } of listening(schedule)) {
    listeners.push({ name, on, told: await outbox.told(name, schedule, runbook) });
  }
  const told = noticesOf(entries, from, listeners);
  await outbox.put({ run, schedule, runbook, from, to, told }, clock.now());
}
