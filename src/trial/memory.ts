import type { Entry } from "../model/event.ts";
import type { Archive, Desk, Journal, Verifier } from "../run/ports.ts";

/** What is around a run, but its hosts. */
type Surroundings = {
  readonly journal: Journal;
  readonly archive: Pick<Archive, "read">;
  readonly desk: Desk;
  readonly verifier: Verifier;
  readonly watchers: readonly [];
  readonly approver: null;
  readonly live: () => void;
  readonly exitOf: () => number;
};

/** The surroundings of a run of which nothing is left but these entries: no record, nobody else, and nobody who watches or decides. */
export function unrecorded(entries: Entry[]): Surroundings {
  return {
    journal: {
      append: async (more) => {
        entries.push(...more);
      },
      [Symbol.asyncDispose]: async () => undefined,
    },
    archive: { read: async () => entries },
    desk: NO_DESK,
    verifier: { verify: async () => null },
    watchers: [],
    approver: null,
    live: () => undefined,
    exitOf: () => 0,
  };
}

/** A desk at which nobody else calls. */
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
