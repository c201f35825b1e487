import { parseLogin } from "../../language/inventory/address.ts";
import type { Fault } from "../../model/fault.ts";
import { isFault } from "../../model/fault.ts";
import type { Host } from "../../model/inventory.ts";
import { agentKeys, agentOf, forwardedAgentOf } from "./agent.ts";
import { type HostKeyReader, hostKeyReader } from "../hostkeys/hostkey.ts";
import { type JumpLogin, jumpPool, type Jumps, keyOf, type Route } from "./jump.ts";
import { type Ask, type KeyRing, keyRing } from "./keys.ts";
import { deadlineOf, interrupted, type LoggedIn, type LoginAnswer, logIn } from "./login.ts";
import { endSoon, newPace, type Pace, placesOf } from "./pace.ts";
import type { SshSettings } from "../../model/ssh.ts";
import type { ConfigReader } from "../config/read.ts";
import { addressesOf } from "../lookup.ts";
import { straight } from "./straight.ts";
import { expanded, type Target, targetOf } from "./target.ts";
import { logInAtLast } from "./tries.ts";
import type { Way } from "./way.ts";

/** What all SSH logins of one run share. */
export type SshOptions = {
  readonly home: string;
  readonly agentSocket?: string;
  /** Who to log in as where nobody says. */
  readonly user: string;
  readonly acceptNewHostKeys: boolean;
  /** For TCP, key exchange and authentication together; default 10 s. */
  readonly connectTimeoutMs?: number;
  /** Seconds that the first shell of a login may take to answer; default 20. */
  readonly shellPatience?: number;
  readonly ask?: Ask;
  /** ssh's own configuration; absent: none is read. */
  readonly config?: ConfigReader;
  /** Shared with whatever else logs in. */
  readonly pace?: Pace;
};

/**
 * A client that is logged in, and the way it came by, which is given back when the client has closed. `login`: its turn, which ends once its
 * first shell has answered.
 */
export type Reached = {
  readonly client: LoggedIn;
  readonly target: Target;
  readonly way: Way;
  readonly login: Disposable;
};

/** Logs in to hosts, straight or by way of others. */
export type Reach = (host: Host, signal: AbortSignal | undefined) => Promise<Reached | Fault>;

type Shared = {
  readonly options: SshOptions;
  readonly keys: KeyRing;
  /** The keys of hosts for which nobody is to be asked. */
  readonly silent: KeyRing;
  readonly hostKeys: HostKeyReader;
  readonly pace: Pace;
  readonly jumps: Jumps;
};

/** Logins that share keys, host keys and jump hosts. */
export function reacher(options: SshOptions): Reach {
  const shared: Shared = {
    options,
    keys: keyRing(options.home, options.ask),
    silent: keyRing(options.home, undefined),
    hostKeys: hostKeyReader(options.home, options.acceptNewHostKeys ? "accept-new" : "strict"),
    pace: options.pace ?? newPace(),
    jumps: jumpPool((way, signal) => jumpLogin(shared, way, signal)),
  };
  return async (host, signal) => {
    const target = await settled(shared, host);
    return isFault(target) ? target : reach(shared, target, [], signal);
  };
}

/** What the inventory and ssh's configuration say of a host together. */
async function settled({ options }: Shared, host: Host): Promise<Target | Fault> {
  const lines = options.config === undefined ? new Map<string, readonly string[]>() : await options.config(host);
  return isFault(lines) ? lines : targetOf(host, lines, options);
}

