import type { Decision } from "../model/approval.ts";
import type { Entry } from "../model/event.ts";
import type { Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { Printed } from "../model/output.ts";

/** A script that is ready to be sent: variables, functions and body in one text, made by `script/posix`. May hold secrets: never log it. */
export type Script = {
  readonly text: string;
  readonly shell: "sh" | "bash";
  /** The user to become; null: the login user. */
  readonly become: string | null;
  /** Seconds it may take. */
  readonly timeout: number;
  /**
   * What happens to it when its time is up, or when the connection ends before it does.
   * `end`: it is read-only; all its processes are ended, and so is whatever it left in the background.
   * `kill`: it writes; ended when its time is up, left alone when the connection is lost.
   * `leave`: it writes; left alone in both cases. Its background children live on.
   */
  readonly late: "end" | "kill" | "leave";
};

/** How a script ended, with what it printed as `O`. Only `exited` carries a verdict; every other kind leaves something unknown. */
export type Ended<O = Printed> =
  /** It ended by itself. A signal is 128 + its number, as shells say it. */
  | {
      readonly kind: "exited";
      readonly code: number;
      readonly stdout: O;
      readonly stderr: O;
      readonly ms: number;
    }
  /** Its time was up. `gone`: every process of it is known to have ended; false: left running, or stuck in the kernel. */
  | {
      readonly kind: "timed-out";
      readonly gone: boolean;
      readonly stdout: O;
      readonly stderr: O;
      readonly ms: number;
    }
  /** It is read-only and printed more than anybody reads (32 MiB), so it was ended. `gone` as above. */
  | {
      readonly kind: "flooded";
      readonly gone: boolean;
      readonly stdout: O;
      readonly stderr: O;
      readonly ms: number;
    }
  /** The connection was lost in mid-script: how it ended, or whether, is not known. */
  | {
      readonly kind: "lost";
      readonly reason: string;
      readonly stdout: O;
      readonly stderr: O;
      readonly ms: number;
    }
  /** It never began: wrong become password, no such shell, no channel. Safe to try again. */
  | { readonly kind: "refused"; readonly fault: Fault };

/** Called with what a running script prints, as it comes, capped and decoded; for display only. */
export type Listener = (stream: "stdout" | "stderr", text: string) => void;

/** One login on one host. Scripts on it run one after the other. */
export interface Connection extends AsyncDisposable {
  /** `/etc/machine-id` and the kernel's boot id; null where the host has none. */
  readonly identity: { readonly machineId: string | null; readonly bootId: string | null };
  /** False once the connection has ended, for whatever reason. */
  readonly alive: boolean;
  /** Runs one script. Aborting ends a read-only script and leaves one that writes (its end is then `lost`). Never throws. */
  run(script: Script, options?: { readonly signal?: AbortSignal; readonly listen?: Listener }): Promise<Ended>;
}

/** Makes connections of one kind (ssh, local). */
export interface Connector {
  /** Logs in, checks the host key, reads the identity. A fault is an answer; only bugs throw. */
  connect(host: Host, signal?: AbortSignal): Promise<Connection | Fault>;
}

/** The writer of one run's record. */
export interface Journal extends AsyncDisposable {
  /** Makes entries durable, in order. Calls made together share one commit. Rejects with a journal fault when it cannot. */
  append(entries: readonly Entry[]): Promise<void>;
}

/** Reads runs that are on record. */
export interface Archive extends AsyncDisposable {
  /** Newest first. */
  runs(): Promise<readonly RunRecord[]>;
  /** Every entry of a run in order. */
  read(run: string): Promise<readonly Entry[]>;
}

/** One line of the list of runs. Times are ms since the epoch; `endedAt` null: it did not get to its end. */
export type RunRecord = {
  readonly run: string;
  readonly runbook: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly exit: number | null;
  readonly hosts: number;
};

/** Whoever is told of each entry after it is durable: plain log, JSON, board. Must not throw. */
export interface Watcher {
  entry(entry: Entry): void;
  /** Live output of a running script; not on record. */
  output?(host: string, step: string | null, stream: "stdout" | "stderr", text: string): void;
}

/** Where decisions come from while a run is live. */
export interface Approver {
  /** Calls `decide` for every decision as it is taken, until the signal fires. */
  listen(decide: (decision: Decision) => void, signal: AbortSignal): void;
}

/** Time, so that tests can hold it. */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
  /** Rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
