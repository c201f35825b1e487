import { join } from "node:path";
import type { ServerHostKeyAlgorithm } from "ssh2";
import type { Fault } from "../../model/fault.ts";
import type { HostKeyChecking } from "../../model/inventory.ts";
import { hostKeyAlgorithms } from "../ssh/algorithms.ts";
import {
  fingerprint,
  judgeKey,
  keysOf,
  keyType,
  knownName,
  rsaBits,
  type KnownKey,
  type Verdict,
} from "./knownhosts.ts";
import { knownHostsFiles } from "./knownfiles.ts";
import type { Target } from "../ssh/target.ts";

/** What is known of one host's keys, and what to make of the one it shows. */
export type HostKeys = {
  /** Host key algorithms in the order to ask for: those of known keys first, so that the host shows the key we know. */
  readonly algorithms: readonly ServerHostKeyAlgorithm[];
  /** Undefined: go on. */
  check(blob: Buffer): Fault | undefined;
  /** Writes down a key that was new and accepted, once the host has proved that it holds it. */
  remember(): Promise<Fault | undefined>;
};

/** Finds out what is known of a host; made once a run, so that a file is read once and written by one at a time. */
export type HostKeyReader = (host: Target) => Promise<HostKeys>;

/** A reader of known_hosts files. `fallback` holds where the inventory says nothing about host-key checking. */
export function hostKeyReader(home: string, fallback: HostKeyChecking): HostKeyReader {
  const files = knownHostsFiles();
  return async (host) => {
    const { user, global } = filesOf(host, home);
    const known = (await Promise.all([...user, ...global].map((file) => files.read(file)))).flat();
    const [name, port] = nameOf(host);
    const about = keysOf(known, name, port);
    const checking = host.hostKeyChecking ?? fallback;
    const file = user[0];
    let accepted: Buffer | undefined;
    return {
      algorithms: preferred(about, host.wanted.hostKey ?? hostKeyAlgorithms(host.compat)),
      check(blob) {
        const verdict = judgeKey(about, blob);
        const bits = rsaBits(blob);
        if (bits !== undefined && bits < (host.ssh.rsaSize ?? 0)) return tooShort(host, bits);
        if (verdict.kind === "known" || (checking === "off" && verdict.kind !== "revoked")) return undefined;
        if (verdict.kind === "unknown" && checking === "accept-new") {
          accepted = blob;
          return undefined;
        }
        return refusal(verdict, host, blob, file ?? join(home, ".ssh/known_hosts"));
      },
      async remember() {
        if (accepted === undefined || file === undefined) return undefined;
        const own = knownName(name, port);
        const line = `${host.ssh.hashKnownHosts === true ? files.hashed(own) : own} ${keyType(accepted)} ${accepted.toString("base64")}`;
        const problem = await files.append(file, line);
        return problem === undefined ? undefined : unwritten(problem, host.name);
      },
    };
  };
}

function filesOf(host: Target, home: string): { readonly user: readonly string[]; readonly global: readonly string[] } {
  const expand = (file: string): string => (file.startsWith("~/") ? join(home, file.slice(2)) : file);
  const given = (files: readonly string[] | undefined): readonly string[] | undefined =>
    files?.filter((file) => file !== "none").map(expand);
  return {
    user: given(host.userKnownHosts) ?? [join(home, ".ssh/known_hosts"), join(home, ".ssh/known_hosts2")],
    global: given(host.globalKnownHosts) ?? ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"],
  };
}

function preferred(
  about: readonly KnownKey[],
  all: readonly ServerHostKeyAlgorithm[],
): readonly ServerHostKeyAlgorithm[] {
  const types = new Set(about.filter((key) => key.marker === null).map((key) => key.type));
  const isKnown = (algorithm: string): boolean => types.has(algorithm.startsWith("rsa-") ? "ssh-rsa" : algorithm);
  return [...all.filter(isKnown), ...all.filter((algorithm) => !isKnown(algorithm))];
}

function refusal(verdict: Exclude<Verdict, { kind: "known" }>, host: Target, blob: Buffer, file: string): Fault {
  const shown = `${keyType(blob)} ${fingerprint(blob)}`;
  const fault = (message: string, hint: string): Fault => ({ kind: "host-key", message, hint, where: host.name });
  const name = knownName(...nameOf(host));
  const scan = scanOf(host, file);
  switch (verdict.kind) {
    case "unknown":
      return fault(
        `the key of ${name} is not known: ${shown}`,
        `Compare this fingerprint with the host's own (ssh-keygen -lf on it), then: ${scan} — or run once with --accept-new-host-keys.${commandWord(host)}`,
      );
    case "changed":
      return fault(
        `the key of ${name} has changed: it shows ${shown}, but ${verdict.by.where} has ${verdict.by.type} ${fingerprint(verdict.by.blob)}`,
        `Somebody may be in between, or the host was installed anew. If you know why: ssh-keygen -f ${fileOf(verdict.by)} -R '${name}' && ${scan}`,
      );
    case "revoked":
      return fault(
        `the key of ${name} is revoked by ${verdict.by.where}: ${shown}`,
        "Do not log in: this key is known to be in wrong hands. Give the host a new key.",
      );
    case "authority":
      return fault(
        `${name} is known by a certificate authority only (${verdict.by.where}), and host certificates are not checked here`,
        `With \`runbook_connection: openssh\` the system's ssh checks them. Or add the host's own key: ${scan}`,
      );
  }
}

/** That somebody else might know the key. */
function commandWord({ ssh: { lacking = [] } }: Target): string {
  const named = lacking.some((option) => option.toLowerCase() === "knownhostscommand");
  return named ? " KnownHostsCommand is not asked here; with `runbook_connection: openssh` the system's ssh does." : "";
}

/** The name and port under which a host's key is kept; an alias has no port. */
function nameOf({ address, port, ssh: { hostKeyAlias } }: Target): [name: string, port: number] {
  return hostKeyAlias === undefined ? [address, port] : [hostKeyAlias, 22];
}

/** The command that adds a host's key; nobody but the jump host can ask for the key of a host behind it. */
function scanOf({ address, port, ssh: { hostKeyAlias, jumps = [] } }: Target, file: string): string {
  const [hop, hopPort] = (jumps.at(-1) ?? "").split(/:(?=\d+$)/);
  const through = jumps.length > 1 ? ` -J ${jumps.slice(0, -1).join(",")}` : "";
  const by = hop === "" ? "" : `ssh${through}${hopPort === undefined ? "" : ` -p ${hopPort}`} ${hop} `;
  const renamed = hostKeyAlias === undefined ? "" : ` | sed 's/^[^# ][^ ]*/${hostKeyAlias}/'`;
  return `${by}ssh-keyscan -p ${port} ${address}${renamed} >> ${file}`;
}

function tooShort({ name, ssh }: Target, bits: number): Fault {
  return {
    kind: "host-key",
    message: `the host's RSA key has ${bits} bits, and ${ssh.rsaSize} are wanted (RequiredRSASize)`,
    where: name,
    hint: "Give the host a longer key, or another kind of key.",
  };
}

function fileOf(key: KnownKey): string {
  return key.where.slice(0, key.where.lastIndexOf(":"));
}

/** A new key was accepted that could not be remembered. */
export function unwritten(problem: string, where: string): Fault {
  return {
    kind: "host-key",
    message: `the new host key could not be written down: ${problem}`,
    where,
    hint: "A key that is not remembered protects nobody the next time.",
  };
}
