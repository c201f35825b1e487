import type { CipherAlgorithm, KexAlgorithm, MacAlgorithm, ServerHostKeyAlgorithm } from "ssh2";
import type { Compat } from "../../model/compat.ts";

/** What one side of a login takes, in its order. */
export type Algorithms = {
  readonly kex: readonly string[];
  readonly hostKey: readonly string[];
  readonly cipher: readonly string[];
  readonly mac: readonly string[];
};

/** Group exchange is left out, for whatever server: finding its primes blocks this process for a second a host. */
const KEX = [
  "curve25519-sha256",
  "curve25519-sha256@libssh.org",
  "ecdh-sha2-nistp256",
  "ecdh-sha2-nistp384",
  "ecdh-sha2-nistp521",
  "diffie-hellman-group14-sha256",
  "diffie-hellman-group16-sha512",
  "diffie-hellman-group18-sha512",
] as const satisfies readonly KexAlgorithm[];

const HOST_KEYS = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
] as const satisfies readonly ServerHostKeyAlgorithm[];

/** What ssh2 takes by itself, in an order that depends on the processor. */
export const CIPHERS = [
  "aes128-gcm@openssh.com",
  "aes256-gcm@openssh.com",
  "aes128-ctr",
  "aes192-ctr",
  "aes256-ctr",
] as const satisfies readonly CipherAlgorithm[];
/** The same of authentication codes. */
export const MACS = [
  "hmac-sha2-256-etm@openssh.com",
  "hmac-sha2-512-etm@openssh.com",
  "hmac-sha2-256",
  "hmac-sha2-512",
] as const satisfies readonly MacAlgorithm[];
/** HMAC-SHA-1 has no known weakness, and OpenSSH takes it, too. */
export const SHA1_MACS = ["hmac-sha1-etm@openssh.com", "hmac-sha1"] as const satisfies readonly MacAlgorithm[];

type Old = { readonly kex: readonly KexAlgorithm[]; readonly cipher: readonly CipherAlgorithm[] };

const CBC = ["aes128-cbc", "aes192-cbc", "aes256-cbc"] as const;

/** What is allowed besides, and no more than such servers need: OpenSSH 5.3, and 4.3 as XenServer 6.5 and EL 5 have it. */
const OLD: Readonly<Record<Compat, Old>> = {
  el6: { kex: ["diffie-hellman-group14-sha1"], cipher: CBC },
  xenserver65: { kex: ["diffie-hellman-group14-sha1"], cipher: CBC },
  el5: { kex: ["diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"], cipher: [...CBC, "3des-cbc"] },
};

/** Key exchanges to offer a host, the strongest first: an old server that was renewed gets today's. */
export function keyExchanges(compat: Compat | undefined): KexAlgorithm[] {
  return [...KEX, ...(compat === undefined ? [] : OLD[compat].kex)];
}

/** Host key algorithms to offer a host, the strongest first. */
export function hostKeyAlgorithms(compat: Compat | undefined): ServerHostKeyAlgorithm[] {
  return [...HOST_KEYS, ...(compat === undefined ? [] : (["ssh-rsa"] as const))];
}

/** Ciphers to offer a host after those of today. */
export function oldCiphers(compat: Compat | undefined): CipherAlgorithm[] {
  return compat === undefined ? [] : [...OLD[compat].cipher];
}

function takes(theirs: readonly string[], ours: readonly string[]): boolean {
  return ours.some((one) => theirs.includes(one));
}

/** Whether a server that offers these could be logged in to with this setting. */
export function suits(offer: Algorithms, compat: Compat | undefined): boolean {
  return (
    takes(offer.kex, keyExchanges(compat)) &&
    takes(offer.hostKey, hostKeyAlgorithms(compat)) &&
    takes(offer.cipher, [...CIPHERS, "chacha20-poly1305@openssh.com", ...oldCiphers(compat)]) &&
    // Some ciphers bring their own, which is the server's affair.
    takes(offer.mac, [...MACS, ...SHA1_MACS])
  );
}

/** The same for the system's `ssh`, as its options; it adds them to what it takes anyway. Names are those that all its versions know. */
export function oldOptions(compat: Compat | undefined): Readonly<Record<string, string>> {
  if (compat === undefined) return {};
  return {
    KexAlgorithms: `+${OLD[compat].kex.join(",")}`,
    HostKeyAlgorithms: "+ssh-rsa",
    PubkeyAcceptedKeyTypes: "+ssh-rsa",
    Ciphers: `+${OLD[compat].cipher.join(",")}`,
  };
}
