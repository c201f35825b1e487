import { FaultError, type Fault } from "../model/fault.ts";
import type { Notification } from "../model/notification.ts";
import type { Schedule } from "../model/schedule.ts";
import { collect } from "./collect.ts";
import { deliver, type Delivery } from "./deliver.ts";
import type { Archive } from "../run/ports.ts";

/** ms between two looks at the record and the outbox. */
const EVERY = 5000;
const DAY = 86_400_000;
/** ms that delivered messages are kept. */
const KEPT = 30 * DAY;

/** What telling people of the runs of schedules needs. */
export type Notifier = Delivery & {
  readonly archive: Pick<Archive, "read">;
  /** As the file of schedules says it now. */
  readonly current: () => {
    readonly schedules: readonly Pick<Schedule, "name" | "notify">[];
    readonly notifications: readonly Notification[];
  };
  /** A record that cannot be read or written; told once, until it has changed. */
  readonly fault: (fault: Fault) => void;
};

/** Tells people of the runs of schedules until the signal fires: makes messages of what is on record, and delivers them. Only bugs reject. */
export async function notifyUntil(signal: AbortSignal, notifier: Notifier): Promise<void> {
  const busy = new Map<string, Promise<void>>();
  const told = new Set<string>();
  const tellFault = (error: unknown): void => {
    if (!(error instanceof FaultError)) throw error;
    tellOnce(error.faults, told, notifier);
  };
  while (!signal.aborted) {
    try {
      await gather(notifier, told);
    } catch (error) {
      tellFault(error);
    }
    for (const notification of notifier.current().notifications) {
      const { name } = notification;
      // Each by itself: one that hangs holds up no other.
      if (busy.has(name)) continue;
      const work = deliver(notification, notifier, signal).catch(tellFault);
      busy.set(
        name,
        work.finally(() => busy.delete(name)),
      );
    }
    await Promise.race([notifier.clock.sleep(EVERY, signal).catch(() => undefined), failed(busy)]);
  }
  await Promise.all(busy.values());
}

/** Rejects with the first bug of what is under way; else it never ends. */
function failed(busy: ReadonlyMap<string, Promise<void>>): Promise<never> {
  return new Promise((_, reject) => {
    for (const work of busy.values()) work.catch(reject);
  });
}

/** One round to its end: messages are made, and everybody's are delivered as far as that goes now. */
export async function notifyOnce(notifier: Notifier, signal: AbortSignal): Promise<void> {
  await gather(notifier, new Set());
  await Promise.all(notifier.current().notifications.map((one) => deliver(one, notifier, signal)));
}

async function gather(notifier: Notifier, told: Set<string>): Promise<void> {
  const { clock, outbox, archive, current } = notifier;
  const { schedules, notifications } = current();
  const listening = (name: string): readonly Notification[] => {
    const wanted = schedules.find((schedule) => schedule.name === name)?.notify ?? [];
    return notifications.filter((one) => wanted.includes(one.name));
  };
  for (const { faults } of await collect({ clock, outbox, archive, listening })) tellOnce(faults, told, notifier);
  await outbox.prune(clock.now() - KEPT);
}

function tellOnce(faults: readonly Fault[], told: Set<string>, { fault }: Notifier): void {
  for (const one of faults) {
    const key = `${one.where}\n${one.message}`;
    if (!told.has(key)) fault(one);
    told.add(key);
  }
}
