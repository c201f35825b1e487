import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../../src/run/ports.ts";

/** A clock that goes by hand: whoever sleeps is woken at once, and it is later then. */
export type HandClock = Clock & {
  /** Does something at a time; what is overdue is done at the next sleep. */
  at(time: number, act: () => void | Promise<void>): void;
  /** Shows another time from now on, as a person sets a clock, or a machine that was suspended finds it. What is planned stays as far away as it was. */
  set(time: number): void;
};

type Plan = { readonly due: number; readonly act: () => void | Promise<void> };

/** A clock that stands at a time until somebody sleeps. Of several who sleep the first to be woken is woken first. */
export function handClock(start: number): HandClock {
  let passed = 0;
  let offset = start;
  let driving = false;
  const plans: Plan[] = [];
  const plan = (due: number, act: Plan["act"]): Plan => {
    const made = { due, act };
    plans.push(made);
    return made;
  };

  /** Time goes on while anybody sleeps, from one plan to the next; between them everybody does what they have to do. */
  const drive = async (): Promise<void> => {
    if (driving) return;
    driving = true;
    for (;;) {
      for (let turns = 0; turns < 8; turns += 1) await turn();
      const next = plans.toSorted((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      plans.splice(plans.indexOf(next), 1);
      passed = Math.max(passed, next.due);
      await next.act();
    }
    driving = false;
  };

  return {
    now: () => passed + offset,
    set: (time) => {
      offset = time - passed;
    },
    at: (time, act) => void plan(time - offset, act),
    sleep: (ms, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      if (signal?.aborted === true) reject(signal.reason);
      const made = plan(passed + ms, resolve);
      signal?.addEventListener("abort", () => {
        const at = plans.indexOf(made);
        if (at >= 0) plans.splice(at, 1);
        reject(signal.reason);
      });
      void drive();
      return promise;
    },
  };
}
