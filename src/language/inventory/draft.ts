import type { Fault } from "../../model/fault.ts";
import type { Opener } from "../../model/secret.ts";

/** A fault that points at a place which is already known: a value, or the key before it. */
export type FaultHere = (message: string, hint?: string, which?: "key" | "value") => Fault;

/** A variable's value and the means to point at it. */
export type Variable = { readonly value: unknown; readonly fault: FaultHere };

/** A group as it was written so far; what is written twice is merged. */
export type DraftGroup = {
  readonly name: string;
  readonly vars: Map<string, Variable>;
  /** Hosts and child groups that it names itself, in order. */
  readonly hosts: Set<string>;
  readonly children: Set<string>;
  readonly parents: Set<string>;
  /** Of groups at the same depth the higher one wins. */
  priority: number;
};

/** A host as it was written so far. */
export type DraftHost = {
  readonly name: string;
  readonly vars: Map<string, Variable>;
  /** Absolute directory of the file that named it first; undefined for a host of the command line. */
  readonly directory: string | undefined;
};

/** Where a file's text comes from: its name, its absolute directory, and whether it was encrypted as a whole. */
export type FileOrigin = { readonly file: string; readonly directory: string; readonly hidden?: boolean };

/** What has been read of all sources. `hosts` and `groups` are in the order in which they were met. */
export type Draft = {
  readonly groups: Map<string, DraftGroup>;
  readonly hosts: Map<string, DraftHost>;
  /** Variables that stand in directories beside the sources, in the order of the sources. */
  readonly beside: BesideVars[];
  readonly faults: Fault[];
  readonly warnings: Fault[];
  /** Opens values that ansible-vault has encrypted. */
  readonly open: Opener;
};

/** What one `group_vars/` and one `host_vars/` say: name → variables. */
export type BesideVars = {
  readonly groups: Map<string, Map<string, Variable>>;
  readonly hosts: Map<string, Map<string, Variable>>;
};

/** An inventory with nothing in it but `all` and `ungrouped`. */
export function emptyDraft(open: Opener): Draft {
  const draft: Draft = { groups: new Map(), hosts: new Map(), beside: [], faults: [], warnings: [], open };
  group(draft, "all");
  group(draft, "ungrouped");
  link(draft, "all", "ungrouped");
  return draft;
}

/** The group of that name, made when it is new. */
export function group(draft: Draft, name: string): DraftGroup {
  const known = draft.groups.get(name);
  if (known !== undefined) return known;
  const made: DraftGroup = {
    name,
    vars: new Map(),
    hosts: new Set(),
    children: new Set(),
    parents: new Set(),
    priority: 1,
  };
  draft.groups.set(name, made);
  return made;
}

/** The host of that name, made when it is new. */
export function host(draft: Draft, name: string, directory: string | undefined): DraftHost {
  const known = draft.hosts.get(name);
  if (known !== undefined) return known;
  const made: DraftHost = { name, vars: new Map(), directory };
  draft.hosts.set(name, made);
  return made;
}

/** Makes `child` a child of `parent`; false, and nothing done, when that would close a loop. */
export function link(draft: Draft, parent: string, child: string): boolean {
  if (parent === child || ancestors(draft, parent).has(child)) return false;
  group(draft, parent).children.add(child);
  group(draft, child).parents.add(parent);
  return true;
}

/** Every group above a group. */
export function ancestors(draft: Draft, name: string): Set<string> {
  const found = new Set<string>();
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const parent of draft.groups.get(next)?.parents ?? []) {
      if (!found.has(parent)) open.push(parent);
      found.add(parent);
    }
  }
  return found;
}

/** All variables of a draft with the name of the group or host whose they are. */
export function everyVars({ groups, hosts, beside }: Draft): readonly { name: string; vars: Map<string, Variable> }[] {
  const own = [...groups.values(), ...hosts.values()].map(({ name, vars }) => ({ name, vars }));
  const others = beside.flatMap((each) => [...each.groups, ...each.hosts]).map(([name, vars]) => ({ name, vars }));
  return [...own, ...others];
}
