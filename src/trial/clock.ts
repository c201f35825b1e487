import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../run/ports.ts";

/** The clock of a case: nobody waits a second or more on a host made of data, where that time is over at once. */
export function caseClock(): Clock {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      if (ms < 1000) return await sleep(ms, undefined, signal === undefined ? {} : { signal });
      ahead += ms;
      await new Promise(setImmediate);
    },
  };
}
