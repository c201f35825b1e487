import { selectHosts } from "../language/inventory/pattern.ts";
import { loadInventory } from "../load/inventory.ts";
import { isFault, type Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { Secret } from "../model/secret.ts";
import type { Io } from "./io.ts";

/** The options that say which hosts, and how to log in to them. The same for every command that reaches hosts. */
export type TargetOptions = {
  readonly inventory?: readonly string[] | undefined;
  readonly limit?: string | undefined;
  readonly user?: string | undefined;
  readonly privateKey?: string | undefined;
};

/** Passwords asked for at the start; undefined where nobody asked for them. */
export type Passwords = { readonly login: Secret | undefined; readonly become: Secret | undefined };

/** Reads the inventory and selects hosts: `pattern` is the runbook's or `all`, `--limit` narrows it. Nothing selected is a fault. */
export async function selectTargets(
  options: TargetOptions,
  pattern: string,
  env: NodeJS.ProcessEnv,
  io: Io,
): Promise<{ readonly hosts: readonly Host[]; readonly source: string } | readonly Fault[]> {
  const fromEnv = env["RUNBOOK_INVENTORY"];
  const sources = options.inventory ?? (fromEnv === undefined || fromEnv === "" ? [] : [fromEnv]);
  if (sources.includes("")) {
    return [{ kind: "usage", where: "-i", message: "no inventory is named", hint: "-i FILE or -i host1,host2," }];
  }
  const loaded = await loadInventory(sources, { cwd: process.cwd(), home: env["HOME"] ?? "/" });
  if (Array.isArray(loaded)) return loaded;
  for (const warning of loaded.warnings) {
    io.err(`warning: ${warning.message}\n${warning.hint === undefined ? "" : `  → ${warning.hint}\n`}`);
  }
  const listed = sources.every((source) => source.includes(","));
  const names = selectHosts(loaded.inventory, listed ? "all" : pattern, options.limit);
  if (isFault(names)) return [names];
  const hosts = names.flatMap((name) => loaded.inventory.hosts.get(name) ?? []);
  return { hosts, source: sources.join(", ") };
}

/** The hosts with what the command line adds. As with Ansible, what the inventory says of a host wins over `-u` and the prompts. */
export function withLogin(hosts: readonly Host[], options: TargetOptions, passwords: Passwords): Host[] {
  return hosts.map((host) => ({
    ...host,
    user: host.user ?? options.user,
    keyFiles: host.keyFiles.length === 0 && options.privateKey !== undefined ? [options.privateKey] : host.keyFiles,
    password: host.password ?? passwords.login,
    becomePassword: host.becomePassword ?? passwords.become ?? passwords.login,
  }));
}
