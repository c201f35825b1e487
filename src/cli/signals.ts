import { onceReadersGo, type Io } from "./io.ts";

/** What Ctrl-C and its kin have asked for so far. */
export type Signals = Disposable & {
  readonly interrupted: boolean;
  /** Stops the run, from a key or from a signal. */
  stop(reason: string): void;
  /** Tells where a stop goes, once the run is there; an earlier one is passed on. */
  attach(stop: (reason: string) => void): void;
};

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** ms in which one signal may arrive twice: a terminal sends Ctrl-C to us, and whoever started us passes it on. */
export const ECHO = 100;

/** What is said to the first signal, and to the second. */
export type SignalWords = { readonly first: string; readonly second: string };

const OF_RUNS: SignalWords = {
  first: "No new fix starts; what runs is finished and verified.",
  second: "Leaving now: a fix that still runs is left running, and is in doubt.",
};

/** The first signal starts no new fix and lets what runs end; the second leaves at once. A reader that has gone away is a first one, told to nobody. */
export function listenToSignals(leaving: AbortController, io: Io, words: SignalWords = OF_RUNS): Signals {
  let first: number | null = null;
  let pending: string | null = null;
  let target: ((reason: string) => void) | null = null;

  const stop = (reason: string): void => {
    if (target === null) pending = reason;
    else target(reason);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (first === null) {
      first = now;
      io.err(`${words.first} Once more leaves at once.\n`);
      stop(signal === "SIGINT" ? "Ctrl-C" : signal);
    } else if (now - first > ECHO && !leaving.signal.aborted) {
      io.err(`${words.second}\n`);
      leaving.abort();
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const readers = onceReadersGo(() => {
    first ??= performance.now();
    stop("the end of its reader");
  });
  return {
    get interrupted() {
      return first !== null;
    },
    stop: (reason) => {
      if (reason === "Ctrl-C") first ??= performance.now();
      stop(reason);
    },
    attach: (to) => {
      target = to;
      if (pending !== null) to(pending);
    },
    [Symbol.dispose]: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
      readers[Symbol.dispose]();
    },
  };
}
