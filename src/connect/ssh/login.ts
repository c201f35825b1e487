import type { Duplex } from "node:stream";
import type { Algorithms, Client, VerifyCallback } from "ssh2";
import type { Fault } from "../../model/fault.ts";
import { isFault } from "../../model/fault.ts";
import type { Host } from "../../model/inventory.ts";
import type { Wire } from "../../model/wire.ts";
import { keyExchanges, oldCiphers } from "./algorithms.ts";
import { authentication, type Credentials } from "./auth.ts";
import type { HostKeys } from "../hostkeys/hostkey.ts";
import { listenForOffer, type Offer } from "./offer.ts";
import { giveWay, giveWayMeanwhile, type Turn } from "./pace.ts";
import type { Target } from "./target.ts";
import type { NotIn } from "./tries.ts";
import { closedByHost, saying, type Stage, timedOut, unreachable } from "./unreachable.ts";
import type { Way } from "./way.ts";
import { listenForWire } from "./wire.ts";

/** A client that is in, or on its way; `wire` once both sides have agreed on it. */
export type LoggedIn = Client & { readonly wire: () => Wire | undefined };

/** One try to log in. */
export type LoginAnswer = LoggedIn | NotIn;

/** Letters of its banners that are kept. */
const MOST_SAID = 2000;

/** What keeps a login honest: a host that is silent for so many questions, so many seconds apart, is lost. */
const ALIVE = { interval: 5, count: 3 };

/** Seconds of silence after which a host is lost. */
export function patience({ ssh }: Target): number {
  return (ssh.aliveInterval || ALIVE.interval) * Math.max(2, ssh.aliveCount ?? ALIVE.count);
}

/** ssh2 allows one more silence than it is told. */
function keepAlive({ ssh }: Target): { readonly keepaliveInterval: number; readonly keepaliveCountMax: number } {
  const count = Math.max(2, ssh.aliveCount ?? ALIVE.count);
  return { keepaliveInterval: (ssh.aliveInterval || ALIVE.interval) * 1000, keepaliveCountMax: count - 1 };
}

/** Connects, checks the host key, and authenticates, all before `deadline` runs out. */
export async function logIn(
  way: Way,
  credentials: Omit<Credentials, "pause">,
  hostKeys: HostKeys,
  deadline: Deadline,
  turn: Turn,
  signal: AbortSignal | undefined,
): Promise<LoginAnswer> {
  const { default: ssh2 } = await import("ssh2");
  const { host } = credentials;
  const connected = giveWayMeanwhile(turn);
  const sock = await dialled(way, host, deadline, signal).finally(connected);
  if (isFault(sock)) return { fault: sock, again: false };
  giveWay(sock, turn);
  const offer = listenForOffer(sock);
  const client = endable(new ssh2.Client(), sock, offer);
  const { promise, resolve, reject } = Promise.withResolvers<LoginAnswer>();
  const auth = authentication({ ...credentials, pause: (work) => deadline.pause(work) }, reject);
  let refused: Fault | undefined;
  let met = false;
  let banner = "";
  const fail = (fault: Fault, again = false): void => resolve({ fault, again });

  client.on("ready", () => resolve(client));
  client.on("handshake", () => (met = true));
  client.on("error", (error: Error & { level?: string }) => {
    if (error.level === "agent") return;
    if (refused !== undefined) fail(refused);
    else if (error.level === "client-authentication" || /authentication/i.test(error.message))
      fail(saying(auth.fault(), banner));
    else fail(unreachable(error, host, offer()), !met && hangsUp(error));
  });
  client.on("close", () => fail(refused ?? (met ? saying(auth.fault(), banner) : closedByHost(host)), !met));
  client.on("banner", (text) => (banner = (banner + text).slice(-MOST_SAID)));
  client.on("change password", () => fail({ ...auth.fault(), message: `the password of ${host.user} has expired` }));
  const stage = (): Stage => {
    if (met || offer() !== undefined) return "undecided";
    return "connecting" in sock && sock.connecting === true ? "no-answer" : "silent";
  };
  const late = deadline.start(() => fail(timedOut(host, deadline.seconds, stage())));
  const abort = (): void => fail(interrupted(host));
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted === true) abort();

  client.connect({
    ...keepAlive(host),
    sock,
    username: host.user,
    ...(credentials.forwarded !== undefined && { agent: credentials.forwarded }),
    readyTimeout: 0,
    algorithms: algorithmsFor(host, hostKeys),
    hostVerifier: (key: Buffer, verify: VerifyCallback) => {
      refused = hostKeys.check(key);
      verify(refused === undefined);
    },
    authHandler: auth.handler,
  });

  let answer: LoginAnswer | undefined;
  try {
    answer = await promise;
    return answer;
  } finally {
    late.stop();
    signal?.removeEventListener("abort", abort);
    if (answer !== client) client.destroy();
  }
}

