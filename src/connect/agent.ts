import type { Target } from "./target.ts";
import { expanded, type Here } from "./target.ts";

/** The socket of the agent that is asked for a host; undefined: none. */
export function agentOf(
  target: Target,
  { agentSocket, ...here }: Here & { readonly agentSocket?: string },
): string | undefined {
  const named = target.ssh.identityAgent;
  if (named === undefined || /^SSH_AUTH_SOCK$/i.test(named)) return agentSocket;
  if (/^none$/i.test(named)) return undefined;
  return named.startsWith("$") && !named.startsWith("${")
    ? process.env[named.slice(1)]
    : expanded(named, target.original, target, here);
}

/** How many keys an agent holds; undefined when it does not answer. */
export async function agentKeys(socket: string | undefined): Promise<number | undefined> {
  if (socket === undefined) return undefined;
  const { default: ssh2 } = await import("ssh2");
  return new Promise((resolve) => {
    ssh2.createAgent(socket).getIdentities((error, keys) => resolve(error ? undefined : (keys?.length ?? 0)));
  });
}
