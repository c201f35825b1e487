import { FaultError } from "../model/fault.ts";
import type { Notification } from "../model/notification.ts";
import type { Schedule } from "../model/schedule.ts";
import { collect, collectPlights } from "./collect.ts";
import { deliver, type Delivery } from "./deliver.ts";
import type { Archive } from "../run/ports.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** ms that messages are kept that were delivered, and those that were refused or given up. */
const KEPT = { delivered: 30 * DAY, lost: 90 * DAY };
/** ms between two rounds that mean that the machine slept, or that nobody was there. */
const GAP = 300_000;
/** ms after which a message for a notification that is no more is given up. */
const ORPHANED = 3 * DAY;

/** Which schedules tell whom. */
export type Listening = {
  readonly schedules: readonly Pick<Schedule, "name" | "notify">[];
  readonly notifications: readonly Notification[];
};

/** What telling people of the runs of schedules needs. */
export type Notifier = Delivery & {
  /** The option that names the file of schedules in a command. */
  readonly schedulesOption: string;
  readonly archive: Pick<Archive, "read">;
  /** As the file of schedules says it now. Null: it could not be read yet, so nobody knows who is to be told. */
  readonly current: () => Listening | null;
  /** What keeps messages from being made or delivered here; the same is told again after an hour. */
  readonly problem: (words: string) => void;
};

/** Tells people of the runs of schedules, a round at a time. Disposed of, it breaks off what is under way: the next one delivers it. */
export interface Telling extends AsyncDisposable {
  /** Makes messages of what is new on record, and begins to deliver what is due. Waits for no receiver, and never rejects. */
  round(): Promise<void>;
}

/** Begins to tell. Whatever goes wrong with messages, it holds up nothing else: it is told as a problem. */
export function startTelling(notifier: Notifier): Telling {
  const busy = new Map<string, Promise<void>>();
  const over = new AbortController();
  const trouble = oncePerHour(notifier);
  const attended = attendance(notifier);
  return {
    round: async () => {
      try {
        await gather(notifier, trouble, attended());
      } catch (error) {
        trouble(error);
      }
      for (const notification of notifier.current()?.notifications ?? []) {
        const { name } = notification;
        // Each by itself: one that hangs holds up no other.
        if (busy.has(name) || over.signal.aborted) continue;
        const work = deliver(notification, notifier, over.signal).catch(trouble);
        busy.set(
          name,
          work.finally(() => busy.delete(name)),
        );
      }
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await Promise.all(busy.values());
    },
  };
}

/** Since when rounds have followed each other: while a machine sleeps no run can get on, and nobody looks. */
function attendance({ clock }: Pick<Notifier, "clock">): () => number {
  let since = clock.now();
  let last = since;
  return () => {
    const now = clock.now();
    if (now < last || now - last > GAP) since = now;
    last = now;
    return since;
  };
}

/** Tells what is wrong, and nothing that was told within the hour. */
function oncePerHour({ clock, problem }: Pick<Notifier, "clock" | "problem">): (error: unknown) => void {
  const told = new Map<string, number>();
  return (error) => {
    const now = clock.now();
    for (const [words, at] of told) if (Math.abs(now - at) >= HOUR) told.delete(words);
    for (const words of wordsOf(error)) {
      if (!told.has(words)) problem(words);
      told.set(words, told.get(words) ?? now);
    }
  };
}

function wordsOf(error: unknown): readonly string[] {
  if (error instanceof FaultError) return error.faults.map(({ message }) => message);
  return [`a bug, and not your fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
}

/** Makes messages of what is new on record, and takes out those that nobody wants any more. `attended`: since when somebody looks, without a break. */
export async function gather(notifier: Notifier, trouble: (error: unknown) => void, attended = 0): Promise<void> {
  const { clock, outbox, archive, option, schedulesOption, current } = notifier;
  const now = current();
  if (now === null) return;
  const { schedules, notifications } = now;
  const named = new Map(schedules.map(({ name, notify }) => [name, notify]));
  const listening = (schedule: string): readonly Notification[] =>
    notifications.filter(({ name }) => named.get(schedule)?.includes(name) === true);
  const collection = { clock, outbox, archive, option, schedulesOption, attended, listening, trouble };
  await collect(collection);
  const told = schedules.filter(({ notify }) => notify.length > 0).map(({ name }) => name);
  await collectPlights(collection, told);
  const at = clock.now();
  const names = notifications.map(({ name }) => name);
  await outbox.giveUp({ names, before: at - ORPHANED }, at);
  await outbox.prune({ delivered: at - KEPT.delivered, lost: at - KEPT.lost });
}
