import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client, ClientChannel } from "ssh2";
import type { Fault } from "../model/fault.ts";
import { isFault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { Connection, Connector } from "../run/ports.ts";
import { type HostKeyReader, hostKeyReader } from "./hostkey.ts";
import { type Ask, type KeyRing, keyRing } from "./keys.ts";
import { deadlineOf, interrupted, type LoginAnswer, logIn } from "./login.ts";
import { endSoon, newPace, type Pace, placesOf } from "./pace.ts";
import type { OpenPipe, Pipe, PipeEnd } from "./pipe.ts";
import { connectionOver } from "./connection.ts";
import { windowsConnection } from "./windows.ts";
import { within } from "./within.ts";

/** What all SSH logins of one run share. */
export type SshOptions = {
  readonly home: string;
  readonly agentSocket?: string;
  /** Who to log in as where the inventory does not say. */
  readonly user: string;
  readonly acceptNewHostKeys: boolean;
  /** For TCP, key exchange and authentication together; default 10 s. */
  readonly connectTimeoutMs?: number;
  readonly ask?: Ask;
};

/** ms: the longest pause before a host that hung up is tried a second time; it doubles up to a limit. Less time than `last` is too short for a login. */
const PAUSE = { first: 400, limit: 1600, last: 250 };

/** Connects over SSH, with one login a host. */
export function sshConnector(options: SshOptions): Connector {
  const shared = {
    options,
    keys: keyRing(options.home, options.ask),
    hostKeys: hostKeyReader(options.home, options.acceptNewHostKeys ? "accept-new" : "strict"),
    pace: newPace(),
  };
  return { connect: (host, signal) => connect(shared, host, signal) };
}

type Shared = {
  readonly options: SshOptions;
  readonly keys: KeyRing;
  readonly hostKeys: HostKeyReader;
  readonly pace: Pace;
};

async function connect(
  { options, keys, hostKeys, pace }: Shared,
  host: Host,
  signal?: AbortSignal,
): Promise<Connection | Fault> {
  const user = host.user ?? options.user;
  const known = await hostKeys(host);
  const agentSocket = options.agentSocket;
  const credentials = { host, user, keys, agentSocket, agentKeys: () => countAgentKeys(agentSocket) };
  const deadline = deadlineOf(options.connectTimeoutMs ?? 10_000);
  const places = placesOf(host);
  using login = new DisposableStack();
  const attempt = async (): Promise<LoginAnswer> => {
    // To wait for others is no fault of this host.
    const turn = await deadline.pause(pace.turn(places, signal));
    if (turn === undefined) return { fault: interrupted(host), again: false };
    const answer = await logIn(host, credentials, known, deadline, turn, signal);
    if ("fault" in answer) turn.end();
    else login.use(endSoon(turn));
    return answer;
  };
  let answer = await attempt();
  for (let most = PAUSE.first; "fault" in answer && answer.again; most = Math.min(2 * most, PAUSE.limit)) {
    const left = deadline.left() - PAUSE.last;
    if (left < 0) break;
    // Hundreds of hosts behind one address were turned away at the same moment: they must not come back together.
    await sleep(Math.min(left, most * (0.5 + Math.random() / 2)), undefined, { signal }).catch(() => undefined);
    const next = await attempt();
    // That it hung up says more than that there was too little time left in the end.
    if (!("fault" in next) || deadline.left() > 0) answer = next;
  }
  if ("fault" in answer) return answer.fault;
  const forgotten = await known.remember();
  if (forgotten !== undefined) {
    answer.end();
    return forgotten;
  }
  const client = answer;
  const abort = (): unknown => client.destroy();
  signal?.addEventListener("abort", abort, { once: true });
  const made = loginOver(client, host, user);
  const connection = await (host.windows === undefined ? connectionOver(made) : windowsConnection(made, host.windows));
  signal?.removeEventListener("abort", abort);
  return isFault(connection) ? { where: host.name, ...connection } : connection;
}

function loginOver(client: Client, host: Host, user: string): Parameters<typeof connectionOver>[0] {
  let alive = true;
  let reason = "closed by the host";
  const closed = new Promise<void>((resolve) => {
    client.on("close", () => {
      alive = false;
      resolve();
    });
  });
  client.on("error", (error) => {
    reason = error.message === "Keepalive timeout" ? "no answer from the host for 15 s" : error.message;
  });
  client.on("end", () => (alive = false));
  return {
    open: opener(client, () => reason),
    user,
    becomePassword: host.becomePassword,
    becomeMeans: host.becomeMeans,
    alive: () => alive,
    async close() {
      client.end();
      await within(1000, closed);
      client.destroy();
    },
  };
}

function opener(client: Client, reason: () => string): OpenPipe {
  return async (command) => {
    const { promise, resolve } = Promise.withResolvers<ClientChannel | Error>();
    try {
      client.exec(command, (error, channel) => resolve(error ?? channel));
    } catch (error) {
      resolve(error instanceof Error ? error : new Error(String(error)));
    }
    const channel = await promise;
    if (!(channel instanceof Error)) return pipeOver(channel, reason);
    if (/Channel open failure/.test(channel.message)) return "full";
    return { kind: "session", message: `the host starts no shell: ${channel.message}` };
  };
}

function pipeOver(channel: ClientChannel, reason: () => string): Pipe {
  let take: Parameters<Pipe["receive"]>[0] | undefined;
  channel.on("data", (chunk: Buffer) => take?.("stdout", chunk));
  channel.stderr.on("data", (chunk: Buffer) => take?.("stderr", chunk));
  // A write that meets a closed channel is lost, and the channel's end says so.
  channel.on("error", () => undefined);
  const silent = new Promise<void>((resolve) => channel.stderr.once("end", resolve));
  const { promise: ended, resolve } = Promise.withResolvers<PipeEnd>();
  channel.once("close", (code: number | null | undefined, signal?: string) => {
    // Neither a code nor a signal: the connection went, and nobody knows what the process does.
    const end: PipeEnd =
      code === undefined ? { kind: "lost", reason: reason() } : { kind: "exited", code, signal: signalNumber(signal) };
    void silent.then(() => resolve(end));
  });
  return {
    write: (data) => void channel.write(data),
    end: () => void channel.end(),
    abandon: () => channel.close(),
    receive: (taker) => (take = taker),
    ended,
  };
}

function signalNumber(name: string | undefined): number | null {
  return Object.entries(constants.signals).find(([signal]) => signal === name)?.[1] ?? null;
}

async function countAgentKeys(socket: string | undefined): Promise<number | undefined> {
  if (socket === undefined) return undefined;
  const { default: ssh2 } = await import("ssh2");
  return new Promise((resolve) => {
    ssh2.createAgent(socket).getIdentities((error, keys) => resolve(error ? undefined : (keys?.length ?? 0)));
  });
}
