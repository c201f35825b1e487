import type { Notification } from "../model/notification.ts";
import { plightOf } from "../notice/plight.ts";
import { noticesOf, type Listener } from "../notice/notices.ts";
import type { Behind, Outbox, Put } from "../notice/outbox.ts";
import { unreadableNotice } from "../notice/unreadable.ts";
import { FaultError } from "../model/fault.ts";
import type { Archive, Clock } from "../run/ports.ts";

/** ms for which what happens in a run at work is gathered, so that many hosts make one message. */
const GATHERING = 60_000;

/** What making messages needs. `listening` says who is told of a schedule, as the file of schedules says it now. */
export type Collection = {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly archive: Pick<Archive, "read">;
  readonly listening: (schedule: string) => readonly Notification[];
  /** The option that names the record in a command; empty: none is needed. */
  readonly option: string;
  /** The one that names the file of schedules. */
  readonly schedulesOption: string;
  /** Since when somebody looks without a break, ms since the epoch. */
  readonly attended: number;
  /** Is told why a run cannot be told of. */
  readonly trouble: (error: unknown) => void;
};

/** ms for which messages are made in one round: whoever calls has other things to do, and the next round goes on. */
const ROUND = 2_000;

/** Makes messages of what has happened in runs of schedules and was not told of yet: of all of it, unless that takes long. */
export async function collect(collection: Collection): Promise<void> {
  const { outbox, clock, trouble } = collection;
  const begun = clock.now();
  for (const behind of await outbox.behind()) {
    if (clock.now() - begun > ROUND) return;
    const age = clock.now() - behind.since;
    // Where the clock was set back nobody knows how old it is.
    if (!behind.ended && age >= 0 && age < GATHERING) continue;
    try {
      await tellOf(behind, collection);
    } catch (error) {
      // One run that is damaged keeps nobody from being told of the others.
      trouble(error);
    }
  }
}

async function tellOf(behind: Behind, collection: Collection): Promise<void> {
  const { outbox, archive, clock, listening, option, trouble } = collection;
  const { run, schedule, runbook, seq: from, last } = behind;
  const put = (to: number, told: Put["told"]): Promise<boolean> =>
    outbox.put({ run, schedule, runbook, from, to, told }, clock.now());
  const listeners: Listener[] = [];
  for (const { name, on } of listening(schedule)) {
    listeners.push({ name, on, told: await outbox.told(name, schedule, runbook) });
  }
  if (listeners.length === 0) return void (await put(last, []));
  const entries = await archive.read(run).catch((error: unknown) => {
    trouble(error);
    return error instanceof FaultError ? error : Promise.reject(error);
  });
  if (!(entries instanceof FaultError)) {
    const to = entries.at(-1)?.seq ?? from;
    return void (await put(to, noticesOf(entries, from, listeners, option)));
  }
  // While it goes on each minute would have such a message.
  if (!behind.ended) return;
  const around = { reason: entries.message, now: clock.now(), option };
  const told = listeners.map(({ name }) => ({ name, notices: [unreadableNotice(behind, name, around)], places: [] }));
  await put(last, told);
}

/** Makes messages of schedules that cannot do their work, or do it again. `schedules` are those of which somebody wants to be told. */
export async function collectPlights(
  { outbox, clock, listening, trouble, ...around }: Omit<Collection, "archive">,
  schedules: readonly string[],
): Promise<void> {
  const wanted = schedules.flatMap((schedule) => listening(schedule).map(({ name, on }) => ({ name, on, schedule })));
  if (wanted.length === 0) return;
  const firings = new Map((await outbox.firings(schedules)).map((firing) => [firing.schedule, firing]));
  const known = await outbox.toldOf(wanted);
  for (const { name, on, schedule } of wanted) {
    const firing = firings.get(schedule);
    const before = known.find((one) => one.name === name && one.schedule === schedule)?.told ?? [];
    const plight =
      firing === undefined ? null : plightOf(firing, { name, on, told: before }, { ...around, now: clock.now() });
    if (plight === null) continue;
    // What keeps one from being told keeps nobody else.
    await outbox.putSchedule({ name, schedule, before, ...plight }, clock.now()).catch(trouble);
  }
}
