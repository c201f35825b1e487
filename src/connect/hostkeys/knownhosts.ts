import { createHash, createHmac } from "node:crypto";

/** One line of a known_hosts file. */
export type KnownKey = {
  readonly marker: "cert-authority" | "revoked" | null;
  /** The host field as it stands there: patterns with commas, or one hashed name. */
  readonly hosts: string;
  readonly type: string;
  readonly blob: Buffer;
  /** `file:line`, for people. */
  readonly where: string;
};

/** What the files say about the key that a host showed. */
export type Verdict =
  | { readonly kind: "known"; readonly by: KnownKey }
  | { readonly kind: "unknown" }
  | { readonly kind: "changed"; readonly by: KnownKey }
  | { readonly kind: "revoked"; readonly by: KnownKey }
  /** Only a certificate authority is known for it. */
  | { readonly kind: "authority"; readonly by: KnownKey };

/** Reads a known_hosts file; lines that are none are skipped, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): readonly KnownKey[] {
  return text.split("\n").flatMap((line, index) => {
    const words = line.trim().split(/[ \t]+/);
    if (words[0] === undefined || words[0] === "" || words[0].startsWith("#")) return [];
    const marker = words[0].startsWith("@") ? words.shift()?.slice(1) : null;
    if (marker !== null && marker !== "cert-authority" && marker !== "revoked") return [];
    const [hosts, type, key] = words;
    if (hosts === undefined || type === undefined || key === undefined) return [];
    const blob = Buffer.from(key, "base64");
    return keyType(blob) === type ? [{ marker, hosts, type, blob, where: `${file}:${index + 1}` }] : [];
  });
}

/** The name under which a host's key is kept: with the port where it is not 22. */
export function knownName(address: string, port: number): string {
  const name = address.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Whether a host field (patterns, negations, or a hashed name) is about `name`. */
export function matchesHosts(hosts: string, name: string): boolean {
  if (hosts.startsWith("|1|")) return matchesHash(hosts, name);
  let found = false;
  for (const pattern of hosts.toLowerCase().split(",")) {
    if (pattern.startsWith("!")) {
      if (matchesPattern(pattern.slice(1), name)) return false;
    } else if (matchesPattern(pattern, name)) found = true;
  }
  return found;
}

function matchesHash(hosts: string, name: string): boolean {
  const [salt, hash] = hosts.slice(3).split("|");
  if (salt === undefined || hash === undefined) return false;
  return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
}

/** Whether a name fits a pattern with `*` and `?`, as ssh writes them. */
export function matchesPattern(pattern: string, name: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === name;
  const source = pattern
    .replaceAll(/[\\^$.+()[\]{}|/]/g, "\\$&")
    .replaceAll(/\*+/g, ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(name);
}

/** All lines about a host; on an odd port also those about its bare name, which OpenSSH takes as a second choice. */
export function keysOf(known: readonly KnownKey[], address: string, port: number): readonly KnownKey[] {
  const name = knownName(address, port);
  const own = known.filter((key) => matchesHosts(key.hosts, name));
  if (port === 22 || own.some((key) => key.marker === null)) return own;
  return [...own, ...known.filter((key) => matchesHosts(key.hosts, address.toLowerCase()))];
}

/**
 * Judges the key that a host showed by the lines about that host.
 * Stricter than OpenSSH in one thing: where a key of any kind is known, an unknown one of another kind counts as changed.
 */
export function judgeKey(about: readonly KnownKey[], blob: Buffer): Verdict {
  const same = about.filter((key) => key.blob.equals(blob));
  const revoked = same.find((key) => key.marker === "revoked");
  if (revoked !== undefined) return { kind: "revoked", by: revoked };
  const own = same.find((key) => key.marker === null);
  if (own !== undefined) return { kind: "known", by: own };
  const plain = about.filter((key) => key.marker === null);
  const other = plain.find((key) => key.type === keyType(blob)) ?? plain[0];
  if (other !== undefined) return { kind: "changed", by: other };
  const authority = about.find((key) => key.marker === "cert-authority");
  return authority === undefined ? { kind: "unknown" } : { kind: "authority", by: authority };
}

/** The key's type as its first field says it, such as `ssh-ed25519`; empty for what is no key. */
export function keyType(blob: Buffer): string {
  if (blob.length < 4) return "";
  const length = blob.readUInt32BE(0);
  return length > 64 || blob.length < 4 + length ? "" : blob.toString("latin1", 4, 4 + length);
}

/** `SHA256:…`, as `ssh-keygen -l` prints it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

/** The length of an RSA key; undefined for keys of other kinds. */
export function rsaBits(blob: Buffer): number | undefined {
  if (keyType(blob) !== "ssh-rsa") return undefined;
  // Three fields: the type, the exponent, the modulus.
  const fields: Buffer[] = [];
  for (let at = 0; at + 4 <= blob.length; at += 4 + blob.readUInt32BE(at)) {
    fields.push(blob.subarray(at + 4, at + 4 + blob.readUInt32BE(at)));
  }
  const modulus = fields[2]?.toString("hex").replace(/^0+/, "") ?? "";
  return modulus === "" ? 0 : modulus.length * 4 - Math.clz32(Number.parseInt(modulus.slice(0, 1), 16)) + 28;
}