async function reach(
  shared: Shared,
  target: Target,
  trail: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Reached | Fault> {
  const hops = (target.ssh.jumps ?? []).map((hop) => expanded(hop, target, shared.options));
  const { configFile, jumpSettings } = target.ssh;
  const route = { hops, settings: { ...(configFile !== undefined && { configFile }), ...jumpSettings }, trail };
  const way =
    hops.length === 0 ? await near(shared, target, signal) : await shared.jumps.through(route, target, signal);
  if (isFault(way)) return way;
  const login = new DisposableStack();
  const client = await establish(shared, target, trail, way, login, signal);
  if (isFault(client)) {
    login.dispose();
    way.release();
    return client;
  }
  client.once("close", way.release);
  return { client, target, way, login };
}

async function near({ options }: Shared, target: Target, signal: AbortSignal | undefined): Promise<Way | Fault> {
  const addresses = await addressesOf(target, options.connectTimeoutMs ?? 10_000, signal);
  return isFault(addresses) ? addresses : straight(target, addresses);
}

async function establish(
  { options, keys, silent, hostKeys, pace }: Shared,
  host: Target,
  trail: readonly string[],
  way: Way,
  login: DisposableStack,
  signal: AbortSignal | undefined,
): Promise<LoggedIn | Fault> {
  const known = await hostKeys(host);
  const agentSocket = agentOf(host, options);
  const forwarded = forwardedAgentOf(host, options);
  const credentials = {
    host,
    keys: host.ssh.batch === true ? silent : keys,
    agentSocket,
    agentKeys: () => agentKeys(agentSocket),
    ...(options.ask !== undefined && host.ssh.batch !== true && { ask: options.ask }),
    asks: trail.length > 0,
    forwarded,
  };
  // Who has more patience for a connection has it for the login, too; who has less has it for the connection alone.
  const deadline = deadlineOf(Math.max(options.connectTimeoutMs ?? 10_000, (host.ssh.connectTimeout ?? 0) * 1000));
  const places = placesOf(host);
  const attempt = async (): Promise<LoginAnswer> => {
    // To wait for others is no fault of this host.
    const turn = await deadline.pause(pace.turn(places, signal));
    if (turn === undefined) return { fault: interrupted(host), again: false };
    const answer = await logIn(way, credentials, known, deadline, turn, signal);
    if ("fault" in answer) turn.end();
    else login.use(endSoon(turn));
    return answer;
  };
  const answer = await logInAtLast(attempt, deadline, signal);
  if ("fault" in answer) return answer.fault;
  const forgotten = await known.remember();
  if (forgotten === undefined) return answer;
  answer.end();
  return forgotten;
}

/** A login to the last of some hosts, by way of the others. What an inventory says of a host is not said of those on the way to it. */
async function jumpLogin(shared: Shared, route: Route, signal: AbortSignal): Promise<JumpLogin | Fault> {
  const { hops, settings, trail } = route;
  const host = jumpHost(hops.at(-1) ?? "", settings);
  const own = await settled(shared, host);
  const before = hops.slice(0, -1);
  const target =
    isFault(own) || before.length === 0 ? own : { ...own, ssh: { ...own.ssh, jumps: before, jumpSettings: {} } };
  const reached = isFault(target) ? target : await reach(shared, target, [...trail, keyOf(route)], signal);
  if (isFault(reached)) return onTheWay(reached, host.name);
  reached.login[Symbol.dispose]();
  return reached;
}

/** The entry of a host that only ssh's configuration and the way of another host know. */
function jumpHost(text: string, settings: SshSettings): Host {
  const address = parseLogin(text);
  const {
    host,
    port = settings.port,
    user = settings.user,
  } = "error" in address
    ? { host: text, port: undefined, user: undefined }
    : { port: undefined, user: undefined, ...address };
  const ssh = { ...settings, ...(port !== undefined && { port }) };
  return {
    name: host,
    groups: [],
    vars: {},
    connection: "ssh",
    address: host,
    port: port ?? 22,
    user,
    password: undefined,
    keyFiles: settings.keyFiles ?? [],
    identitiesOnly: settings.identitiesOnly ?? false,
    userKnownHosts: settings.userKnownHosts,
    globalKnownHosts: settings.globalKnownHosts,
    hostKeyChecking: settings.hostKeyChecking,
    ssh,
    become: undefined,
    becomeUser: undefined,
    becomePassword: undefined,
  };
}

/** Says of a fault that it was on the way; the innermost jump host is the one that matters. */
function onTheWay(fault: Fault, name: string): Fault {
  return fault.message.startsWith("jump host ") ? fault : { ...fault, message: `jump host ${name}: ${fault.message}` };
}
