import type { SqliteRecord } from "../journal/sqlite.ts";
import { readOrigin } from "../load/origin.ts";
import type { OpenedSchedules } from "../load/schedules.ts";
import type { Word } from "../notify/deliver.ts";
import type { Listening, Notifier } from "../notify/notifier.ts";
import type { Send } from "../notify/send.ts";
import { sender } from "../notify/sender.ts";
import { systemClock } from "../run/clock.ts";

/** What names the record and the file of schedules in a command, where files and programs of notifications begin, and who hears of their messages. */
type Around = {
  readonly option: string;
  readonly schedulesOption: string;
  readonly directory: string;
  readonly word: (word: Word) => void;
  readonly problem: (words: string) => void;
};

/** What tells people of the runs of a record, by the real ways. */
export function notifierOf(
  record: SqliteRecord,
  current: () => Listening | null,
  { option, schedulesOption, directory, word, problem }: Around,
): Notifier {
  return {
    clock: systemClock,
    outbox: record.outbox,
    archive: record,
    option,
    schedulesOption,
    current,
    send: realSender(directory),
    random: Math.random,
    tell: word,
    problem,
  };
}

/** Delivers for real, with secrets from this environment and from what begins in a directory. */
export function realSender(directory: string): Send {
  const { env } = process;
  return sender({ clock: systemClock, directory, reveal: (origin) => readOrigin(origin, { env, directory }) });
}

/** Who is told, by a file of schedules; null before it could be read. */
export function listeningOf(opened: OpenedSchedules | null): Listening | null {
  if (opened?.schedules === undefined) return null;
  return { schedules: opened.schedules, notifications: opened.notifications ?? [] };
}
