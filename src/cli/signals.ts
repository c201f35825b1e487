import type { Io } from "./io.ts";

/** What Ctrl-C and its kin have asked for so far. */
export type Signals = Disposable & {
  readonly interrupted: boolean;
  /** Stops the run, from a key or from a signal. */
  stop(reason: string): void;
  /** Tells where a stop goes, once the run is there; an earlier one is passed on. */
  attach(stop: (reason: string) => void): void;
};

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The first signal starts no new fix and lets what runs end; the second leaves at once. */
export function listenToSignals(leaving: AbortController, io: Io): Signals {
  let interrupted = false;
  let pending: string | null = null;
  let target: ((reason: string) => void) | null = null;

  const stop = (reason: string): void => {
    if (target === null) pending = reason;
    else target(reason);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (interrupted) {
      io.err("Leaving now: a fix that still runs is left running, and is in doubt.\n");
      leaving.abort();
      return;
    }
    interrupted = true;
    io.err("No new fix starts; what runs is finished and verified. Once more leaves at once.\n");
    stop(signal === "SIGINT" ? "Ctrl-C" : signal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    get interrupted() {
      return interrupted;
    },
    stop: (reason) => {
      if (reason === "Ctrl-C") interrupted = true;
      stop(reason);
    },
    attach: (to) => {
      target = to;
      if (pending !== null) to(pending);
    },
    [Symbol.dispose]: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
