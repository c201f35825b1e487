import { connect } from "node:net";
import { keyType } from "../hostkeys/knownhosts.ts";
import { expanded, type Here, type Target } from "./target.ts";

/** What an agent holds: the keys that can be used to log in here, as their public blobs, and the kinds of the others. */
export type AgentKeys = { readonly blobs: readonly Buffer[]; readonly others: readonly string[] };

/** What of a run says which agent there is. */
type Agents = Here & { readonly agentSocket?: string };

/** The socket of the agent that is asked to log in to a host; undefined: none. */
export function agentOf(target: Target, agents: Agents): string | undefined {
  return socketOf(target.ssh.identityAgent ?? "SSH_AUTH_SOCK", target, agents);
}

/** Whether a host may use an agent of this machine. */
export function forwards({ ssh }: Target): boolean {
  return !/^(?:no|false)$/i.test(ssh.forwardAgent ?? "no");
}

/** The socket of the agent that a host may use; undefined: none, as long as nobody says otherwise. */
export function forwardedAgentOf(target: Target, agents: Agents): string | undefined {
  const { forwardAgent = "no" } = target.ssh;
  if (!forwards(target)) return undefined;
  return /^(?:yes|true)$/i.test(forwardAgent) ? agentOf(target, agents) : socketOf(forwardAgent, target, agents);
}

function socketOf(named: string, target: Target, { agentSocket, ...here }: Agents): string | undefined {
  if (/^none$/i.test(named)) return undefined;
  if (/^(?:\$?SSH_AUTH_SOCK)$/i.test(named)) return agentSocket;
  if (/^\$\w+$/.test(named)) return process.env[named.slice(1)];
  return expanded(named, target, here);
}

const LIST = Buffer.from([0, 0, 0, 1, 11]);
const LISTED = 12;
/** Kinds of keys that ssh2 can have an agent sign with. */
const USABLE = /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521))$/;

/** Asks an agent what it holds; undefined when it does not answer. */
export function agentKeys(path: string | undefined): Promise<AgentKeys | undefined> {
  if (path === undefined) return Promise.resolve(undefined);
  const { promise, resolve } = Promise.withResolvers<AgentKeys | undefined>();
  const socket = connect(path);
  let heard = Buffer.alloc(0);
  const settle = (keys?: AgentKeys): void => {
    resolve(keys);
    socket.destroy();
  };
  socket.on("error", () => settle());
  socket.on("close", () => settle());
  socket.on("data", (chunk) => {
    heard = Buffer.concat([heard, chunk]);
    if (heard.length >= 4 && heard.length >= 4 + heard.readUInt32BE(0)) settle(keysIn(heard.subarray(4)));
  });
  socket.write(LIST);
  return promise;
}

function keysIn(answer: Buffer): AgentKeys | undefined {
  if (answer[0] !== LISTED) return undefined;
  const blobs: Buffer[] = [];
  // Of each key a blob and a comment.
  let isBlob = true;
  for (let at = 5; at + 4 <= answer.length; isBlob = !isBlob) {
    const end = at + 4 + answer.readUInt32BE(at);
    if (isBlob) blobs.push(answer.subarray(at + 4, end));
    at = end;
  }
  const others = blobs.map(keyType).filter((type) => !USABLE.test(type));
  return { blobs: blobs.filter((blob) => USABLE.test(keyType(blob))), others };
}
