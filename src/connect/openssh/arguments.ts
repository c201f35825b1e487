import type { Host } from "../../model/inventory.ts";
import { oldOptions } from "../ssh/algorithms.ts";

/** What all calls of the system's `ssh` for one run share. */
export type Wishes = {
  readonly acceptNewHostKeys: boolean;
  /** ssh's configuration instead of the usual; `none` for none. */
  readonly file?: string;
  /** Seconds for the connection to come about, where nobody says otherwise. */
  readonly connectTimeout: number;
};

/** Seconds that a master waits for us after the login, and outlives us if we die. */
const LINGER = 10;

/** How a master is told to run in the private directory `dir`: what stands first counts for ssh. `batch`: whether it must not ask; undefined: as ssh's configuration has it. */
export function masterArguments(dir: string, batch: boolean | undefined): readonly string[] {
  const path = `${dir}/ssh`.replaceAll("%", "%%");
  const own = options({
    ControlPersist: LINGER,
    ClearAllForwardings: "yes",
    BatchMode: batch === undefined ? undefined : batch ? "yes" : "no",
  });
  // The log tells which keys were tried and what key the host showed; without `-v` nobody would hear what a proxy says.
  return ["-v", "-N", "-x", "-M", "-S", path, "-E", `${dir}/log`, ...own];
}

/**
 * What ssh is told of a host: everything that the inventory and the command line say, in Ansible's order. What they leave open is left to
 * the user's own configuration.
 */
export function hostArguments(host: Host, { acceptNewHostKeys, file, connectTimeout }: Wishes): readonly string[] {
  const { before = [], after = [] } = host.sshArguments ?? {};
  const said = {
    User: host.user,
    // The usual one may be nobody's word.
    Port: host.ssh?.port ?? (host.port === 22 ? undefined : host.port),
    IdentitiesOnly: host.identitiesOnly ? "yes" : undefined,
    UserKnownHostsFile: files(host.userKnownHosts),
    GlobalKnownHostsFile: files(host.globalKnownHosts),
    StrictHostKeyChecking: host.hostKeyChecking === undefined ? undefined : CHECKING[host.hostKeyChecking],
    ...oldOptions(host.compat),
  };
  const keys = host.keyFiles.flatMap((file) => ["-i", file]);
  const otherwise = {
    StrictHostKeyChecking: acceptNewHostKeys ? "accept-new" : undefined,
    ConnectTimeout: connectTimeout,
    // A silent host is lost.
    ServerAliveInterval: host.ssh?.aliveInterval ?? 5,
    ServerAliveCountMax: (host.ssh?.aliveCount ?? 3) - 1,
  };
  const config = file === undefined ? [] : ["-F", file];
  const around = [...options(said), ...keys, ...audibly(after), ...options(otherwise)];
  return [...config, ...audibly(before), ...around, "--", host.address];
}

/** Without the flags that would keep us from hearing why a login fails. */
function audibly(words: readonly string[]): readonly string[] {
  return words.filter((word) => !/^-q+$/.test(word));
}

const CHECKING = { strict: "yes", "accept-new": "accept-new", off: "no" } as const;

function options(values: Readonly<Record<string, string | number | undefined>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : ["-o", `${name}=${value}`]));
}

function files(paths: readonly string[] | undefined): string | undefined {
  if (paths === undefined) return undefined;
  return paths.length === 0 ? "none" : paths.map((path) => `"${path}"`).join(" ");
}
