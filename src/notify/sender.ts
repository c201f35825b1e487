import type { Receiver } from "../model/notification.ts";
import type { Notice } from "../notice/notice.ts";
import { clean } from "../view/clean.ts";
import { sendCommand } from "./command.ts";
import { PATIENCE, type Send, type Sent, type Surroundings } from "./send.ts";
import { sendWebhook } from "./webhook.ts";

/** Sends each message in the way of its receiver. None takes longer than that way's patience, and none is waited for once the signal fires. */
export function sender(surroundings: Surroundings): Send {
  const { patience = PATIENCE } = surroundings;
  const ways = waysOf(surroundings);
  return async ({ to }, notice, signal) => {
    const most = patience[to.kind];
    const over = AbortSignal.any([signal, AbortSignal.timeout(most)]);
    try {
      return await Promise.race([ways(to, notice, over), brokenOff(over, most)]);
    } catch (error) {
      // A message that cannot be made ready is one that fails: it holds up no other.
      return { kind: "later", why: clean(`it could not be tried: ${String(error)}`, { max: 300 }) };
    }
  };
}

type Way = (to: Receiver, notice: Notice, signal: AbortSignal) => Promise<Sent>;

function waysOf(surroundings: Surroundings): Way {
  const deferred = new Map<string, readonly string[]>();
  return async (to, notice, signal) => {
    switch (to.kind) {
      case "webhook":
        return sendWebhook(to, notice, surroundings, signal);
      case "command":
        return sendCommand(to, notice, surroundings, signal);
      case "mail": {
        // Only who sends mail waits for its library.
        const { sendMail } = await import("./mail.ts");
        return sendMail(to, notice, { ...surroundings, deferred }, signal);
      }
    }
  };
}

function brokenOff(signal: AbortSignal, most: number): Promise<Sent> {
  const { promise, resolve } = Promise.withResolvers<Sent>();
  const end = (): void => resolve({ kind: "later", why: `no end within ${most / 1000} s` });
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  return promise;
}
