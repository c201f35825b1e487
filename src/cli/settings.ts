import { createHash } from "node:crypto";
import type { HostDigests, RunSettings } from "../model/settings.ts";
import type { Host } from "../model/inventory.ts";
import type { Runbook } from "../model/runbook.ts";
import { secretSources } from "./inputs.ts";
import type { RunOrder } from "./run.ts";
import type { Targets } from "./targets.ts";
import { homeOf } from "./user.ts";

/** What a run that goes on later needs of its command line. */
export function settingsOf(options: Omit<RunOrder, "scheduled">, targets: Targets, runbook: Runbook): RunSettings {
  return {
    cwd: process.cwd(),
    inventories: [...targets.sources],
    ...saidOf(targets.hosts, runbook, process.env),
    ...(options.user === undefined ? {} : { user: options.user }),
    ...(options.privateKey === undefined ? {} : { privateKey: options.privateKey }),
    ...(options.sshConfig === undefined ? {} : { sshConfig: options.sshConfig }),
    ...(options.vaultPasswordFile === undefined ? {} : { vaultPasswordFiles: [...options.vaultPasswordFile] }),
    become: options.become === true,
    askPass: options.askPass === true,
    askBecomePass: options.askBecomePass === true,
    acceptNewHostKeys: options.acceptNewHostKeys === true,
    jobs: options.jobs,
    ...(options.policy === undefined ? {} : { policy: options.policy }),
    secretInputs: secretSources(options.input, runbook),
    givenInputs: options.input.flatMap(({ name }) => (runbook.inputs[name]?.secret === false ? [name] : [])),
  };
}

/** What the inventory says of a run's hosts, as digests: of all of it, and of its parts for each host. */
export function saidOf(
  hosts: readonly Host[],
  runbook: Runbook,
  env: NodeJS.ProcessEnv,
): Pick<RunSettings, "inventoryDigest" | "compat"> & { readonly hostDigests: Record<string, HostDigests> } {
  const below = belowHome(env);
  const digest = (value: unknown): string =>
    createHash("sha256")
      .update(JSON.stringify(value, below) ?? "")
      .digest("hex")
      .slice(0, 12);
  const parts = ({ name, groups, vars, user, become, becomeUser, ...login }: Host): [string, HostDigests] => {
    // Of its variables only those that the runbook takes and shows.
    const shown = Object.entries(runbook.inputs).flatMap(([input, { secret }]) =>
      secret || !Object.hasOwn(vars, input) ? [] : [[input, vars[input]]],
    );
    const users = [user, become, becomeUser];
    return [name, { login: digest(login), user: digest(users), inputs: digest(shown), groups: digest(groups) }];
  };
  return {
    inventoryDigest: inventoryDigest(hosts, runbook, env),
    hostDigests: Object.fromEntries(hosts.map(parts)),
    compat: Object.fromEntries(hosts.flatMap(({ name, compat }) => (compat === undefined ? [] : [[name, compat]]))),
  };
}

/** Names files below the home of whoever runs us as `~/…`, in JSON. */
function belowHome(env: NodeJS.ProcessEnv): (key: string, value: unknown) => unknown {
  const home = `${homeOf(env)}/`;
  return (_, value) => (typeof value === "string" && value.startsWith(home) ? `~/${value.slice(home.length)}` : value);
}

/**
 * SHA-256 (hex) of all that an inventory says of hosts, in their order. Secrets are left out: from a digest they could be guessed. Where
 * it names a file below a home, that is the home of whoever runs us.
 */
export function inventoryDigest(hosts: readonly Host[], runbook: Runbook, env: NodeJS.ProcessEnv): string {
  const below = belowHome(env);
  const hash = createHash("sha256");
  for (const { vars, ...host } of hosts) {
    // A secret of the runbook may stand among the host's variables like every other; a password shows as dots.
    const shown = Object.entries(vars).filter(([name]) => runbook.inputs[name]?.secret !== true);
    const sorted = shown.toSorted(([a], [b]) => (a < b ? -1 : 1));
    hash.update(`${JSON.stringify(host, below)}\n${JSON.stringify(sorted)}\n`);
  }
  return hash.digest("hex");
}
