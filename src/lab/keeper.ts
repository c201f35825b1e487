import { join } from "node:path";
import type { Fault } from "../model/fault.ts";
import { type Berth, DISK_MEGABYTES, furnish } from "./fleet.ts";
import { type PracticeHost, startHost } from "./host.ts";
import { findIsolation } from "./isolation.ts";
import { CLIENT_KEY, hostKey, keyPair, writeAddressBook } from "./keys.ts";
import { serveSsh } from "./server.ts";
import { type KnownProcess, identify, writeState } from "./state.ts";

/**
 * Brings up practice hosts with their SSH servers in this process, and records them in `directory`. They end when the result is
 * disposed of or the process dies. A taken port or a machine without namespaces is a fault.
 */
export async function keepHosts(directory: string, hosts: readonly Berth[]): Promise<AsyncDisposable | Fault> {
  await using stack = new AsyncDisposableStack();
  const mountPoint = join(directory, "mnt");
  const isolation = findIsolation(mountPoint);
  if ("message" in isolation) return isolation;
  const client = keyPair(directory, CLIENT_KEY);
  const up = new Map<string, PracticeHost>();
  // Ports first: they are what may be refused, and nothing has been built yet.
  for (const berth of hosts) {
    const key = hostKey(directory, berth).private;
    try {
      stack.use(await serveSsh(berth.port, key, client.public, () => up.get(berth.name)));
    } catch (error) {
      return portFault(berth, error);
    }
  }
  for (const berth of hosts) {
    const spec = { name: berth.name, megabytes: DISK_MEGABYTES, mountPoint };
    const host = stack.use(await startHost(spec, isolation));
    await furnish(host, berth);
    up.set(berth.name, host);
  }
  writeAddressBook(directory, hosts);
  writeState(directory, {
    server: known(process.pid),
    isolation: isolation.words,
    hosts: hosts.map((berth) => ({ ...named(berth), init: known(up.get(berth.name)?.pid) })),
  });
  return stack.move();
}

const named = ({ name, port, about }: Berth) => ({ name, port, about });

function known(pid: number | undefined): KnownProcess {
  const process = pid === undefined ? null : identify(pid);
  if (process === null) throw new Error("a practice host ended while it was being built");
  return process;
}

function portFault(berth: Berth, error: unknown): Fault {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    kind: "session",
    message: `${berth.name} cannot have port ${berth.port} on 127.0.0.1: ${reason}`,
    hint: `end what holds it (ss -ltnp tells what it is), or choose other ports: RUNBOOK_LAB_PORT=3301 runbook lab up`,
  };
}
