import type { CipherAlgorithm, KexAlgorithm, MacAlgorithm, ServerHostKeyAlgorithm } from "ssh2";
import type { Compat } from "../../model/compat.ts";
import type { SshSettings } from "../../model/ssh.ts";
import { CIPHERS, hostKeyAlgorithms, keyExchanges, MACS, oldCiphers, SHA1_MACS } from "./algorithms.ts";
import { matchesPattern } from "../hostkeys/knownhosts.ts";

/** The algorithms that options of ssh ask for, as far as we have them; undefined where nobody says anything. */
export type Wanted = {
  readonly kex: readonly KexAlgorithm[] | undefined;
  readonly hostKey: readonly ServerHostKeyAlgorithm[] | undefined;
  readonly cipher: readonly CipherAlgorithm[] | undefined;
  readonly mac: readonly MacAlgorithm[] | undefined;
};

const CHACHA = "chacha20-poly1305@openssh.com";
/** What servers of the last century may need, and ssh itself still has on demand. */
const OLDEST = "el5";

/** Reads the lists of algorithms. Old ones count where they are asked for by name: that is as expressly said as `runbook_compat`. */
export function wantedAlgorithms(ssh: SshSettings, compat: Compat | undefined): Wanted {
  const ciphers = [CHACHA, ...CIPHERS] as const;
  return {
    kex: listed(ssh.kex, keyExchanges(compat), keyExchanges(OLDEST)),
    hostKey: listed(ssh.hostKeyAlgorithms, hostKeyAlgorithms(compat), hostKeyAlgorithms(OLDEST)),
    cipher: listed(ssh.ciphers, [...ciphers, ...oldCiphers(compat)], [...ciphers, ...oldCiphers(OLDEST)]),
    mac: listed(ssh.macs, [...MACS, ...SHA1_MACS], [...MACS, ...SHA1_MACS]),
  };
}

/** The option of which nothing is left: we have none of what it wants. */
export function unmet({ kex, hostKey, cipher, mac }: Wanted): string | undefined {
  const lists = { KexAlgorithms: kex, HostKeyAlgorithms: hostKey, Ciphers: cipher, MACs: mac };
  return Object.entries(lists).find(([, list]) => list?.length === 0)?.[0];
}

/** A list as ssh takes it: names in their order, or `+`, `-`, `^` and names that are added to ours, left out, or put first. */
function listed<T extends string>(said: string | undefined, ours: readonly T[], all: readonly T[]): T[] | undefined {
  if (said === undefined) return undefined;
  const names = said.replace(/^[+^-]/, "").split(",");
  const among = (list: readonly T[]): T[] => [
    ...new Set(names.flatMap((name) => list.filter((each) => matchesPattern(name, each)))),
  ];
  const rest = (named: readonly T[]): T[] => ours.filter((each) => !named.includes(each));
  if (said.startsWith("+")) return [...ours, ...among(all).filter((each) => !ours.includes(each))];
  if (said.startsWith("-")) return rest(among(all));
  return said.startsWith("^") ? [...among(all), ...rest(among(all))] : among(all);
}
