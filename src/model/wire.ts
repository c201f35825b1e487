/** What was agreed on with a host's SSH server. */
export type Wire = {
  /** The software it names, as `OpenSSH_9.2p1 Debian-2`. */
  readonly server: string;
  readonly kex: string;
  readonly hostKey: string;
  readonly cipher: string;
  /** Empty where the cipher brings its own. */
  readonly mac: string;
  /** ms until TCP had connected, which takes one round trip; null where somebody else made the connection. */
  readonly connectMs: number | null;
};

/** What of it is too old to be agreed on unasked. */
export function oldIn(wire: Wire | null | undefined): readonly string[] {
  const agreed = wire == null ? [] : [wire.kex, wire.hostKey, wire.cipher];
  return agreed.filter((name) => name === "ssh-rsa" || /-cbc$|^diffie-hellman-group[\w-]*-sha1$/.test(name));
}
