import type { GroupTree } from "../language/inventory/inventory.ts";
import { matchHosts } from "../language/inventory/pattern.ts";
import { loadInventory } from "../load/inventory.ts";
import type { Fault } from "../model/fault.ts";
import type { Host, Inventory } from "../model/inventory.ts";
import { clean } from "../view/clean.ts";
import { pad, widthOf } from "../view/width.ts";
import { EXIT } from "./exit.ts";
import { exitOfFaults, tell, type Io } from "./io.ts";

/** What `runbook inventory` was asked. */
export type InventoryOptions = {
  readonly sources: readonly string[];
  readonly limit?: string;
  readonly graph?: boolean;
  readonly json?: boolean;
};

/** What the command needs from its caller. */
export type InventoryContext = {
  readonly cwd: string;
  readonly home: string;
  readonly io: Io;
};

/** Variables whose names say that they are nobody's business. */
const PRIVATE = /pass(word|wd|phrase)?$|passwd|passphrase|secret|token|api_?key|private_key$|credential/i;

/** Shows the hosts of an inventory as a list (or all that is known of them, as JSON), or the tree of its groups. The result is an exit code. */
export async function inventory(options: InventoryOptions, context: InventoryContext): Promise<number> {
  const loaded = await loadInventory(options.sources, context);
  if (Array.isArray(loaded)) return refuse(loaded, context.io);
  const names = matchHosts(loaded.inventory, options.limit ?? "all");
  if (!Array.isArray(names)) return refuse([names], context.io);
  for (const { message, hint = "" } of loaded.warnings) {
    context.io.err(`warning: ${clean(message)}\n  → ${clean(hint)}\n`);
  }
  if (options.json === true) context.io.out(`${JSON.stringify(report(loaded.inventory, names), null, 2)}\n`);
  else if (options.graph === true) context.io.out(graph(loaded.tree, new Set(names)));
  else context.io.out(list(loaded.inventory, names));
  return EXIT.ok;
}

function refuse(faults: readonly Fault[], io: Io): number {
  tell(faults, io);
  return exitOfFaults(faults);
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

/** Where a connection goes: `root@10.0.0.1:2222`; the usual port and the user who runs us are left out. */
function login({ connection, address, port, user }: Host): string {
  if (connection === "local") return "this machine";
  const to = address.includes(":") ? `[${address}]` : address;
  return `${user === undefined ? "" : `${user}@`}${to}${port === 22 ? "" : `:${port}`}`;
}

/** The groups as a tree, each with the selected hosts it names itself; groups without any are left out. */
function graph(tree: GroupTree, names: ReadonlySet<string>): string {
  const lines = (group: string, depth: number): string[] => {
    const { children = [], hosts = [] } = tree.get(group) ?? {};
    const below = children.flatMap((child) => lines(child, depth + 1));
    const own = hosts.filter((host) => names.has(host)).map((host) => `${"  ".repeat(depth + 1)}${clean(host)}\n`);
    return below.length + own.length === 0 ? [] : [`${"  ".repeat(depth)}${clean(group)}:\n`, ...below, ...own];
  };
  return lines("all", 0).join("");
}

function report({ hosts, groups }: Inventory, names: readonly string[]): unknown {
  const selected = new Set(names);
  return {
    groups: Object.fromEntries(
      Array.from(groups, ([name, members]) => [name, members.filter((member) => selected.has(member))]),
    ),
    hosts: Object.fromEntries(names.map((name) => [name, veil(hosts.get(name))])),
  };
}

/** Secrets hide themselves; values that are private by their name are hidden here. */
function veil(value: unknown, name = ""): unknown {
  if (PRIVATE.test(name) && typeof value !== "object" && value !== undefined) return "••••••";
  if (Array.isArray(value)) return value.map((each) => veil(each, name));
  if (typeof value !== "object" || value === null || "toJSON" in value) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, veil(each, key)]));
}
