import type { Compat } from "./compat.ts";
import type { Fault } from "./fault.ts";
import type { Wire } from "./wire.ts";

/**
 * What a login user may do as root, as far as can be told without a password. `asks`: sudo wants a password, and only with it says whether it would
 * do; `proven`: it did. `terminal`: it tells nothing without one. `some`: single commands only.
 */
export type Privilege =
  | { readonly kind: "root" | "none" | "unknown" }
  | {
      readonly kind: "free" | "asks" | "some" | "terminal" | "refused" | "proven";
      readonly by: "sudo" | "doas" | "su";
    };

/** A file system; bytes and inodes, null where they are not told, or not counted. */
export type Place = {
  readonly at: string;
  readonly size: number | null;
  readonly free: number | null;
  readonly inodes: number | null;
  readonly inodesFree: number | null;
  readonly readOnly: boolean;
};

/** What a host says of itself; null: it did not tell. */
export type Probe = {
  /** Seconds since the epoch by the host's clock, and whether it tells only whole ones. */
  readonly clock: { readonly at: number; readonly whole: boolean } | null;
  readonly user: string | null;
  readonly uid: number | null;
  readonly shell: string | null;
  readonly os: { readonly name: string; readonly id: string | null; readonly version: string | null } | null;
  readonly kernel: string | null;
  readonly arch: string | null;
  /** Seconds since it was booted. */
  readonly uptime: number | null;
  /** Of the last 1, 5 and 15 minutes, and how many processors share it. */
  readonly load: { readonly averages: readonly number[]; readonly processors: number | null } | null;
  /** File systems that hold `/`, `/var`, `/run` and `/tmp`. */
  readonly places: readonly Place[];
  readonly privilege: Privilege;
  /** Whether it came to its end: what is missing else may only have hung. */
  readonly whole: boolean;
};

/** What one host answered to `runbook ping`: the members of its JSON, which docs/connections.md tells. */
export type Pinged = Omit<Probe, "clock" | "whole"> & {
  readonly host: string;
  /** Whether we got in. */
  readonly reached: boolean;
  /** The whole login with its first shell, and the time it waited for its turn. */
  readonly ms: number;
  readonly machineId: string | null;
  readonly bootId: string | null;
  /** Seconds that the host's clock is ahead of ours, and how far that may be wrong. */
  readonly clock: { readonly offset: number; readonly within: number } | null;
  /** ms of one round trip. */
  readonly latency: number | null;
  readonly ssh: Wire | null;
  readonly compat: Compat | null;
  /** What somebody may want to look at. */
  readonly odd: readonly string[];
  /** Why it was not reached, or why not all of this could be told. */
  readonly fault?: Fault;
};
