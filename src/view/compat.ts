import type { RunState } from "../engine/state.ts";
import type { Compat } from "../model/compat.ts";
import { foldHosts } from "./hosts.ts";

/** Which hosts may be logged in to with old algorithms, in a line; null for none. */
export function compatWords(compat: Readonly<Record<string, Compat>> | undefined): string | null {
  const kinds = Map.groupBy(Object.entries(compat ?? {}), ([, kind]) => kind);
  const told = [...kinds].map(([kind, hosts]) => `${kind} on ${foldHosts(hosts.map(([host]) => host))}`);
  return told.length === 0 ? null : `old SSH algorithms are allowed (runbook_compat): ${told.join("; ")}`;
}

/** Which old algorithms had to be agreed on, and where, in a line; null for none. */
export function usedOn(hosts: readonly { readonly host: string; readonly old: readonly string[] }[]): string | null {
  const sets = Map.groupBy(
    hosts.filter(({ old }) => old.length > 0),
    ({ old }) => old.join(", "),
  );
  const told = [...sets].map(([old, names]) => `${old} on ${foldHosts(names.map(({ host }) => host))}`);
  return told.length === 0 ? null : `old SSH algorithms were used: ${told.join("; ")}`;
}

/** The old algorithms of one login, for the end of a sentence. */
export function usedWords(old: readonly string[] | undefined): string {
  return old === undefined || old.length === 0 ? "" : `, with old algorithms: ${old.join(", ")}`;
}

/** What there is to say of old algorithms in a run: what they may be, and what they were. */
export function oldLines({ plan, hosts }: Pick<RunState, "plan" | "hosts">): string[] {
  return [compatWords(plan.settings?.compat), usedOn([...hosts.values()])].filter((line) => line !== null);
}
