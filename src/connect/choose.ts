import type { Host } from "../model/inventory.ts";
import type { Connector } from "../run/ports.ts";

/** A connector that uses the one which each host's inventory entry names. */
export function connectorFor(connectors: Readonly<Record<Host["connection"], Connector>>): Connector {
  return { connect: (host, signal) => connectors[host.connection].connect(host, signal) };
}