/** What is offered: today's and what the inventory allows besides, unless options of ssh want others. */
function algorithmsFor({ compat, wanted }: Target, hostKeys: HostKeys): Algorithms {
  return {
    kex: [...(wanted.kex ?? keyExchanges(compat))],
    serverHostKey: [...hostKeys.algorithms],
    cipher: wanted.cipher === undefined ? { append: oldCiphers(compat), prepend: [], remove: [] } : [...wanted.cipher],
    ...(wanted.mac !== undefined && { hmac: [...wanted.mac] }),
  };
}

/** That somebody did not want to wait for it. */
export function interrupted(host: Host): Fault {
  return { kind: "unreachable", message: "interrupted", where: host.name };
}

/** The stream that a login goes over. */
async function dialled(
  way: Way,
  host: Target,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Promise<Duplex | Fault> {
  if (signal?.aborted === true) return interrupted(host);
  const dialling = way.dial(Math.max(0, deadline.left()));
  const abort = Promise.withResolvers<null>();
  const give = (): void => abort.resolve(null);
  signal?.addEventListener("abort", give, { once: true });
  const sock = await Promise.race([dialling, abort.promise]);
  signal?.removeEventListener("abort", give);
  if (sock !== null) return sock ?? timedOut(host, deadline.seconds, "no-answer");
  void dialling.then((late) => (late === undefined || isFault(late) ? undefined : late.destroy()));
  return interrupted(host);
}

/** Its own `destroy` passes over a socket that it has half closed: a host that goes on sending would hold us for ever. */
function endable(client: Client, sock: Duplex, offer: () => Offer | undefined): LoggedIn {
  return Object.assign(client, {
    wire: listenForWire(client, sock, offer),
    destroy() {
      sock.destroy();
      return client;
    },
  });
}

function hangsUp(error: Error & { readonly code?: unknown }): boolean {
  return error.code === "ECONNRESET" || error.code === "EPIPE" || /before handshake|MaxStartups/.test(error.message);
}

/** Time for one host's login over all its tries; it stands still while a person is asked. */
export type Deadline = {
  readonly seconds: number;
  left(): number;
  start(late: () => void): { stop(): void };
  pause<T>(work: Promise<T>): Promise<T>;
};

/** A deadline of `ms`, from now. */
export function deadlineOf(ms: number): Deadline {
  let end = performance.now() + ms;
  let timer: NodeJS.Timeout | undefined;
  let onLate: (() => void) | undefined;
  const arm = (): void => {
    clearTimeout(timer);
    if (onLate !== undefined) timer = setTimeout(onLate, Math.max(0, end - performance.now()));
  };
  return {
    seconds: Math.round(ms / 1000),
    left: () => end - performance.now(),
    start(late) {
      onLate = late;
      arm();
      return {
        stop() {
          onLate = undefined;
          clearTimeout(timer);
        },
      };
    },
    async pause(work) {
      const since = performance.now();
      clearTimeout(timer);
      try {
        return await work;
      } finally {
        end += performance.now() - since;
        arm();
      }
    },
  };
}
