import PQueue from "p-queue";

/** Who may be at work: so many hosts at once. */
export type Turns = {
  /** Does it once the host has its place; settles as it does. */
  add(host: string, turn: () => Promise<void>): Promise<void>;
  /** Forgets those that have not begun. */
  clear(): void;
};

/** The places of a run that has them for itself. */
export function ownTurns(most: number): Turns {
  const queue = new PQueue({ concurrency: most });
  return { add: (_, turn) => queue.add(turn), clear: () => queue.clear() };
}

/** Places that several runs share: on a host they are at work one after the other, in one stay. Nobody is before `begin`. */
export function sharedTurns(most: number): Turns & { begin(): void } {
  const queue = new PQueue({ concurrency: most, autoStart: false });
  const lines = new Map<string, (() => Promise<void>)[]>();
  const stay = async (host: string): Promise<void> => {
    for (let next = lines.get(host)?.shift(); next !== undefined; next = lines.get(host)?.shift()) await next();
    lines.delete(host);
  };
  return {
    begin: () => void queue.start(),
    add(host, turn) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const one = (): Promise<void> => turn().then(resolve, reject);
      const line = lines.get(host);
      if (line === undefined) {
        lines.set(host, [one]);
        void queue.add(() => stay(host));
      } else line.push(one);
      return promise;
    },
    // Each of a run that fails ends as soon as it has its turn: another's are not for it to forget.
    clear: () => undefined,
  };
}
