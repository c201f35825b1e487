import type { Fault } from "../model/fault.ts";
import type { Host, Inventory } from "../model/inventory.ts";
import { emptyDraft, type Draft } from "./inventory-draft.ts";
import { settle, type Groups } from "./inventory-groups.ts";
import { compileHost } from "./inventory-host.ts";
import { readHostList } from "./inventory-list.ts";
import type { Complaint } from "./inventory-reader.ts";
import { misspelt } from "./inventory-variables.ts";
import { readInventoryYaml } from "./inventory-yaml.ts";
import { inFileOrder } from "./source.ts";

/** One `-i`: the text of a YAML file with the absolute directory it is in, or a list of hosts. */
export type InventorySource =
  | { readonly kind: "yaml"; readonly text: string; readonly file: string; readonly directory: string }
  | { readonly kind: "list"; readonly text: string };

/** Absolute directories that relative paths and `~` stand for. */
export type InventoryPlace = { readonly cwd: string; readonly home: string };

/** How groups hold each other: name → its own children and hosts, in the inventory's order. */
export type GroupTree = ReadonlyMap<
  string,
  { readonly children: readonly string[]; readonly hosts: readonly string[] }
>;

/** An inventory with its tree of groups, and what is worth saying about it. */
export type ParsedInventory = {
  readonly inventory: Inventory;
  readonly tree: GroupTree;
  readonly warnings: readonly Fault[];
};

/** Reads one or more sources into one inventory, later ones over earlier ones, or says everything that is wrong with them. */
export function parseInventory(sources: readonly InventorySource[], place: InventoryPlace): ParsedInventory | Fault[] {
  const draft = emptyDraft();
  for (const source of sources) {
    if (source.kind === "yaml") readInventoryYaml(draft, source.text, source.file, source.directory);
    else readHostList(draft, source.text);
  }
  const groups = settle(draft);
  const hosts = compileHosts(draft, groups, place);
  draft.faults.push(...misspeltFaults(draft));
  if (draft.faults.length > 0) return sorted(draft.faults);
  const names = [...draft.groups.keys()];
  return {
    inventory: { hosts, groups: new Map(names.map((name) => [name, groups.members(name)])) },
    tree: new Map(
      Array.from(draft.groups.values(), ({ name, children, hosts }) => [
        name,
        { children: [...children], hosts: [...hosts] },
      ]),
    ),
    warnings: [...draft.warnings, ...sameNames(draft)],
  };
}

function compileHosts(draft: Draft, groups: Groups, place: InventoryPlace): Map<string, Host> {
  const hosts = new Map<string, Host>();
  const complaints: { readonly host: string; readonly complaint: Complaint }[] = [];
  for (const host of draft.hosts.values()) {
    const made = compileHost(host, groups.of(host.name), groups.vars(host), place);
    hosts.set(host.name, made.host);
    complaints.push(...made.complaints.map((complaint) => ({ host: host.name, complaint })));
  }
  draft.faults.push(...told(complaints));
  return hosts;
}

/** One fault for each mistake, however many hosts a group's variable reaches. */
function told(complaints: readonly { readonly host: string; readonly complaint: Complaint }[]): Fault[] {
  const same = Map.groupBy(complaints, ({ complaint: { variable, name, message } }) => {
    const { where } = variable.fault("");
    return JSON.stringify([where, name, message]);
  });
  return [...same.values()].flatMap(([first, ...rest]) => {
    if (first === undefined) return [];
    const { name, variable, message, hint } = first.complaint;
    const more = rest.length === 0 ? "" : ` and ${rest.length.toLocaleString("en")} more hosts`;
    return [variable.fault(`${first.host}${more}: \`${name}\`: ${message}`, hint)];
  });
}

/** By file as they were given, then by place. */
function sorted(faults: readonly Fault[]): Fault[] {
  const files = Map.groupBy(faults, ({ where = "" }) => where.replace(/:\d+:\d+$/, ""));
  return [...files.values()].flatMap((each) => inFileOrder(each));
}

/** Only single values are looked at: a list named `ansible_users` is somebody's own. */
function misspeltFaults({ groups, hosts }: Draft): Fault[] {
  return [...groups.values(), ...hosts.values()].flatMap(({ name, vars }) =>
    Array.from(vars, ([key, variable]) => {
      const meant = typeof variable.value === "object" ? undefined : misspelt(key);
      if (meant === undefined) return undefined;
      return variable.fault(`\`${key}\` of \`${name}\` is no variable that is known`, `did you mean \`${meant}\`?`);
    }).filter((fault) => fault !== undefined),
  );
}

function sameNames({ groups, hosts }: Draft): Fault[] {
  return [...hosts.keys()]
    .filter((name) => groups.has(name))
    .map((name) => ({
      kind: "invalid-file",
      message: `\`${name}\` is the name of a host and of a group: in a pattern it means the host`,
      hint: "rename one of them",
    }));
}
