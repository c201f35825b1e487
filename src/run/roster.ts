/** Where each host of a run is: at work, waiting (perhaps for a moment in time), or finished. */
export type Roster = {
  /** Neither at work nor finished: it may be taken up. */
  free(host: string): boolean;
  work(host: string): void;
  /** `wake` is called after `ms`, unless the host is taken up before. */
  wait(host: string, wake?: { readonly ms: number; call(): void }): void;
  /** No longer at work; it may be taken up again. */
  rest(host: string): void;
  /** Nothing more happens on it, though its farewell is still work. */
  finish(host: string): void;
  waiting(): readonly string[];
  /** Nobody is at work; and nobody waits for a moment, unless `timers` says that this does not count. */
  quiet(timers: "count" | "ignore"): boolean;
  /** Forgets every moment that is waited for. */
  close(): void;
};

/** `setTimeout` fires at once beyond this. */
const LONGEST = 2 ** 31 - 1;

/** An empty roster. */
export function roster(): Roster {
  const active = new Set<string>();
  const idle = new Set<string>();
  const finished = new Set<string>();
  const timers = new Map<string, NodeJS.Timeout>();
  const leaveBed = (host: string): void => {
    idle.delete(host);
    clearTimeout(timers.get(host));
    timers.delete(host);
  };
  return {
    free: (host) => !active.has(host) && !finished.has(host),
    work(host) {
      leaveBed(host);
      active.add(host);
    },
    wait(host, wake) {
      leaveBed(host);
      idle.add(host);
      // One that is woken too early asks again, and waits on.
      if (wake !== undefined)
        timers.set(
          host,
          setTimeout(() => wake.call(), Math.min(Math.max(0, wake.ms), LONGEST)),
        );
    },
    rest: (host) => void active.delete(host),
    finish(host) {
      leaveBed(host);
      finished.add(host);
      active.add(host);
    },
    waiting: () => [...idle],
    quiet: (count) => active.size === 0 && (count === "ignore" || timers.size === 0),
    close() {
      for (const host of idle) clearTimeout(timers.get(host));
      timers.clear();
    },
  };
}
