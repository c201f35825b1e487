import type { GroupTree } from "../language/inventory/inventory.ts";
import { matchHosts } from "../language/inventory/pattern.ts";
import type { LoadedInventory } from "../load/inventory.ts";
import { isFault, type Fault } from "../model/fault.ts";
import type { Host, Inventory } from "../model/inventory.ts";
import { MASK } from "../model/secret.ts";
import { jsonText } from "../report/json.ts";
import { clean } from "../view/clean.ts";
import { pad, widthOf } from "../view/width.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";
import { openInventory, withPatternFiles, type SourceOptions } from "./targets.ts";

/** `runbook inventory`'s options, as the command line gives them. */
export type InventoryOptions = SourceOptions & {
  readonly limit?: string | undefined;
  readonly graph?: boolean | undefined;
  readonly list?: boolean | undefined;
};

/** Variables whose names say that they are nobody's business. */
const PRIVATE = /pass(word|wd|phrase)?s?$|passwd|passphrase|secret|token|api_?key|private_key$|credential/i;

/** Shows the hosts of an inventory as a list (or all that is known of them, as JSON), or the tree of its groups. */
export async function inventory(
  options: InventoryOptions,
  env: NodeJS.ProcessEnv,
  io: Io,
): Promise<number | readonly Fault[]> {
  const loaded = await openInventory(options, env, io);
  if (!("inventory" in loaded)) return loaded;
  const chosen = await withPatternFiles(options);
  if (isFault(chosen)) return [chosen];
  const names = matchHosts(loaded.inventory, chosen.limit ?? "all");
  if (!Array.isArray(names)) return [names];
  if (options.list === true) io.out(`${jsonText(report(loaded, names), "page")}\n`);
  else if (options.graph === true) io.out(graph(loaded.tree, new Set(names), options.limit !== undefined));
  else io.out(list(loaded.inventory, names));
  return EXIT.ok;
}

function list({ hosts }: Inventory, names: readonly string[]): string {
  const rows = names.map((name) => row(name, hosts.get(name)));
  const widths = [0, 1].map((column) => Math.max(...rows.map((cells) => widthOf(cells[column] ?? ""))));
  return rows
    .map((cells) => cells.map((cell, column) => pad(cell, widths[column] ?? 0)).join("  "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

function row(name: string, host: Host | undefined): readonly string[] {
  if (host === undefined) return [clean(name)];
  const groups = host.groups.filter((group) => group !== "all").join(", ");
  const refused = host.refused === undefined ? "" : ` (${host.refused.message})`;
  return [clean(name), clean(login(host)), clean(groups + refused)];
}

/** Where a connection goes: `root@10.0.0.1:2222`; the usual port and the user who runs us are left out. What only ssh's own configuration knows is not told. */
function login({ connection, address, port, user, ssh }: Host): string {
  if (connection === "local") return "this machine";
  const to = address.includes(":") ? `[${address}]` : address;
  const by = connection === "openssh" ? " by openssh" : "";
  const through = (ssh?.jumps ?? []).length === 0 ? "" : ` through ${ssh?.jumps?.join(", ")}`;
  return `${user === undefined ? "" : `${user}@`}${to}${port === 22 ? "" : `:${port}`}${by}${through}`;
}

/** The groups as a tree, drawn as `ansible-inventory --graph` draws it; narrowed to some hosts, groups without any are left out. */
function graph(tree: GroupTree, names: ReadonlySet<string>, narrowed: boolean): string {
  const lines = (group: string, depth: number): string[] => {
    const { children = [], hosts = [] } = tree.get(group) ?? {};
    const below = children.flatMap((child) => lines(child, depth + 1));
    // Whoever is in `all` is in another group too.
    const own = group === "all" ? [] : hosts.filter((host) => names.has(host)).map((host) => line(host, depth + 1));
    return narrowed && below.length + own.length === 0 ? [] : [line(`@${group}:`, depth), ...below, ...own];
  };
  return lines("all", 0).join("");
}

function line(name: string, depth: number): string {
  return depth === 0 ? `${clean(name)}\n` : `${"  |".repeat(depth)}--${clean(name)}\n`;
}

/** What `ansible-inventory --list` says, with secrets masked, and besides it what became of the connection variables. */
function report({ inventory: { hosts }, tree }: LoadedInventory, names: readonly string[]): object {
  const selected = new Set(names);
  const groups = Array.from(tree, ([group, { children, hosts: own }]) => {
    const members = group === "all" ? [] : own.filter((host) => selected.has(host));
    const shape = { ...(members.length > 0 && { hosts: members }), ...(children.length > 0 && { children }) };
    return [group, shape] as const;
  });
  const said = names.flatMap((name) => hosts.get(name) ?? []);
  const hostvars = said.filter(({ vars }) => Object.keys(vars).length > 0).map(({ name, vars }) => [name, vars]);
  const connections = said.map(({ vars: _vars, groups: _groups, name, ...connection }) => [name, connection]);
  return {
    _meta: veil({ hostvars: Object.fromEntries(hostvars), connections: Object.fromEntries(connections) }, false),
    ...Object.fromEntries(groups.filter(([, shape]) => Object.keys(shape).length > 0)),
  };
}

/** Secrets hide themselves; what is private by its name is hidden here, with all that is below it. */
function veil(value: unknown, hidden: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => veil(each, hidden));
  if (typeof value === "object" && value !== null && !("toJSON" in value)) {
    const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(members.map(([key, each]) => [key, veil(each, hidden || PRIVATE.test(key))]));
  }
  return hidden && value !== undefined && value !== null ? MASK : value;
}
