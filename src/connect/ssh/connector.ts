import { constants } from "node:os";
import type { Client, ClientChannel, PseudoTtyOptions } from "ssh2";
import type { Fault } from "../../model/fault.ts";
import { forwards } from "./agent.ts";
import { isFault } from "../../model/fault.ts";
import type { Host } from "../../model/inventory.ts";
import type { Connection, Connector } from "../../run/ports.ts";
import { type OpenPipe, type Pipe, type PipeEnd, taker } from "../pipe.ts";
import { patience } from "./login.ts";
import { type Reach, type Reached, reacher, type SshOptions } from "./reach.ts";
import type { Login } from "../pool.ts";
import { sessionsOn } from "../sessions.ts";
import { NO_TERMINAL, startsNone } from "../noshell.ts";
import { within } from "../within.ts";

/** Connects over SSH, with one login a host. */
export function sshConnector(options: SshOptions): Connector {
  const reach = reacher(options);
  return { connect: (host, signal) => connect(reach, options.shellPatience, host, signal) };
}

async function connect(
  reach: Reach,
  shellPatience: number | undefined,
  host: Host,
  signal?: AbortSignal,
): Promise<Connection | Fault> {
  const reached = await reach(host, signal);
  if (isFault(reached)) return reached;
  using _login = reached.login;
  const abort = (): unknown => reached.client.destroy();
  signal?.addEventListener("abort", abort, { once: true });
  const made = { ...loginOver(reached), patience: shellPatience };
  const connection = await sessionsOn(made, host);
  signal?.removeEventListener("abort", abort);
  return isFault(connection) ? { where: host.name, ...connection } : connection;
}

function loginOver({ client, target, way }: Reached): Login {
  let alive = true;
  let reason = "closed by the host";
  const closed = new Promise<void>((resolve) => {
    client.on("close", () => {
      alive = false;
      resolve();
    });
  });
  client.on("error", (error) => {
    reason =
      error.message === "Keepalive timeout" ? `no answer from the host for ${patience(target)} s` : error.message;
  });
  client.on("end", () => (alive = false));
  return {
    open: opener(
      client,
      forwards(target),
      () => way.lost() ?? reason,
      () => alive,
    ),
    user: target.user,
    becomePassword: target.becomePassword,
    becomeMeans: target.becomeMeans,
    wire: client.wire(),
    alive: () => alive,
    async close() {
      client.end();
      await within(1000, closed);
      client.destroy();
      way.release();
    },
  };
}

/** Nothing that is typed is shown, or taken for a signal. */
const TERMINAL: PseudoTtyOptions = {
  term: "dumb",
  rows: 24,
  cols: 80,
  modes: { ECHO: 0, ISIG: 0, IEXTEN: 0, OPOST: 0 },
};

function opener(client: Client, forwards: boolean, reason: () => string, alive: () => boolean): OpenPipe {
  let agentForward = forwards;
  const open = (command: string, on?: "terminal"): Promise<ClientChannel | Error> => {
    const { promise, resolve } = Promise.withResolvers<ClientChannel | Error>();
    // The types of ssh2 do not know the first one.
    const how = { agentForward, allowHalfOpen: true, ...(on === "terminal" ? { pty: TERMINAL } : {}) };
    try {
      client.exec(command, how, (error, channel) => resolve(error ?? channel));
    } catch (error) {
      resolve(error instanceof Error ? error : new Error(String(error)));
    }
    return promise;
  };
  return async (command, on) => {
    let channel = await open(command, on);
    if (agentForward && channel instanceof Error && /agent forwarding/.test(channel.message)) {
      // As with ssh, a host that does not want the agent does without.
      agentForward = false;
      channel = await open(command, on);
    }
    if (!(channel instanceof Error)) return pipeOver(channel, reason);
    if (!alive()) return { kind: "session", message: `the connection was lost before a shell was there: ${reason()}` };
    if (/Channel open failure/.test(channel.message)) return "full";
    if (on === "terminal" && /pseudo-terminal/.test(channel.message)) return NO_TERMINAL;
    return startsNone(channel.message);
  };
}

function pipeOver(channel: ClientChannel, reason: () => string): Pipe {
  const { give, receive } = taker();
  channel.on("data", (chunk: Buffer) => give("stdout", chunk));
  channel.stderr.on("data", (chunk: Buffer) => give("stderr", chunk));
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
    receive,
    ended,
  };
}

function signalNumber(name: string | undefined): number | null {
  return Object.entries(constants.signals).find(([signal]) => signal === name)?.[1] ?? null;
}
