import type { Kysely } from "kysely";
import { moment } from "../engine/words.ts";
import { FaultError } from "../model/fault.ts";
import type { Holder } from "../run/ports.ts";
import { ready } from "./ready.ts";
import type { Tables } from "./schema.ts";
import { isAtWork } from "./writer.ts";

/** The leases that one handle of the record has: run → its fence. */
export type Fences = Map<string, number>;

/** The lease of a run as it is on record. */
export async function leaseOf(database: Kysely<Tables>, run: string): Promise<Tables["lease"] | undefined> {
  return (await ready<Tables["lease"]>(database, "select * from lease where run = ?", [run]))[0];
}

/** Whoever has a lease and is alive: told by the process where it is of this machine, else by the time of its last sign of life. */
export function holderOf(lease: Tables["lease"] | undefined): Holder | null {
  if (lease === undefined || lease.held === 0) return null;
  const { host, pid, started, by, since } = lease;
  const writer = host === null || pid === null || started === null ? undefined : { host, pid, started };
  return (isAtWork(writer) ?? lease.expires > Date.now()) ? { writer, by, since } : null;
}

/** Refuses to write a run whose lease is another's: called in the transaction that writes. */
export async function checkFence(database: Kysely<Tables>, run: string, own: Fences, file: string): Promise<void> {
  const lease = await leaseOf(database, run);
  const fence = own.get(run);
  if (fence === undefined ? lease === undefined || lease.held === 0 : lease?.fence === fence) return;
  const who = lease === undefined ? "somebody else" : lease.by;
  const where = lease === undefined || lease.pid === null ? "" : ` (process ${lease.pid} on ${lease.host})`;
  const since = lease === undefined ? "" : ` since ${moment(lease.since)}`;
  throw new FaultError({
    kind: "journal",
    where: file,
    message: `run ${run} is in the hands of ${who}${where}${since}: nothing more is written here`,
    hint: `\`runbook history show ${run}\` tells what becomes of it`,
  });
}
