import type { Duplex } from "node:stream";
import type { Client } from "ssh2";
import type { Fault } from "../../model/fault.ts";
import { isFault } from "../../model/fault.ts";
import type { SshSettings } from "../../model/ssh.ts";
import type { Target } from "./target.ts";
import { unreachable } from "./unreachable.ts";
import type { Way } from "./way.ts";
import { within } from "../within.ts";

/** The way to a host: who is in between, nearest first, what is said of the last of them, and the ways that need this one. */
export type Route = {
  readonly hops: readonly string[];
  readonly settings: SshSettings;
  readonly trail: readonly string[];
};

/** A login to a jump host. */
export type JumpLogin = { readonly client: Client; readonly way: Way };

/** The logins to jump hosts of one run. Hosts behind the same one share a login. */
export type Jumps = {
  /** The way to a host, once the last jump host before it is logged in to. */
  through(route: Route, to: Target, signal: AbortSignal | undefined): Promise<Way | Fault>;
};

type Entry = {
  readonly login: Promise<JumpLogin | Fault>;
  readonly giveUp: AbortController;
  users: number;
  /** Set once it cannot be used any more, with ms of `performance.now` until which a failure holds. */
  over?: number;
  /** Why a login that was there has gone. */
  lost?: string;
  idle?: NodeJS.Timeout;
  open?: JumpLogin;
};

/** Hosts that share a login: some servers grant no more channels. */
const MOST = 100;
/** ms that a login which nobody needs is kept for the next host. */
const LINGER = 500;
/** ms that it has to say goodbye. */
const GOODBYE = 1000;
/** ms for which a jump host that was not reached is not tried again: all who wait for it are told the same. */
const HOLDS = 15_000;

/** No logins yet; `logIn` makes one. */
export function jumpPool(logIn: (route: Route, signal: AbortSignal) => Promise<JumpLogin | Fault>): Jumps {
  const pools = new Map<string, Set<Entry>>();

  function entryFor(route: Route): Entry {
    const key = keyOf(route);
    const pool = pools.get(key) ?? new Set();
    pools.set(key, pool);
    for (const entry of pool) if (entry.over !== undefined && entry.over < performance.now()) pool.delete(entry);
    const free = [...pool].find((entry) => entry.over !== undefined || entry.users < MOST);
    const entry = free ?? begun(route);
    pool.add(entry);
    return entry;
  }

  function begun(route: Route): Entry {
    const giveUp = new AbortController();
    const entry: Entry = { login: logIn(route, giveUp.signal), giveUp, users: 0 };
    watch(entry).catch(() => (entry.over = 0));
    return entry;
  }

  return {
    async through(route, to, signal) {
      // A login that waits for itself would wait for ever.
      if (route.trail.includes(keyOf(route))) return inCircles(route, to);
      const entry = entryFor(route);
      const release = taken(entry);
      const answer = await unlessAborted(entry.login, signal);
      if (answer !== null && !isFault(answer)) return wayOver(entry, answer, route.hops.at(-1) ?? "", to, release);
      release();
      return answer === null ? interrupted(to) : { ...answer, where: to.name };
    },
  };
}

/** Notes what becomes of a login. A failure holds for a while: who is locked out is not tried again and again. */
async function watch(entry: Entry): Promise<void> {
  const answer = await entry.login;
  if (isFault(answer)) {
    const forGood = answer.kind === "auth" || answer.kind === "host-key";
    entry.over ??= forGood ? Infinity : performance.now() + HOLDS;
    return;
  }
  entry.open = answer;
  answer.client.on("error", (error) => (entry.lost ??= error.message));
  answer.client.once("close", () => {
    entry.lost ??= answer.way.lost() ?? "closed by the host";
    entry.over = 0;
  });
  if (entry.users === 0) rest(entry);
}

/** The same for all routes that can share a login. */
export function keyOf({ hops, settings }: Pick<Route, "hops" | "settings">): string {
  return JSON.stringify([hops, settings]);
}

