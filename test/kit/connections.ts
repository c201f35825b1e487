import { localConnector } from "../../src/connect/local.ts";
import { opensshConnector } from "../../src/connect/openssh/connector.ts";
import { sshConnector } from "../../src/connect/ssh/connector.ts";
import { type Fault, isFault } from "../../src/model/fault.ts";
import type { Host } from "../../src/model/inventory.ts";
import type { Connection, Connector, Ended, Script } from "../../src/run/ports.ts";
import { hostAt, startSshd } from "./sshd.ts";

/** One way to reach a host, set up for a test file and taken down after it. */
export type Way = AsyncDisposable & { connect(over?: Partial<Host>): Promise<Connection> };

/** Every kind of connection, by name: the same promises hold for all of them. */
export const WAYS: readonly (readonly [name: string, open: () => Promise<Way>])[] = [
  ["local", openLocal],
  ["ssh to dash", () => openSsh("dash")],
  ["ssh to bash", () => openSsh("bash")],
  ["ssh to busybox", () => openSsh("busybox")],
  ["openssh", openOpenssh],
];

/** A connector that asks nobody and knows only what the host entry says. */
export function plainSsh(over: Partial<Parameters<typeof sshConnector>[0]> = {}): Connector {
  return sshConnector({ home: "/nonexistent", user: "root", acceptNewHostKeys: false, ...over });
}

/** The same by the system's `ssh`; it reads the tester's own configuration only where that says something of all hosts. */
export function plainOpenssh(over: Partial<Parameters<typeof opensshConnector>[0]> = {}): Connector {
  return opensshConnector({ home: "/nonexistent", acceptNewHostKeys: false, file: "none", ...over });
}

/** What all logins over SSH keep to, whoever makes them. */
export const LOGINS: readonly (readonly [name: string, plain: typeof plainOpenssh])[] = [
  ["ssh", plainSsh],
  ["openssh", plainOpenssh],
];

/** The connection, or the fault thrown. */
export async function connected(connector: Connector, host: Host): Promise<Connection> {
  const connection = await connector.connect(host);
  if (isFault(connection)) throw new Error(`${connection.kind}: ${connection.message}`);
  return connection;
}

/** Why there is no connection; throws where there is one. */
export async function faultOf(connector: Connector, host: Host): Promise<Fault> {
  const answer = await connector.connect(host);
  if (isFault(answer)) return answer;
  await answer[Symbol.asyncDispose]();
  throw new Error("it logged in");
}

/** Whether a script says what it should over a connection of its own. */
export async function logsIn(connector: Connector, host: Host): Promise<boolean> {
  await using connection = await connected(connector, host);
  return told(await connection.run(script("echo in"))).stdout === "in\n";
}

/** A read-only `sh` script with time enough for a busy machine. */
export function script(text: string, over: Partial<Script> = {}): Script {
  return { text, shell: "sh", become: null, timeout: 60, late: "end", ...over };
}

/** What a script printed and how it ended, in short: `exited 0`, `timed-out gone`. */
export function told(ended: Ended): { readonly end: string; readonly stdout: string; readonly stderr: string } {
  switch (ended.kind) {
    case "exited":
      return { end: `exited ${ended.code}`, stdout: ended.stdout.head, stderr: ended.stderr.head };
    case "timed-out":
    case "flooded":
      return {
        end: `${ended.kind} ${ended.gone ? "gone" : "not gone"}`,
        stdout: ended.stdout.head,
        stderr: ended.stderr.head,
      };
    case "lost":
      return { end: `lost: ${ended.reason}`, stdout: ended.stdout.head, stderr: ended.stderr.head };
    case "refused":
      return { end: `refused: ${ended.fault.message}`, stdout: "", stderr: "" };
  }
}

async function openLocal(): Promise<Way> {
  return {
    connect: (over = {}) => connected(localConnector(), { ...hostAt(0, "/"), connection: "local", ...over }),
    async [Symbol.asyncDispose]() {},
  };
}

async function openSsh(shell: "dash" | "bash" | "busybox"): Promise<Way> {
  const sshd = await startSshd({ shell });
  return {
    connect: (over = {}) => connected(plainSsh(), sshd.host(over)),
    [Symbol.asyncDispose]: () => sshd[Symbol.asyncDispose](),
  };
}

async function openOpenssh(): Promise<Way> {
  const sshd = await startSshd();
  return {
    connect: (over = {}) => connected(plainOpenssh(), sshd.host({ connection: "openssh", ...over })),
    [Symbol.asyncDispose]: () => sshd[Symbol.asyncDispose](),
  };
}
