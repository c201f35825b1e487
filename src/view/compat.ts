import type { Compat } from "../model/compat.ts";
import { foldHosts } from "./hosts.ts";

/** Which hosts may be logged in to with old algorithms, in a line; null for none. */
export function compatWords(compat: Readonly<Record<string, Compat>> | undefined): string | null {
  const kinds = Map.groupBy(Object.entries(compat ?? {}), ([, kind]) => kind);
  const told = [...kinds].map(([kind, hosts]) => `${kind} on ${foldHosts(hosts.map(([host]) => host))}`);
  return told.length === 0 ? null : `old SSH algorithms are allowed (runbook_compat): ${told.join("; ")}`;
}
