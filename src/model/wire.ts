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
