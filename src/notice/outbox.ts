import type { Firing } from "../schedule/trouble.ts";
import type { ToldLine } from "./news.ts";
import type { Notice } from "./notice.ts";
import type { ToldPlace } from "./notices.ts";

/** A run of a schedule that has more on record than anybody was told of. */
export type Behind = {
  readonly run: string;
  readonly schedule: string;
  readonly runbook: string;
  /** The last entry that has been told of; 0: none. */
  readonly seq: number;
  /** The last that there is. */
  readonly last: number;
  /** When the first that has not was recorded, ms since the epoch. */
  readonly since: number;
  readonly ended: boolean;
};

/** What becomes durable together: messages, what has been told with them, and how far a run has been told of. */
export type Put = Pick<Behind, "run" | "schedule" | "runbook"> & {
  readonly from: number;
  readonly to: number;
  readonly told: readonly {
    readonly name: string;
    readonly notices: readonly Notice[];
    readonly places: readonly ToldPlace[];
  }[];
};

/** What a notification was told of a schedule itself, and has not been told otherwise since. */
export type ToldSchedule = { readonly name: string; readonly schedule: string; readonly told: readonly ToldLine[] };

/** What becomes durable together of a schedule: a message, and what has been told from then on. */
export type PutSchedule = ToldSchedule & { readonly before: readonly ToldLine[]; readonly notice: Notice | null };

/** `due`: it is to be delivered; `sent`; `refused`: the receiver does not take it; `expired`: nobody could be reached for days; `summed`: told in a summary. */
export type MessageState = "due" | "sent" | "refused" | "expired" | "summed";

/** What waits for a person has a queue of its own, and is never behind what is only told. */
export type Queue = "requests" | "news";

/** A message on its way. Times are ms since the epoch. */
export type Message = {
  readonly notice: Notice;
  readonly state: MessageState;
  readonly at: number;
  readonly attempts: number;
  /** Null: never. */
  readonly firstTried: number | null;
  readonly ended: number | null;
  /** Why the last attempt failed, or what is to be said of a message that was sent. */
  readonly why: string;
};

/** How a receiver did: attempts that failed in a row, and until when it is left alone. */
export type ReceiverState = { readonly failures: number; readonly notBefore: number };

/** Messages that are kept until they are delivered, in the record. Everything in it rejects with a journal fault. */
export interface Outbox {
  /** Oldest first. */
  behind(): Promise<readonly Behind[]>;
  /** What a notification has been told of a runbook of a schedule. */
  told(name: string, schedule: string, runbook: string): Promise<readonly ToldPlace[]>;
  /** False: somebody else has told of these entries meanwhile, and nothing was put. */
  put(put: Put, at: number): Promise<boolean>;
  /** How some schedules fired of late. */
  firings(schedules: readonly string[]): Promise<readonly Firing[]>;
  /** What notifications were told of schedules themselves. */
  toldOf(wanted: readonly Pick<ToldSchedule, "name" | "schedule">[]): Promise<readonly ToldSchedule[]>;
  /** False: somebody else has told of it meanwhile, and nothing was put. */
  putSchedule(put: PutSchedule, at: number): Promise<boolean>;
  /** What is due for a notification in a queue: tried least often first, then oldest. */
  due(name: string, queue: Queue, most: number): Promise<readonly Message[]>;
  /** How many are due for a notification, and how many of those that are kept it refused, or could not be given. */
  amounts(name: string): Promise<{ readonly due: number; readonly lost: number }>;
  /** How many of a queue a notification got after a time and up to another. */
  sentBetween(name: string, queue: Queue, from: number, to: number): Promise<number>;
  receiver(name: string): Promise<ReceiverState>;
  /** Notes that an attempt begins: what cannot be noted is not sent, or it would be sent for ever. */
  begin(id: string, at: number): Promise<void>;
  /** Notes how an attempt ended; `receiver`: how the receiver did with it. */
  tried(
    id: string,
    outcome: { readonly state: MessageState; readonly why: string; readonly at: number },
    receiver: ReceiverState,
  ): Promise<void>;
  /** Puts a summary in the place of messages that are due. */
  sum(ids: readonly string[], notice: Notice, at: number): Promise<void>;
  /** The newest first: those that have not arrived, or all. */
  list(wanted: { readonly all: boolean; readonly most: number }): Promise<readonly Message[]>;
  /** Makes messages that were refused or have expired due again, and leaves no receiver alone any longer; those whose id begins with a text. How many. */
  retry(beginning: string): Promise<number>;
  /** Gives up what was made before a time and is for none of these notifications: nobody delivers it. */
  giveUp(of: { readonly names: readonly string[]; readonly before: number }, at: number): Promise<void>;
  /** Takes out what was delivered before a time, and what was refused or given up before another. */
  prune(before: { readonly delivered: number; readonly lost: number }): Promise<void>;
}
