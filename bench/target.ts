import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { address, hostName } from "./address.ts";
import type { Fleet } from "./fleet.ts";

/** Hosts that a rival is sent to, and the files that tell it how to reach them. */
export type Target = {
  readonly hosts: readonly { readonly name: string; readonly address: string }[];
  readonly port: number;
  readonly key: string;
  readonly hostKey: string;
  readonly knownHosts: string;
  /** YAML that Ansible and Runbook both read. */
  readonly inventory: string;
  /** One address a line. */
  readonly list: string;
};

/** Hosts at work at the same time, in every rival. */
export const WIDTH = 50;

/** Options for OpenSSH's client with which it trusts exactly these hosts. */
export function sshOptions(target: Pick<Target, "knownHosts">): readonly string[] {
  return ["-o", `UserKnownHostsFile=${target.knownHosts}`, "-o", "StrictHostKeyChecking=yes"];
}

/** The first `count` hosts of a fleet, as they are or behind its relay. */
export async function target(fleet: Fleet, count: number, delayed: boolean): Promise<Target> {
  const dir = join(fleet.dir, `${delayed ? "delayed" : "direct"}-${count}`);
  await mkdir(dir, { recursive: true });
  const hosts = Array.from({ length: count }, (_, index) => ({
    name: hostName(index),
    address: address(delayed ? "delayed" : "direct", index),
  }));
  const made: Target = {
    hosts,
    port: fleet.port,
    key: fleet.key,
    hostKey: fleet.hostKey,
    knownHosts: join(dir, "known_hosts"),
    inventory: join(dir, "inventory.yml"),
    list: join(dir, "hosts"),
  };
  await writeFile(made.knownHosts, hosts.map((host) => `[${host.address}]:${fleet.port} ${fleet.hostKey}\n`).join(""));
  await writeFile(made.list, hosts.map((host) => `${host.address}\n`).join(""));
  await writeFile(made.inventory, inventory(made));
  return made;
}

function inventory(made: Target): string {
  const vars = {
    ansible_user: "root",
    ansible_port: made.port,
    ansible_ssh_private_key_file: made.key,
    ansible_ssh_common_args: sshOptions(made).join(" "),
    // Spares Ansible the search, which would cost it a round trip a host.
    ansible_python_interpreter: "/usr/bin/python3",
  };
  const hosts = Object.fromEntries(made.hosts.map((host) => [host.name, { ansible_host: host.address }]));
  // JSON is YAML.
  return `${JSON.stringify({ all: { vars, hosts } }, null, 1)}\n`;
}
