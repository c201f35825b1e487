import { hostname } from "node:os";
import { join } from "node:path";
import { readSetting } from "../../language/inventory/ssh.ts";
import { knowsSshOption, type SshOptions, takesMany } from "../../language/inventory/ssh-options.ts";
import { OPENSSH_CAN } from "../../language/inventory/ssh-names.ts";
import type { Fault } from "../../model/fault.ts";
import type { Host } from "../../model/inventory.ts";
import type { SshSettings } from "../../model/ssh.ts";
import type { ConfigLines } from "../config/read.ts";
import { unmet, type Wanted, wantedAlgorithms } from "./wanted.ts";

/** A host with all that is to be known to log in to it: what its inventory says, then what ssh's configuration says. */
export type Target = Host & {
  readonly user: string;
  readonly ssh: SshSettings;
  /** The address before ssh's configuration had its word. */
  readonly original: string;
  readonly wanted: Wanted;
};

/** Whose machine this is, and what they said on the command line. */
export type Here = { readonly home: string; readonly user: string; readonly acceptNewHostKeys?: boolean };

/** Puts together what is said of a host. What its inventory says wins; key files add up, as in ssh. */
export function targetOf(host: Host, lines: ConfigLines, here: Here): Target | Fault {
  const options: SshOptions = { ...saidOf(host) };
  const directories = { cwd: process.cwd(), home: here.home, inventory: undefined };
  for (const [name, texts] of lines) {
    if (!knowsSshOption(name)) continue;
    for (const text of texts) {
      const values = takesMany(name) ? text.split(" ") : [text];
      const refusal = readSetting(name, values, options, directories);
      if (refusal !== undefined) return refused(host, refusal);
    }
  }
  const unknown = options.methods?.every((method) => !METHODS.has(method)) === true;
  if (unknown)
    return refused(host, { message: `not supported: ${options.methods?.join(", ")} alone`, hint: `${OPENSSH_CAN}.` });
  const wanted = wantedAlgorithms(options, host.compat);
  const none = unmet(wanted);
  if (none !== undefined)
    return refused(host, { message: `no algorithm of ${none} is supported`, hint: `${OPENSSH_CAN}.` });
  const port = options.port ?? 22;
  const user = options.user ?? here.user;
  const address = options.hostName?.replaceAll(/%([%h])/g, (_, token) => (token === "h" ? host.address : "%"));
  const reached = { ...host, address: address ?? host.address, original: host.address, port, user, wanted };
  const paths = (files: readonly string[] | undefined): readonly string[] | undefined =>
    files?.map((file) => expanded(file, { ...reached, ssh: options }, here));
  return {
    ...reached,
    keyFiles: paths(options.keyFiles) ?? [],
    identitiesOnly: options.identitiesOnly ?? false,
    userKnownHosts: paths(options.userKnownHosts),
    globalKnownHosts: options.globalKnownHosts,
    hostKeyChecking: host.hostKeyChecking ?? checkingHere(options.hostKeyChecking, here),
    ssh: { ...options, certificateFiles: paths(options.certificateFiles) ?? [] },
  };
}

/** How a login can be proved here. */
const METHODS: ReadonlySet<string> = new Set(["publickey", "password", "keyboard-interactive"]);

/** What the configuration says of checking host keys; the command line says more than its `yes`. */
function checkingHere(said: SshSettings["hostKeyChecking"], here: Here): SshSettings["hostKeyChecking"] {
  return said === "strict" && here.acceptNewHostKeys === true ? "accept-new" : said;
}

/** What the inventory says, as options. */
function saidOf(host: Host): SshOptions {
  const { port, user, keyFiles, identitiesOnly, userKnownHosts, globalKnownHosts, hostKeyChecking, ssh } = host;
  const said = {
    ...ssh,
    ...(port !== 22 && { port }),
    ...(keyFiles.length > 0 && { keyFiles }),
    ...(identitiesOnly && { identitiesOnly }),
  };
  const more = { user, userKnownHosts, globalKnownHosts, hostKeyChecking };
  return { ...said, ...Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined)) };
}

/** A path with `~`, ssh's tokens and variables of the environment written out; what is none of these stays. */
export function expanded(text: string, target: Target, { home, user }: Here): string {
  const known: Readonly<Record<string, string>> = {
    "%": "%",
    d: home,
    h: target.address,
    i: String(process.getuid?.() ?? ""),
    k: target.ssh.hostKeyAlias ?? target.address,
    L: hostname().split(".")[0] ?? "",
    l: hostname(),
    n: target.original,
    p: String(target.port),
    r: target.user,
    u: user,
  };
  const path = text
    .replaceAll(/%(.)/g, (token, letter: string) => known[letter] ?? token)
    .replaceAll(/\$\{(\w+)\}/g, (variable, name: string) => process.env[name] ?? variable);
  return path.startsWith("~/") ? join(home, path.slice(2)) : path;
}

function refused(host: Host, { message, hint }: { readonly message: string; readonly hint?: string }): Fault {
  const said = `${message} (ssh's configuration)`;
  return { kind: "unreachable", message: said, where: host.name, ...(hint === undefined ? {} : { hint }) };
}
