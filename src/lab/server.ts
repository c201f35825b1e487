import { once } from "node:events";
import { readFileSync } from "node:fs";
import ssh2, {
  type AuthContext,
  type Connection,
  type ParsedKey,
  type PublicKeyAuthContext,
  type ServerChannel,
} from "ssh2";
import { quote } from "../script/quote.ts";
import type { PracticeHost } from "./host.ts";

const SIGNALS: ReadonlySet<string> = new Set(["ABRT", "ALRM", "HUP", "INT", "KILL", "QUIT", "TERM", "USR1", "USR2"]);

/** A practice host's SSH server, listening on loopback. */
export type SshServer = AsyncDisposable & { readonly port: number };

/** A pseudo terminal as the client asked for it. */
type Terminal = { readonly term: string; readonly rows: number; readonly cols: number };

/**
 * Serves one practice host over SSH on 127.0.0.1 (port 0: one that is free). Only root with the given key comes in; commands and shells run inside the host.
 * `host` answers undefined while the host is being built: logins work then, commands do not. Rejects with the system's error when
 * the port is taken.
 */
export async function serveSsh(
  port: number,
  hostKey: string,
  clientKey: string,
  host: () => PracticeHost | undefined,
): Promise<SshServer> {
  const connections = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [hostKey], ident: "practice" }, (connection) => {
    connections.add(connection);
    connection.on("authentication", (attempt) => admit(attempt, clientKey));
    connection.on("ready", () => attend(connection, host));
    connection.on("close", () => connections.delete(connection));
    // A client that goes away without a word is nothing to fall over.
    connection.on("error", () => {});
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: address === null || typeof address === "string" ? port : address.port,
    [Symbol.asyncDispose]: async () => {
      for (const connection of connections) connection.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function admit(attempt: AuthContext, clientKey: string): void {
  const allowed = ssh2.utils.parseKey(clientKey);
  if (attempt.method !== "publickey" || attempt.username !== "root" || allowed instanceof Error) {
    return attempt.reject(["publickey"]);
  }
  const sameKey = allowed.type === attempt.key.algo && allowed.getPublicSSH().equals(attempt.key.data);
  const signed = attempt.signature === undefined || attempt.blob === undefined || proves(allowed, attempt);
  if (sameKey && signed) return attempt.accept();
  return attempt.reject(["publickey"]);
}

/** The library answers with an error, not with false, where it cannot verify at all: only true counts. */
function proves(allowed: ParsedKey, { blob, signature, hashAlgo }: PublicKeyAuthContext): boolean {
  if (blob === undefined || signature === undefined) return false;
  const verdict: unknown = allowed.verify(blob, signature, hashAlgo);
  return verdict === true;
}

function attend(connection: Connection, findHost: () => PracticeHost | undefined): void {
  connection.on("session", (acceptSession, rejectSession) => {
    const host = findHost();
    if (host === undefined) return rejectSession();
    const session = acceptSession();
    let terminal: Terminal | null = null;
    let running: { signal(name: NodeJS.Signals): void } | null = null;
    session.on("pty", (accept, _reject, info) => {
      terminal = { term: "term" in info ? info.term : "xterm", rows: info.rows, cols: info.cols };
      accept?.();
    });
    session.on("env", (accept) => accept?.());
    session.on("exec", (accept, _reject, info) => {
      running = start(host, accept(), ["/bin/sh", "-c", info.command], terminal);
    });
    session.on("shell", (accept) => {
      running = start(host, accept(), ["/bin/bash", "-l"], terminal);
    });
    session.on("signal", (accept, _reject, info) => {
      const name = info.name.replace(/^SIG/, "");
      if (SIGNALS.has(name)) running?.signal(`SIG${name}` as NodeJS.Signals);
      accept?.();
    });
  });
}

/** Runs a command for a channel. When the channel closes only the pipes are closed, as sshd does: the process lives on if it likes. */
function start(host: PracticeHost, channel: ServerChannel, argv: readonly string[], terminal: Terminal | null) {
  const child = terminal === null ? host.spawn(argv) : host.spawn(onTerminal(argv, terminal), { TERM: terminal.term });
  const hangUp = () => {
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
  };
  child.stdin.on("error", () => {});
  channel.on("error", hangUp);
  channel.on("close", hangUp);
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.on("error", () => channel.close());
  child.on("close", (code, signal) => {
    if (signal === null) channel.exit(code ?? 255);
    else channel.exit(signal.replace(/^SIG/, ""), false, "");
    channel.end();
  });
  return {
    signal: (name: NodeJS.Signals) => {
      for (const group of sessionsOf(child.pid)) signalGroup(group, name);
    },
  };
}

/** `script` of util-linux gives a command a terminal; its size is set from inside. */
function onTerminal(argv: readonly string[], terminal: Terminal): string[] {
  const size = `stty rows ${terminal.rows} cols ${terminal.cols}`;
  return ["script", "-qefc", `${size}; exec ${argv.map(quote).join(" ")}`, "/dev/null"];
}

/** The children of nsenter: leaders of the sessions that run inside the host. */
function sessionsOf(pid: number | undefined): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return children.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function signalGroup(leader: number, name: NodeJS.Signals): void {
  try {
    process.kill(-leader, name);
  } catch {
    // It ended meanwhile.
  }
}
