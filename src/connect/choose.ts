import type { Connector } from "../run/ports.ts";

/** A connector that uses the one which each host's inventory entry names. */
export function connectorFor(connectors: { readonly ssh: Connector; readonly local: Connector }): Connector {
  return { connect: (host, signal) => connectors[host.connection].connect(host, signal) };
}
