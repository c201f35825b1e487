import type { Clock, Ended } from "./ports.ts";

/** A look at a step that was sent along with the question whether the step concerns the host. */
export type Ahead = {
  readonly ended: Promise<Ended>;
  /** Number of the last entry on record when both were sent. */
  readonly after: number;
};

/** The looks that are under way on hosts, or have just ended, before the engine has asked for them; at most one a host. */
export type LooksAhead = {
  put(host: string, step: string, look: Ahead): void;
  /** The look at a step, once, and while it is fresh. */
  take(host: string, step: string): Ahead | undefined;
  /** Something else is done on the host: a look from before it says nothing any more. */
  drop(host: string): void;
};

/** ms that such a look may have been over when it is asked for. It mostly is at once; else something has come in between. */
const FRESH = 1000;

/** Of one run. */
export function looksAhead(clock: Pick<Clock, "now">): LooksAhead {
  const looks = new Map<string, Ahead & { readonly step: string; over: number | null }>();
  return {
    put(host, step, look) {
      const own = { ...look, step, over: null as number | null };
      looks.set(host, own);
      void look.ended.then(() => (own.over = clock.now()));
    },
    take(host, step) {
      const look = looks.get(host);
      looks.delete(host);
      if (look === undefined || look.step !== step) return undefined;
      return look.over === null || clock.now() - look.over <= FRESH ? look : undefined;
    },
    drop: (host) => void looks.delete(host),
  };
}
