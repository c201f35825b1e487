import type { Entry } from "../../src/model/event.ts";
import type { Notification } from "../../src/model/notification.ts";
import { deliver } from "../../src/notify/deliver.ts";
import { gather, type Notifier } from "../../src/notify/notifier.ts";
import { PATIENCE, type Patience } from "../../src/notify/send.ts";
import { sender } from "../../src/notify/sender.ts";
import type { SqliteRecord } from "../../src/journal/sqlite.ts";
import type { Word } from "../../src/notify/deliver.ts";
import { readOrigin } from "../../src/load/origin.ts";
import { examineSchedules } from "../../src/schedule/compile.ts";
import { DAWN } from "./story.ts";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** Notifications as a file with these says it. */
export function notificationsOf(...written: readonly object[]): readonly Notification[] {
  // JSON is YAML.
  const schedule = { name: "nightly", runbook: "x", inventory: "x,", cron: "@daily" };
  const text = JSON.stringify({ schedules: [schedule], notifications: written });
  const { notifications, faults } = examineSchedules(text, "s.yml", DAWN);
  if (notifications === undefined || faults.length > 0) throw new Error(JSON.stringify(faults));
  return notifications;
}

/** Who tells of the schedule `nightly`, with a hand clock and the real senders. Chance is always in the middle. */
export function notifying(
  record: SqliteRecord,
  notifications: readonly Notification[],
  {
    env = {},
    directory = "/",
    patience = PATIENCE,
  }: { readonly env?: NodeJS.ProcessEnv; readonly directory?: string; readonly patience?: Patience } = {},
) {
  let now = DAWN;
  const words: Word[] = [];
  const clock = { now: () => now, sleep: () => Promise.resolve() };
  const schedules = [{ name: "nightly", notify: notifications.map(({ name }) => name) }];
  const notifier: Notifier = {
    clock,
    outbox: record.outbox,
    archive: record,
    option: "",
    schedulesOption: "",
    current: () => ({ schedules, notifications }),
    send: sender({ clock, directory, reveal: (origin) => readOrigin(origin, { env, directory }), patience }),
    random: () => 0.5,
    tell: (word) => void words.push(word),
    problem: (problem) => {
      throw new Error(problem);
    },
  };
  return {
    notifier,
    words,
    /** One round, some ms after the one before. */
    after: async (ms: number): Promise<void> => {
      now += ms;
      await tellOnce(notifier);
    },
  };
}

/** One round to its end: messages are made, and everybody's are delivered as far as that goes now. */
export async function tellOnce(notifier: Notifier, signal = new AbortController().signal): Promise<void> {
  await gather(notifier, (error) => {
    throw error;
  });
  await Promise.all((notifier.current()?.notifications ?? []).map((one) => deliver(one, notifier, signal)));
}

/** Writes a run as its process would. */
export async function write(record: SqliteRecord, entries: readonly Entry[]): Promise<void> {
  // The first has a commit of its own: the others refer to its run.
  await record.append(entries.slice(0, 1));
  await record.append(entries.slice(1));
}
