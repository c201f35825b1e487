import type { Notification } from "../model/notification.ts";
import type { Message, MessageState, Outbox, Queue, ReceiverState } from "../notice/outbox.ts";
import { summaryOf } from "../notice/summary.ts";
import type { Clock } from "../run/ports.ts";
import type { Send, Sent } from "./send.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** ms that a receiver is left alone after its first failure; doubled with each further one. */
const FIRST_PAUSE = MINUTE / 2;
const LONGEST_PAUSE = 2 * HOUR;
/** However long a receiver wants to be left alone. */
const LONGEST_WISH = 6 * HOUR;
/** After this time of attempts a message is kept, and not tried any more. */
const GIVE_UP = 72 * HOUR;
/** Messages that one summary stands for. */
const MOST_SUMMED = 500;

/** A word for the log about a message. `why` empty: nothing is to be said. */
export type Word = {
  readonly notification: string;
  readonly id: string;
  readonly title: string;
  readonly state: MessageState;
  readonly why: string;
};

/** What delivering needs. */
export type Delivery = {
  readonly clock: Clock;
  readonly outbox: Outbox;
  /** The option that names the record in the commands of messages; empty: none is needed. */
  readonly option: string;
  readonly send: Send;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly tell: (word: Word) => void;
};

/** Delivers what is due for one notification, until nothing is, its hours are full, or its receiver fails. */
export async function deliver(notification: Notification, delivery: Delivery, signal: AbortSignal): Promise<void> {
  const { outbox, clock } = delivery;
  const { name } = notification;
  while (!signal.aborted) {
    const now = clock.now();
    const receiver = await outbox.receiver(name);
    if (isLeftAlone(receiver, now)) return;
    const [message, ...others] = await nextFor(notification, receiver, outbox, now);
    if (message === undefined) return;
    if (others.length > 0) {
      const all = [message, ...others].toSorted((a, b) => a.at - b.at).map(({ notice }) => notice);
      await outbox.sum(
        all.map(({ id }) => id),
        summaryOf(name, all, now, delivery.option),
        now,
      );
      continue;
    }
    await outbox.begin(message.notice.id, now);
    const sent = await delivery.send(notification, message.notice, signal);
    // What was broken off by our own end says nothing of the receiver.
    if (signal.aborted && sent.kind === "later") return;
    await note(message, sent, receiver, delivery);
    if (sent.kind === "later") return;
  }
}

/** The message that is sent now; or all that the last place of its queue's hour is for. */
async function nextFor(
  { name, limit }: Notification,
  receiver: ReceiverState,
  outbox: Outbox,
  now: number,
): Promise<readonly Message[]> {
  for (const queue of queuesAfter(receiver)) {
    const room = limit - (await outbox.sentBetween(name, queue, now - HOUR, now));
    const messages = room <= 0 ? [] : await outbox.due(name, queue, room === 1 ? MOST_SUMMED : 1);
    if (messages.length > 0) return messages;
  }
  return [];
}

/** Requests come first; but after a failure it is the others' turn, so that a request that cannot be taken does not hold up all news. */
function queuesAfter({ failures }: ReceiverState): readonly Queue[] {
  return failures % 2 === 0 ? ["requests", "news"] : ["news", "requests"];
}

/** Not for longer than anything is: a clock that was set back would make it wait for days. */
function isLeftAlone({ notBefore }: ReceiverState, now: number): boolean {
  return notBefore > now && notBefore - now <= LONGEST_WISH;
}

async function note(message: Message, sent: Sent, receiver: ReceiverState, { clock, outbox, random, tell }: Delivery) {
  const at = clock.now();
  const { id, title, notification } = message.notice;
  const state = stateAfter(message, sent, at);
  await outbox.tried(id, { state, why: sent.why, at }, receiverAfter(sent, receiver, at, random()));
  tell({ notification, id, title, state, why: sent.why });
}

function stateAfter({ firstTried }: Message, sent: Sent, now: number): MessageState {
  if (sent.kind !== "later") return sent.kind;
  return firstTried !== null && now - firstTried >= GIVE_UP ? "expired" : "due";
}

function receiverAfter(sent: Sent, { failures }: ReceiverState, now: number, random: number): ReceiverState {
  if (sent.kind !== "later") return { failures: 0, notBefore: 0 };
  const pause = pauseAfter(failures + 1, random);
  const wish = Math.min(sent.after ?? 0, LONGEST_WISH);
  return { failures: failures + 1, notBefore: now + Math.max(pause, wish) };
}

/** ms that a receiver is left alone after so many failures in a row: longer each time, and by chance up to a quarter more or less. */
export function pauseAfter(failures: number, random: number): number {
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures - 1, 20));
  return Math.round(pause * (0.75 + random / 2));
}
