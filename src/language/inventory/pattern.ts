import type { Fault } from "../../model/fault.ts";
import type { Inventory } from "../../model/inventory.ts";
import { matcher, parsePattern, type Term } from "./terms.ts";
import { expandRange } from "./range.ts";
import { didYouMean } from "../suggest.ts";

/**
 * The hosts that an Ansible pattern selects, narrowed to those that `limit` (a pattern as well) selects, in the inventory's order.
 * A host among them that cannot be reached yet is a fault. Else as `matchHosts`.
 */
export function selectHosts(inventory: Inventory, pattern: string, limit?: string): string[] | Fault {
  const names = matchHosts(inventory, pattern, limit);
  if (!Array.isArray(names)) return names;
  const refused = names.filter((name) => inventory.hosts.get(name)?.refused !== undefined);
  const fault = inventory.hosts.get(refused[0] ?? "")?.refused;
  if (fault === undefined) return names;
  const count =
    refused.length === 1 ? "" : `; ${refused.length.toLocaleString("en")} of the selected hosts cannot be reached yet`;
  const hint =
    refused.length === names.length
      ? fault.hint
      : `${fault.hint ?? ""}; or leave out what cannot be reached: \`${without(limit ?? pattern, refused)}\``;
  return { ...fault, message: fault.message + count, ...(hint === undefined ? {} : { hint }) };
}

function without(pattern: string, hosts: readonly string[]): string {
  const separator = pattern.includes(",") ? "," : ":";
  const first = hosts.slice(0, 3).map((name) => `${separator}!${name}`);
  return pattern + first.join("") + (hosts.length > 3 ? " …" : "");
}

/** The same with hosts that cannot be reached yet. Nothing matched is a fault, never "all"; so is a name that neither a host nor a group has. */
export function matchHosts(inventory: Inventory, pattern: string, limit?: string): string[] | Fault {
  const selected = evaluate(inventory, pattern);
  if ("kind" in selected) return selected;
  if (limit === undefined) return inOrder(inventory, selected);
  const limited = evaluate(inventory, limit);
  if ("kind" in limited) return limited;
  const both = selected.intersection(limited);
  if (both.size > 0) return inOrder(inventory, both);
  return nothing(`no host is in both \`${pattern}\` and \`${limit}\``, `\`${limit}\` selects ${some(limited)}`);
}

/** Names of hosts, and of groups with theirs. */
export type Names = {
  readonly hosts: ReadonlyMap<string, unknown>;
  readonly groups: ReadonlyMap<string, readonly string[]>;
};

/**
 * The hosts of a pattern that is written for many inventories: a name that this one does not have is a group without hosts, and is told
 * in `missing`. A pattern that is wrong in itself is a fault.
 */
export function membersOf(
  inventory: Names,
  pattern: string,
): { readonly hosts: ReadonlySet<string>; readonly missing: readonly Term[] } | Fault {
  const terms = parsePattern(pattern);
  if ("kind" in terms) return terms;
  const missing = terms.filter((term) => isUnknown(inventory, term));
  const hosts = combineAll(inventory, terms, (fault) => (fault.kind === "nothing-selected" ? new Set() : fault));
  return "kind" in hosts ? hosts : { hosts, missing };
}

/** Whether neither a host nor a group is called so. */
function isUnknown(inventory: Names, term: Term): boolean {
  const found = inventory.hosts.has(term.whole) ? [] : enumerate(inventory, term);
  return !Array.isArray(found) && found.kind === "nothing-selected";
}

/** What is wrong with a pattern in itself, whatever the inventory; undefined: nothing. */
export function patternFault(pattern: string): Fault | undefined {
  const terms = parsePattern(pattern);
  return "kind" in terms ? terms : terms.map((term) => matcher(term)).find((made) => typeof made !== "function");
}

function evaluate(inventory: Inventory, pattern: string): Set<string> | Fault {
  const terms = parsePattern(pattern);
  if ("kind" in terms) return terms;
  const hosts = combineAll(inventory, terms, (fault) => fault);
  return "kind" in hosts || hosts.size > 0 ? hosts : nothing(...whyNothing(inventory, pattern));
}

