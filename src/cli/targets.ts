import { selectHosts } from "../language/inventory/pattern.ts";
import type { ParsedInventory } from "../language/inventory/inventory.ts";
import { loadInventory, type LoadedInventory } from "../load/inventory.ts";
import { expandPattern } from "../load/pattern.ts";
import { isFault, type Fault } from "../model/fault.ts";
import type { Host, Inventory } from "../model/inventory.ts";
import type { Secret } from "../model/secret.ts";
import { tell, type Io } from "./io.ts";
import { homeOf } from "./user.ts";

/** The options that say which inventory; and how to open what is encrypted in it. */
export type SourceOptions = {
  readonly inventory?: readonly string[] | undefined;
  readonly vaultPasswordFile?: readonly string[] | undefined;
};

/** The options that say which hosts, and how to log in to them. The same for every command that reaches hosts. */
export type TargetOptions = SourceOptions & {
  readonly limit?: string | undefined;
  readonly hosts?: string | undefined;
  readonly user?: string | undefined;
  readonly privateKey?: string | undefined;
  readonly sshConfig?: string | undefined;
};

/** Passwords asked for at the start; undefined where nobody asked for them. */
export type Passwords = { readonly login: Secret | undefined; readonly become: Secret | undefined };

/** The hosts that a command is about; `source` names their inventory in a line, `sources` as `-i` would. */
export type Targets = {
  readonly hosts: readonly Host[];
  readonly source: string;
  readonly sources: readonly string[];
  readonly inventory: Inventory;
  readonly complain: ParsedInventory["complain"];
};

/** Reads the sources that were given, else $RUNBOOK_INVENTORY, and tells its warnings. `label` names them all in a line. */
export async function openInventory(
  options: SourceOptions,
  env: NodeJS.ProcessEnv,
  io: Io,
): Promise<(LoadedInventory & { readonly label: string; readonly sources: readonly string[] }) | readonly Fault[]> {
  const fromEnv = env["RUNBOOK_INVENTORY"];
  const sources = options.inventory ?? (fromEnv === undefined || fromEnv === "" ? [] : [fromEnv]);
  if (sources.includes("")) {
    return [{ kind: "usage", where: "-i", message: "no inventory is named", hint: "-i FILE or -i host1,host2," }];
  }
  const vaultPasswordFiles = [...(options.vaultPasswordFile ?? []), env["ANSIBLE_VAULT_PASSWORD_FILE"] ?? ""];
  const loaded = await loadInventory(sources, {
    cwd: process.cwd(),
    home: homeOf(env),
    vaultPasswordFiles: vaultPasswordFiles.filter((file) => file !== ""),
  });
  if (Array.isArray(loaded)) return loaded;
  tell(loaded.warnings, io, "warning");
  const labels = sources.map((source, at) => (loaded.kinds[at] === "list" ? source.replace(/,+$/, "") : source));
  return { ...loaded, label: labels.join(", "), sources };
}

/**
 * Reads the inventory and selects hosts by `--hosts`, else by the command's `own` pattern, in whose place a mere list of hosts
 * puts all of them. `--limit` narrows it. Nothing selected is a fault.
 */
export async function selectTargets(
  options: TargetOptions,
  own: string,
  env: NodeJS.ProcessEnv,
  io: Io,
): Promise<Targets | readonly Fault[]> {
  const loaded = await openInventory(options, env, io);
  if (!("inventory" in loaded)) return loaded;
  const chosen = await withPatternFiles(options);
  if (isFault(chosen)) return [chosen];
  const names = selectNames(loaded, chosen, own);
  if (isFault(names)) return [names];
  const hosts = names.flatMap((name) => loaded.inventory.hosts.get(name) ?? []);
  return {
    hosts,
    source: loaded.label,
    sources: loaded.sources,
    inventory: loaded.inventory,
    complain: loaded.complain,
  };
}

/** The options with every `@file` in their patterns written out. */
export async function withPatternFiles<
  T extends { readonly limit?: string | undefined; readonly hosts?: string | undefined },
>(options: T): Promise<T | Fault> {
  const [limit, hosts] = await Promise.all([expandPattern(options.limit), expandPattern(options.hosts)]);
  if (isFault(limit)) return limit;
  return isFault(hosts) ? hosts : { ...options, limit, hosts };
}

/** The names that `selectTargets` selects of an inventory that is open already. */
export function selectNames(loaded: LoadedInventory, options: TargetOptions, own: string): string[] | Fault {
  const listed = loaded.kinds.every((kind) => kind === "list");
  return selectHosts(loaded.inventory, options.hosts ?? (listed ? "all" : own), options.limit);
}

/** The hosts with what the command line adds. As with Ansible, what the inventory says of a host wins over `-u` and the prompts. */
export function withLogin(hosts: readonly Host[], options: TargetOptions, passwords: Passwords): Host[] {
  return hosts.map((host) => ({
    ...host,
    user: host.user ?? options.user,
    keyFiles: host.keyFiles.length === 0 && options.privateKey !== undefined ? [options.privateKey] : host.keyFiles,
    password: host.password ?? passwords.login,
    becomePassword: host.becomePassword ?? passwords.become ?? ownPassword(host, passwords),
  }));
}

/** The login user's password may do for sudo and doas; su wants that of somebody else. */
function ownPassword({ becomeMeans }: Host, { login }: Passwords): Secret | undefined {
  return becomeMeans?.method === "su" ? undefined : login;
}