function inCircles({ hops }: Route, to: Target): Fault {
  const message = `the way goes round in circles: jump host ${hops.at(-1)} is needed to reach it`;
  return { kind: "unreachable", message, where: to.name, hint: "Look at ProxyJump in ssh's configuration." };
}

/** Counts a user in; calling the answer, once or more often, counts them out. */
function taken(entry: Entry): () => void {
  clearTimeout(entry.idle);
  entry.users += 1;
  let released = false;
  return () => {
    if (released) return;
    released = true;
    entry.users -= 1;
    if (entry.users === 0) rest(entry);
  };
}

/** Nobody uses it now: it waits a little for the next host. */
function rest(entry: Entry): void {
  const { open } = entry;
  if (open === undefined) {
    entry.over ??= 0;
    return entry.giveUp.abort();
  }
  entry.idle = setTimeout(() => {
    entry.over = 0;
    open.client.end();
    const late = setTimeout(() => open.client.destroy(), GOODBYE);
    open.client.once("close", () => clearTimeout(late));
  }, LINGER);
}

function wayOver(entry: Entry, { client }: JumpLogin, name: string, to: Target, release: () => void): Way {
  const lost = (): string | undefined =>
    entry.lost === undefined || entry.lost.startsWith("jump host ")
      ? entry.lost
      : `jump host ${name} is gone: ${entry.lost}`;
  return {
    lost,
    release,
    async dial(ms) {
      const gone = lost();
      if (gone !== undefined) return { kind: "unreachable", message: gone, where: to.name };
      const opening = forwarded(client, to);
      const stream = await within(ms, opening);
      if (stream === undefined) void opening.then((late) => (late instanceof Error ? undefined : late.destroy()));
      return stream instanceof Error ? behind(stream, name, to) : stream;
    },
  };
}

function forwarded(client: Client, { address, port }: Target): Promise<Duplex | Error> {
  return new Promise((resolve) => {
    try {
      client.forwardOut("127.0.0.1", 0, address, port, (error, stream) => {
        // A channel stays half open where a socket would close: nobody would hear that the host has gone.
        stream?.once("end", () => stream.destroy());
        resolve(error ?? stream);
      });
    } catch (error) {
      resolve(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

/** Why a jump host opens no connection to a host, in the words for hosts that are reached straight. */
function behind(error: Error & { readonly reason?: unknown }, name: string, to: Target): Fault {
  const said = error.message.replace(/^\(SSH\) Channel open failure: /, "");
  if (error.reason === 1) {
    return {
      kind: "unreachable",
      message: `the jump host ${name} may not connect to ${to.address} port ${to.port}: ${said}`,
      where: to.name,
      hint: "Look at AllowTcpForwarding and PermitOpen in its sshd_config.",
    };
  }
  const [, code] = CODES.find(([words]) => words.test(said)) ?? [];
  const fault = unreachable(Object.assign(new Error(said), { code }), to);
  return { ...fault, message: `${fault.message} (through ${name})` };
}

/** What sshd says of a connection that it could not make, and the code that this machine would have for it. */
const CODES: readonly (readonly [RegExp, string])[] = [
  [/refused/i, "ECONNREFUSED"],
  [/timed out/i, "ETIMEDOUT"],
  [/no route|unreachable/i, "EHOSTUNREACH"],
  [/unknown host|not known|nodename|no address/i, "ENOTFOUND"],
];

/** What comes of it, or null as soon as the signal says that nobody waits for it any more. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T | null> {
  if (signal?.aborted === true) return null;
  const { promise, resolve } = Promise.withResolvers<null>();
  const give = (): void => resolve(null);
  signal?.addEventListener("abort", give, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal?.removeEventListener("abort", give);
  }
}

function interrupted(to: Target): Fault {
  return { kind: "unreachable", message: "interrupted", where: to.name };
}
