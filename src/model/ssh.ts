import type { HostKeyChecking } from "./inventory.ts";

/** What is said of how to reach a host over SSH, by an inventory or by ssh's own configuration. What is absent was not said. */
export type SshSettings = {
  readonly hostName?: string;
  readonly port?: number;
  readonly user?: string;
  /** Every one counts; empty: `IdentityFile=none`. Paths may hold ssh's tokens (`%h`), which are read once the host is known. */
  readonly keyFiles?: readonly string[];
  readonly certificateFiles?: readonly string[];
  readonly identitiesOnly?: boolean;
  /** A socket's path, `none`, or `SSH_AUTH_SOCK` or `$NAME`: a variable that holds the path. */
  readonly identityAgent?: string;
  /** `yes`, `no`, or the socket of the agent that is forwarded. */
  readonly forwardAgent?: string;
  readonly hostKeyChecking?: HostKeyChecking;
  readonly hostKeyAlias?: string;
  readonly hashKnownHosts?: boolean;
  readonly userKnownHosts?: readonly string[];
  readonly globalKnownHosts?: readonly string[];
  /** The way there, nearest first, as `[user@]host[:port]`; empty: straight. */
  readonly jumps?: readonly string[];
  /** What a `ProxyCommand` says of the only jump host. */
  readonly jumpSettings?: SshSettings;
  /** Seconds for the connection alone; 0: as long as it takes. */
  readonly connectTimeout?: number;
  /** Seconds between questions whether the host is still there, and how many may stay without an answer. */
  readonly aliveInterval?: number;
  readonly aliveCount?: number;
  /** `PreferredAuthentications`: the only methods, in this order. */
  readonly methods?: readonly string[];
  readonly publicKeys?: boolean;
  readonly passwords?: boolean;
  readonly prompts?: boolean;
  /** `BatchMode`: nobody is asked. */
  readonly batch?: boolean;
  readonly bindAddress?: string;
  readonly addressFamily?: "any" | "inet" | "inet6";
  /** Bits that an RSA key must have. */
  readonly rsaSize?: number;
  /** Lists of algorithms as ssh takes them: names with commas, maybe with `+`, `-` or `^` before them. */
  readonly hostKeyAlgorithms?: string;
  readonly kex?: string;
  readonly ciphers?: string;
  readonly macs?: string;
  /** `-F`: the configuration that is read instead of the usual one; `none` for none. */
  readonly configFile?: string;
  /** Options that are wanted and that we cannot do; they matter only where all else fails. */
  readonly lacking?: readonly string[];
};
