import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ssh2 from "ssh2";
import type { Berth } from "./fleet.ts";

/** The files of a lab that an inventory names. */
export const CLIENT_KEY = "id_ed25519";
export const KNOWN_HOSTS = "known_hosts";
export const INVENTORY = "inventory.yml";

/** Reads a private key from a file of the lab, making a fresh one first where there is none. Returns both halves, in OpenSSH's format. */
export function keyPair(directory: string, name: string): { private: string; public: string } {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, name);
  if (!existsSync(path)) {
    const made = freshKey();
    writeFileSync(`${path}.pub`, `${made.public}\n`, { mode: 0o600 });
    writeFileSync(path, `${made.private}\n`, { mode: 0o600 });
  }
  return { private: readFileSync(path, "utf8"), public: readFileSync(`${path}.pub`, "utf8").trim() };
}

/** Bytes of an ed25519 public key as SSH writes it: two lengths, the name of its kind, the key. */
const PUBLIC_KEY = 4 + 11 + 4 + 32;

/** A new key pair in OpenSSH's format. ssh2 drops the first byte of a public key where it is zero, which OpenSSH refuses: then another is made. */
export function freshKey(): { private: string; public: string } {
  for (;;) {
    const made = ssh2.utils.generateKeyPairSync("ed25519", { comment: "practice" });
    if (Buffer.from(made.public.split(" ")[1] ?? "", "base64").length === PUBLIC_KEY) return made;
  }
}

/** The host key of a practice host. */
export function hostKey(directory: string, berth: Berth): { private: string; public: string } {
  return keyPair(directory, `host_${berth.name}`);
}

/** Writes the known_hosts file and an inventory that reach the hosts, both with absolute paths. */
export function writeAddressBook(directory: string, hosts: readonly Berth[]): void {
  const known = hosts.map((berth) => {
    const [algorithm, blob] = hostKey(directory, berth).public.split(" ");
    return `[127.0.0.1]:${berth.port} ${algorithm} ${blob}\n`;
  });
  writeFileSync(join(directory, KNOWN_HOSTS), known.join(""), { mode: 0o600 });
  writeFileSync(join(directory, INVENTORY), inventoryText(directory, hosts), { mode: 0o600 });
}

/** An inventory of practice hosts in Ansible's YAML form; `directory` is where their keys are. */
export function inventoryText(directory: string, hosts: readonly Berth[]): string {
  const lines = hosts.map((berth) => `    ${berth.name}: { ansible_port: ${berth.port} } # ${berth.about}\n`);
  return [
    "xenservers:\n  vars:\n    ansible_host: 127.0.0.1\n    ansible_user: root\n",
    `    ansible_ssh_private_key_file: ${join(directory, CLIENT_KEY)}\n`,
    `    ansible_ssh_common_args: -o UserKnownHostsFile=${join(directory, KNOWN_HOSTS)} -o StrictHostKeyChecking=yes\n`,
    "    term_wait: 3s\n",
    "  hosts:\n",
    ...lines,
  ].join("");
}

/** Removes what a lab leaves in its directory, by name: the directory is the user's choice and may hold other things. */
export function forgetFiles(directory: string): void {
  if (!existsSync(directory)) return;
  const ours = /^(id_ed25519|host_xen\d+)(\.pub)?$|^(known_hosts|inventory\.yml|lab\.json\.new|server\.log)$/;
  for (const name of readdirSync(directory)) if (ours.test(name)) rmSync(join(directory, name));
  if (existsSync(join(directory, "mnt"))) rmdirSync(join(directory, "mnt"));
  if (readdirSync(directory).length === 0) rmdirSync(directory);
}
