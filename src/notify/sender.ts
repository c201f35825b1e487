import { sendCommand } from "./command.ts";
import type { Send, Surroundings } from "./send.ts";
import { sendWebhook } from "./webhook.ts";

/** Sends each message in the way of its receiver. */
export function sender(surroundings: Surroundings): Send {
  return async ({ to }, notice, signal) => {
    switch (to.kind) {
      case "webhook":
        return sendWebhook(to, notice, surroundings, signal);
      case "command":
        return sendCommand(to, notice, surroundings, signal);
      case "mail": {
        // Only who sends mail waits for its library.
        const { sendMail } = await import("./mail.ts");
        return sendMail(to, notice, surroundings, signal);
      }
    }
  };
}
