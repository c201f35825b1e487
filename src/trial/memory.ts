import type { Entry } from "../model/event.ts";
import type { Desk, Journal } from "../run/ports.ts";

/** The record of a case: it is kept for as long as the case is played. */
export function journalIn(entries: Entry[]): Journal {
  return {
    append: async (more) => {
      entries.push(...more);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** The desk of a case, at which nobody else calls. */
export const NO_DESK: Desk = {
  lease: async (run) => ({ run, [Symbol.asyncDispose]: async () => undefined }),
  holder: async () => null,
  claim: async () => null,
  post: async () => ({ refused: "nobody reads it" }),
  posted: async () => [],
  answer: async () => undefined,
  answered: async () => undefined,
  orders: {
    of: async () => ({ freeze: null, stop: null }),
    freeze: async (by, reason) => ({ by, since: 0, reason }),
    unfreeze: async () => null,
    frozen: async () => null,
    heard: async () => false,
    stop: async () => undefined,
    stopped: async () => undefined,
  },
};
