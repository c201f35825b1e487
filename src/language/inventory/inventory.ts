import type { Fault } from "../../model/fault.ts";
import type { Host, Inventory, Unfit } from "../../model/inventory.ts";
import type { Opener } from "../../model/secret.ts";
import { concealedFault } from "./concealed.ts";
import { emptyDraft, type Draft, type FileOrigin } from "./draft.ts";
import { faultsOf, inFileOrder, misspeltFaults, refusalsOf, unfitFaults, withoutSecrets } from "./faults.ts";
import { settle, type Groups } from "./groups.ts";
import { compileHost } from "./host.ts";
import { readInventoryIni } from "./ini/ini.ts";
import { readHostList } from "./list.ts";
import { readProgram, type ProgramAnswer } from "./program.ts";
import { readInventoryYaml } from "./yaml.ts";

/** The text of one file with the absolute directory it is in (`hidden`: it was encrypted, and nothing of it is shown), what a program said, or a list of hosts. */
export type InventorySource =
  | ({ readonly kind: "yaml" | "ini"; readonly text: string } & FileOrigin)
  | ({ readonly kind: "program" } & ProgramAnswer)
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
  /** Hosts' variables that do not do, as `usage` faults at their places: one for each mistake, however many hosts it reaches. */
  readonly complain: (all: readonly Unfit[]) => Fault[];
};

/** Reads one or more sources into one inventory, later ones over earlier ones, or says everything that is wrong with them. */
export function parseInventory(sources: readonly InventorySource[], place: InventoryPlace): ParsedInventory | Fault[] {
  return completeInventory(draftInventory(sources), place);
}

/** Reads the sources only: which groups and hosts there are, so that their `group_vars` and `host_vars` can be found. */
export function draftInventory(sources: readonly InventorySource[], open: Opener = noPassword): Draft {
  const draft = emptyDraft(open);
  for (const source of sources) {
    const before = draft.faults.length;
    readSource(draft, source);
    if ("hidden" in source && (source.hidden ?? false))
      draft.faults.splice(before, Infinity, ...draft.faults.slice(before).map(concealedFault));
  }
  return draft;
}

const noPassword: Opener = () => ({ problem: "it is encrypted by ansible-vault", hint: "no password was given" });

function readSource(draft: Draft, source: InventorySource): void {
  switch (source.kind) {
    case "yaml":
      return readInventoryYaml(draft, source.text, source);
    case "ini":
      return readInventoryIni(draft, source.text, source);
    case "program":
      return readProgram(draft, source);
    case "list":
      return readHostList(draft, source.text);
  }
}

/** Makes an inventory of what was read, or says everything that is wrong with it. */
export function completeInventory(draft: Draft, place: InventoryPlace): ParsedInventory | Fault[] {
  const groups = settle(draft);
  const hosts = compileHosts(draft, groups, place);
  draft.faults.push(...misspeltFaults(draft));
  if (draft.faults.length > 0) return withoutSecrets(draft, inFileOrder(draft.faults));
  const names = [...draft.groups.keys()];
  return {
    inventory: { hosts, groups: new Map(names.map((name) => [name, groups.members(name)])) },
    tree: new Map(
      Array.from(draft.groups.values(), ({ name, children, hosts }) => [
        name,
        { children: [...children], hosts: [...hosts] },
      ]),
    ),
    warnings: [...withoutSecrets(draft, draft.warnings), ...sameNames(draft)],
    complain: (all) => unfitFaults(draft, groups, all),
  };
}

function compileHosts(draft: Draft, groups: Groups, place: InventoryPlace): Map<string, Host> {
  const made = Array.from(draft.hosts.values(), (host) =>
    compileHost(host, groups.of(host.name), groups.vars(host), place),
  );
  const complaints = made.flatMap(({ host, complaints }) =>
    complaints.map((complaint) => ({ host: host.name, complaint })),
  );
  draft.faults.push(...faultsOf(complaints.filter(({ complaint }) => complaint.later !== true)));
  const refused = refusalsOf(
    draft,
    complaints.filter(({ complaint }) => complaint.later === true),
  );
  return new Map(made.map(({ host }) => [host.name, withRefusal(host, refused.get(host.name))]));
}

function withRefusal(host: Host, refused: Fault | undefined): Host {
  return refused === undefined ? host : { ...host, refused };
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
