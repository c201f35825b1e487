import PQueue from "p-queue";
import type { Clock } from "./ports.ts";

/** Who may be at work: so many hosts at once. */
export type Turns = {
  /** Does it once the host has its place; settles as it does. */
  add<T>(host: string, turn: (place: Place) => Promise<T>): Promise<T>;
  /** Forgets those that have no place yet. */
  clear(): void;
};

/** A host's place among those at work. */
export type Place = {
  /** Settles once the host has its place, which it does unless it gave it up. */
  take(): Promise<void>;
  /** Waits for an answer from afar. Where that takes long, it gives the place up to another host. */
  waitFor<T>(answer: Promise<T>): Promise<T>;
};

/** ms after which a host that is waited for takes nobody's place. */
const PATIENCE = 1_000;
/** So many for each place may be waited for without one: each of them has a socket open. */
export const ASIDE = 4;
/** Who has had a place has one before those that have not. */
const AGAIN = 1;

/** The places of a run that has them for itself. */
export function ownTurns(most: number, clock: Clock): Turns {
  const places = newPlaces(new PQueue({ concurrency: most }), clock);
  return { add: (_, turn) => places.stay(turn), clear: () => places.clear() };
}

/** Places that several runs share: on a host they are at work one after the other, in one stay. Nobody is before `begin`. */
export function sharedTurns(most: number, clock: Clock): Turns & { begin(): void } {
  const queue = new PQueue({ concurrency: most, autoStart: false });
  const places = newPlaces(queue, clock);
  const lines = new Map<string, ((place: Place) => Promise<void>)[]>();
  const all = async (host: string, place: Place): Promise<void> => {
    for (let next = lines.get(host)?.shift(); next !== undefined; next = lines.get(host)?.shift()) await next(place);
    lines.delete(host);
  };
  return {
    begin: () => void queue.start(),
    add<T>(host: string, turn: (place: Place) => Promise<T>) {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const one = (place: Place): Promise<void> => turn(place).then(resolve, reject);
      const line = lines.get(host);
      if (line === undefined) {
        lines.set(host, [one]);
        void places.stay((place) => all(host, place));
      } else line.push(one);
      return promise;
    },
    // Each of a run that fails ends as soon as it has its turn: another's are not for it to forget.
    clear: () => undefined,
  };
}

type Places = { stay<T>(turn: (place: Place) => Promise<T>): Promise<T>; clear(): void };

function newPlaces(queue: PQueue, clock: Clock): Places {
  let aside = 0;

  /** Settles with what gives the place up, once there is one. */
  const enter = (priority: number): Promise<() => void> =>
    new Promise((entered) => {
      void queue.add(() => new Promise<void>((leave) => entered(leave)), { priority });
    });

  return {
    clear: () => queue.clear(),
    async stay(turn) {
      let leave: (() => void) | null = await enter(0);
      const place: Place = {
        async take() {
          leave ??= await enter(AGAIN);
        },
        async waitFor<T>(answer: Promise<T>) {
          const answered = new AbortController();
          let without = false;
          const goAside = (): void => {
            if (answered.signal.aborted || leave === null || aside >= ASIDE * queue.concurrency) return;
            without = true;
            aside += 1;
            leave();
            leave = null;
          };
          clock.sleep(PATIENCE, answered.signal).then(goAside, () => undefined);
          try {
            return await answer;
          } finally {
            answered.abort();
            if (without) aside -= 1;
          }
        },
      };
      try {
        return await turn(place);
      } finally {
        leave?.();
      }
    },
  };
}
