import type { RunPlan } from "../model/plan.ts";
import type { Subject } from "./card-subject.ts";
import { clean } from "./clean.ts";

/** Generated inventories put a host into dozens of groups; a card has room for a line. */
const MOST = 8;

/** The groups of a card's hosts, by name; where not all of several hosts are in one, with how many are. */
export function groupsOf({ state, members }: Subject): readonly string[] {
  const index = indexOf(state.plan.groups);
  const counts = new Map<string, number>();
  for (const { host } of members) {
    for (const group of index.get(host.host) ?? []) counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  const words = [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, amount]) => (amount === members.length ? clean(group) : `${clean(group)} (${amount} of them)`));
  return words.length > MOST + 1 ? [...words.slice(0, MOST), `${words.length - MOST} more`] : words;
}

const indexes = new WeakMap<RunPlan["groups"], ReadonlyMap<string, readonly string[]>>();

/** Host → its groups, turned round once a run. To be in none is no group. */
function indexOf(groups: RunPlan["groups"]): ReadonlyMap<string, readonly string[]> {
  const known = indexes.get(groups);
  if (known !== undefined) return known;
  const index = new Map<string, string[]>();
  for (const [group, hosts] of Object.entries(groups)) {
    if (group === "ungrouped") continue;
    for (const host of hosts) {
      const own = index.get(host);
      if (own === undefined) index.set(host, [group]);
      else own.push(group);
    }
  }
  indexes.set(groups, index);
  return index;
}
