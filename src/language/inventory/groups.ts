import { ancestors, group, link, type Draft, type DraftGroup, type DraftHost, type Variable } from "./draft.ts";

/** A draft brought into order: what can be asked of groups and hosts once every source is read. */
export type Groups = {
  /** A group's hosts: its own, then its children's, level by level. */
  members(name: string): readonly string[];
  /** The groups of a host, `all` first, then from the weakest to the strongest. */
  of(host: string): readonly string[];
  /** The variables of a host: `all`, then deeper groups over higher ones, then `group_vars` beside the sources in the same order, then the host's own. */
  vars(host: DraftHost): ReadonlyMap<string, Variable>;
};

/** Applies Ansible's rules to a draft: every group is below `all`, a host without a group is in `ungrouped`, and only there. */
export function settle(draft: Draft): Groups {
  for (const { name, parents } of draft.groups.values())
    if (name !== "all" && parents.size === 0) link(draft, "all", name);
  const direct = directGroups(draft);
  const ungrouped = group(draft, "ungrouped");
  for (const name of draft.hosts.keys()) {
    const others = (direct.get(name) ?? []).filter((each) => each !== "all" && each !== "ungrouped");
    if (others.length > 0) ungrouped.hosts.delete(name);
    else ungrouped.hosts.add(name);
  }
  const strength = strengths(draft);
  const sorted = sortedGroups(draft, strength);
  return {
    members: (name) => members(draft, name),
    of: (host) => sorted.get(host) ?? ["all"],
    vars: (host) => merge(draft, sorted.get(host.name) ?? [], host),
  };
}

function directGroups(draft: Draft): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { name, hosts } of draft.groups.values()) {
    for (const host of hosts) {
      const groups = found.get(host);
      if (groups === undefined) found.set(host, [name]);
      else groups.push(name);
    }
  }
  return found;
}

/** Group → its place in the order in which variables are laid over each other: by depth, then priority, then name. */
function strengths(draft: Draft): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  const depth = (name: string): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    const found = Math.max(-1, ...Array.from(draft.groups.get(name)?.parents ?? [], depth)) + 1;
    depths.set(name, found);
    return found;
  };
  const weaker = (a: DraftGroup, b: DraftGroup): number =>
    Number(b.name === "all") - Number(a.name === "all") ||
    depth(a.name) - depth(b.name) ||
    a.priority - b.priority ||
    (a.name < b.name ? -1 : 1);
  return new Map([...draft.groups.values()].toSorted(weaker).map(({ name }, index) => [name, index]));
}

function sortedGroups(draft: Draft, strength: ReadonlyMap<string, number>): ReadonlyMap<string, readonly string[]> {
  // Hosts of the same groups are many, and their lists of groups few.
  const lists = new Map<string, readonly string[]>();
  const sorted = (direct: readonly string[]): readonly string[] => {
    const key = direct.join("\0");
    const known = lists.get(key);
    if (known !== undefined) return known;
    const every = new Set(["all", ...direct, ...direct.flatMap((name) => [...ancestors(draft, name)])]);
    const list = [...every].toSorted((a, b) => (strength.get(a) ?? 0) - (strength.get(b) ?? 0));
    lists.set(key, list);
    return list;
  };
  return new Map(Array.from(directGroups(draft), ([host, direct]) => [host, sorted(direct)]));
}

function merge(draft: Draft, groups: readonly string[], host: DraftHost): ReadonlyMap<string, Variable> {
  const merged = new Map<string, Variable>();
  for (const name of groups) for (const [key, value] of draft.groups.get(name)?.vars ?? []) merged.set(key, value);
  const add = (vars: ReadonlyMap<string, Variable> | undefined): void => {
    for (const [key, value] of vars ?? []) merged.set(key, value);
  };
  // As Ansible does: files beside the sources count more than the sources, source by source; `all` comes before every other group.
  for (const { groups: files } of draft.beside) add(files.get("all"));
  for (const { groups: files } of draft.beside) for (const name of groups) if (name !== "all") add(files.get(name));
  add(host.vars);
  for (const { hosts: files } of draft.beside) add(files.get(host.name));
  return merged;
}

function members(draft: Draft, name: string): readonly string[] {
  const hosts = new Set<string>();
  const seen = new Set([name]);
  // A set grows while it is walked: breadth first, each group once.
  for (const each of seen) {
    const found = draft.groups.get(each);
    for (const host of found?.hosts ?? []) hosts.add(host);
    for (const child of found?.children ?? []) seen.add(child);
  }
  return [...hosts];
}