/** `otherwise` says what stands for a term that selects nothing. */
function combineAll(
  inventory: Names,
  terms: readonly Term[],
  otherwise: (fault: Fault) => Set<string> | Fault,
): Set<string> | Fault {
  const of = (kind: Term["kind"]): readonly Term[] => terms.filter((term) => term.kind === kind);
  // As Ansible does: unions first, then intersections, then exclusions, wherever they stand. Without a union, of all hosts.
  let hosts = of("union").length === 0 ? new Set(inventory.hosts.keys()) : new Set<string>();
  for (const term of [...of("union"), ...of("intersection"), ...of("exclusion")]) {
    const found = match(inventory, term);
    const matched = "kind" in found ? otherwise(found) : found;
    if ("kind" in matched) return matched;
    hosts = combine(hosts, term, matched);
  }
  return hosts;
}

function combine(hosts: Set<string>, term: Term, matched: ReadonlySet<string>): Set<string> {
  switch (term.kind) {
    case "union":
      return hosts.union(matched);
    case "intersection":
      return hosts.intersection(matched);
    case "exclusion":
      return hosts.difference(matched);
  }
}

function match(inventory: Names, term: Term): ReadonlySet<string> | Fault {
  // The name of a host is that host, even where a group is called the same; only & and ! look for groups first.
  if (term.kind === "union" && inventory.hosts.has(term.whole)) return new Set([term.whole]);
  const found = enumerate(inventory, term);
  if (!Array.isArray(found)) return found;
  const { subscript } = term;
  if (subscript === undefined) return new Set(found);
  if (subscript.kind === "slice") return new Set(found.slice(subscript.from, subscript.to));
  const host = found.at(subscript.index);
  if (host !== undefined) return new Set([host]);
  return nothing(
    `\`${term.name}\` has ${count(found.length)}, and none is number ${subscript.index}`,
    "the first is [0], the last is [-1]",
  );
}

/** Hosts of the matching groups, then matching hosts, without repetition. */
function enumerate(inventory: Names, term: Term): string[] | Fault {
  const fits = matcher(term);
  if (typeof fits !== "function") return fits;
  const groups = [...inventory.groups.keys()].filter(fits);
  const fromGroups = groups.flatMap((name) => inventory.groups.get(name) ?? []);
  // Ansible looks among the hosts as well where a name might be a host's, or is no plain name.
  const alsoHosts = groups.length === 0 || /^~|[.?*[]/.test(term.name);
  const hosts = alsoHosts ? [...inventory.hosts.keys()].filter(fits) : [];
  if (groups.length === 0 && hosts.length === 0 && !term.open) return unknown(inventory, term);
  return [...new Set([...fromGroups, ...hosts])];
}

function unknown(inventory: Names, { name, whole }: Term): Fault {
  const written = name === whole ? "" : ` (in \`${whole}\`)`;
  return nothing(`no host or group is called \`${name}\`${written}`, advice(inventory, name, whole));
}

function advice(inventory: Names, name: string, whole: string): string {
  const range = expandRange(whole);
  if (name !== whole && Array.isArray(range) && range.some((host) => inventory.hosts.has(host))) {
    return "in a pattern brackets take hosts of a group by their places; name hosts with commas, or with a glob such as `web*`";
  }
  if (name === "localhost") return "add `localhost: { ansible_connection: local }` to the inventory";
  if (name.includes(":")) return "write either commas or colons between the parts of a pattern, not both";
  const known = [...inventory.groups.keys(), ...inventory.hosts.keys()];
  return didYouMean(name, known) ?? "`runbook inventory -i INVENTORY --graph` shows the groups and hosts";
}

function whyNothing(inventory: Names, pattern: string): readonly [string, string] {
  if (inventory.hosts.size === 0) return ["the inventory has no hosts", "add hosts to a group's `hosts`"];
  if (inventory.groups.get(pattern)?.length === 0)
    return [`the group \`${pattern}\` has no hosts`, "add hosts to it, or choose another group"];
  return [`\`${pattern}\` selects no host`, `the inventory has ${some(new Set(inventory.hosts.keys()))}`];
}

function inOrder(inventory: Names, hosts: ReadonlySet<string>): string[] {
  return (inventory.groups.get("all") ?? []).filter((name) => hosts.has(name));
}

function some(hosts: ReadonlySet<string>): string {
  const names = [...hosts];
  const more = names.length > 5 ? ` and ${(names.length - 5).toLocaleString("en")} more` : "";
  return names.slice(0, 5).join(", ") + more;
}

function count(hosts: number): string {
  return hosts === 1 ? "one host" : `${hosts.toLocaleString("en")} hosts`;
}

function nothing(message: string, hint: string): Fault {
  return { kind: "nothing-selected", message, hint };
}
