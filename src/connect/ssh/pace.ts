import type { Duplex } from "node:stream";
import type { Host } from "../../model/inventory.ts";

/** Keeps logins from storming anybody: few are in the making at once at one place, and not too many in all. */
export type Pace = {
  /** A turn at all these places, once each has room; undefined: given up. Whoever waits longest comes first. */
  turn(places: readonly Place[], signal: AbortSignal | undefined): Promise<Turn | undefined>;
};

/** Where a login is felt until it is through: the host's own address, or a host that it goes through. */
export type Place = { readonly kind: "at" | "through"; readonly name: string };

/** Somebody's turn, until it ends; to end it twice does no harm. */
export type Turn = { readonly end: () => void };

/**
 * At one place: an sshd turns some away at random from the eleventh login on that has not proved who it is (`MaxStartups 10:30:100`), and
 * others log in, too. Through one: a jump host connects for each, and proves nothing. In all: more would only wait for our own processor, each
 * against its deadline.
 */
export const MOST = { at: 8, through: 32, all: 100 };

type Waiting = { readonly places: readonly Place[]; readonly begin: () => void };

/** A pace for all logins of one process. */
export function newPace(most: Readonly<typeof MOST> = MOST): Pace {
  const taken = new Map<string, number>();
  let all = 0;
  const waiting = new Set<Waiting>();

  const hasRoom = (places: readonly Place[]): boolean =>
    all < most.all && places.every((place) => (taken.get(keyOf(place)) ?? 0) < most[place.kind]);

  const take = (places: readonly Place[]): Turn => {
    let over = false;
    const move = (by: 1 | -1): void => {
      all += by;
      for (const place of places.map(keyOf)) {
        const left = (taken.get(place) ?? 0) + by;
        if (left === 0) taken.delete(place);
        else taken.set(place, left);
      }
    };
    move(1);
    return {
      end() {
        if (over) return;
        over = true;
        move(-1);
        next();
      },
    };
  };

  const next = (): void => {
    for (const one of waiting) {
      if (all >= most.all) return;
      if (hasRoom(one.places)) one.begin();
    }
  };

  return {
    turn(places, signal) {
      if (hasRoom(places)) return Promise.resolve(take(places));
      const { promise, resolve } = Promise.withResolvers<Turn | undefined>();
      const settle = (turn: Turn | undefined): void => {
        waiting.delete(one);
        signal?.removeEventListener("abort", giveUp);
        resolve(turn);
      };
      const giveUp = (): void => settle(undefined);
      const one: Waiting = { places, begin: () => settle(take(places)) };
      waiting.add(one);
      signal?.addEventListener("abort", giveUp, { once: true });
      if (signal?.aborted === true) giveUp();
      return promise;
    },
  };
}

function keyOf({ kind, name }: Place): string {
  return `${kind} ${name}`;
}

/** Where a login to a host is felt. */
export function placesOf({ address, ssh }: Pick<Host, "address" | "ssh">): readonly Place[] {
  const through = (ssh?.jumps ?? []).map((hop) => ({ kind: "through", name: hop.toLowerCase() }) as const);
  return [{ kind: "at", name: address.toLowerCase() }, ...through];
}

/**
 * ms until a host does not hold up others behind its address: one that cannot be reached, or says nothing, is counted by no sshd yet; one that let us in
 * and whose first shell is slow is counted no more.
 */
const PATIENCE = { reached: 1000, heard: 5000, shell: 1000 };

/** Ends a turn early where a jump host takes long to connect; calling the answer ends the wait. */
export function giveWayMeanwhile(turn: Turn): () => void {
  const timer = setTimeout(turn.end, PATIENCE.reached);
  return () => clearTimeout(timer);
}

/** Ends a turn before its login does, where nobody is there to be stormed. */
export function giveWay(socket: Duplex, turn: Turn, patience: Readonly<typeof PATIENCE> = PATIENCE): void {
  const reached = !("connecting" in socket && socket.connecting === true);
  let timer = setTimeout(turn.end, reached ? patience.heard : patience.reached);
  const settle = (): void => clearTimeout(timer);
  socket.once("connect", () => {
    settle();
    timer = setTimeout(turn.end, patience.heard);
  });
  socket.once("data", settle);
  socket.once("close", settle);
}

/** Ends the turn of somebody who is in as soon as that is known to sshd, too: it notices a little after it has said so. */
export function endSoon(turn: Turn): Disposable {
  const timer = setTimeout(turn.end, PATIENCE.shell);
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      turn.end();
    },
  };
}
