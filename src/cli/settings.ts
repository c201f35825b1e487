import { createHash } from "node:crypto";
import type { RunSettings } from "../model/event.ts";
import type { Host } from "../model/inventory.ts";
import type { Runbook } from "../model/runbook.ts";
import { secretSources } from "./inputs.ts";
import type { RunCommandOptions } from "./run.ts";
import type { Targets } from "./targets.ts";
import { homeOf } from "./user.ts";

/** What a run that goes on later needs of its command line. */
export function settingsOf(options: RunCommandOptions, targets: Targets, runbook: Runbook): RunSettings {
  return {
    cwd: process.cwd(),
    inventories: [...targets.sources],
    inventoryDigest: inventoryDigest(targets.hosts, runbook, process.env),
    ...(options.user === undefined ? {} : { user: options.user }),
    ...(options.privateKey === undefined ? {} : { privateKey: options.privateKey }),
    ...(options.vaultPasswordFile === undefined ? {} : { vaultPasswordFiles: [...options.vaultPasswordFile] }),
    become: options.become === true,
    askPass: options.askPass === true,
    askBecomePass: options.askBecomePass === true,
    acceptNewHostKeys: options.acceptNewHostKeys === true,
    jobs: options.jobs,
    ...(options.policy === undefined ? {} : { policy: options.policy }),
    secretInputs: secretSources(options.input ?? [], runbook),
  };
}

/**
 * SHA-256 (hex) of all that an inventory says of hosts, in their order. Secrets are left out: from a digest they could be guessed. Where
 * it names a file below a home, that is the home of whoever runs us.
 */
export function inventoryDigest(hosts: readonly Host[], runbook: Runbook, env: NodeJS.ProcessEnv): string {
  const home = `${homeOf(env)}/`;
  const below = (_: string, value: unknown): unknown =>
    typeof value === "string" && value.startsWith(home) ? `~/${value.slice(home.length)}` : value;
  const hash = createHash("sha256");
  for (const { vars, ...host } of hosts) {
    // A secret of the runbook may stand among the host's variables as any other does; a password shows as dots.
    const shown = Object.entries(vars).filter(([name]) => runbook.inputs[name]?.secret !== true);
    const sorted = shown.toSorted(([a], [b]) => (a < b ? -1 : 1));
    hash.update(`${JSON.stringify(host, below)}\n${JSON.stringify(sorted)}\n`);
  }
  return hash.digest("hex");
}
