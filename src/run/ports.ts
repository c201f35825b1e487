import type { Refused } from "../model/scheduled.ts";
import type { Freeze, RunState } from "../engine/state.ts";
import type { Decision, Waiver } from "../model/approval.ts";
import type { EarlierLook } from "../model/check.ts";
import type { Entry } from "../model/event.ts";
import type { RunPlan, Writer } from "../model/plan.ts";
import type { PastFix } from "../model/past.ts";
import type { RunHosts, RunRecord, RunsWanted } from "../model/run-record.ts";
import type { Sighting } from "../model/sighting.ts";
import type { Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { Printed } from "../model/output.ts";
import type { FixedHost } from "../schedule/restraint.ts";
import type { LockHolder } from "../model/lock.ts";
import type { Wire } from "../model/wire.ts";
import type { Stuck } from "../script/hung.ts";
import type { Claim, LockAnswer } from "../script/lock.ts";

/** A script that is ready to be sent: variables, functions and body in one text, made by `script/posix` or `script/powershell`. May hold secrets: never log it. */
export type Script = {
  readonly text: string;
  readonly shell: "sh" | "bash" | "powershell";
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
  /** What it looks for, for those that only look: while one of this name hangs on the host, none is begun there. */
  readonly look?: string;
};

/**
 * A script that is sent along with another, and begun at once where that exits 0: nobody waits for the distance in between. Both only look. It
 * may be left out where it does not go, or would not be safe.
 */
export type Sequel = { readonly script: Script; readonly listen?: Listener };

/** How a script ended, with what it printed as `O`. Only `exited` carries a verdict; every other kind leaves something unknown. */
export type Ended<O = Printed> =
  /** It ended by itself, or, as a job that is `killed`, because a person wanted that. A signal is 128 + its number, as shells say it. */
  | {
      readonly kind: "exited";
      readonly code: number;
      readonly killed?: true;
      readonly stdout: O;
      readonly stderr: O;
      readonly ms: number;
      /** How its sequel ends; absent: none was begun. */
      readonly next?: Promise<Ended>;
    }
  /**
   * Its time was up; or it is read-only and printed more than anybody reads (32 MiB), so it was ended. `gone`: every process of it is known to
   * have ended; false: left running, or stuck in the kernel.
   */
  | {
      readonly kind: "timed-out" | "flooded";
      readonly gone: boolean;
      /** What of it is known to be there still. */
      readonly stuck?: readonly Stuck[];
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

/** A script that writes and goes on without its connection: a job of this name on the host, which is started once at most. */
export type Job = Script & {
  readonly name: string;
  /** Its text holds a secret: what it prints must not touch the host's disk. */
  readonly secret: boolean;
  /** It begins only under the host's lock. */
  readonly lock?: Claim;
  /** Armed on the host before the job begins; where that cannot be, the job is refused. */
  readonly timer?: UndoTimer;
};

/** A job beside that of a fix: it undoes the fix on the host's own account, unless somebody who has logged in since disarms it. */
export type UndoTimer = {
  readonly name: string;
  /** What undoes the fix; run as the fix is. May hold secrets. */
  readonly text: string;
  /** Seconds that this may take. */
  readonly timeout: number;
  /** Seconds it waits, from the end of the fix on, or from when its time is up. */
  readonly after: number;
};

/** A job that somebody else started, and the bytes of its output that are known already. `timeout`: seconds to follow it. */
export type Started = Pick<Job, "name" | "shell" | "become" | "timeout" | "late"> & { readonly from: BytesRead };

/** Bytes of each stream. */
export type BytesRead = { readonly stdout: number; readonly stderr: number };

/**
 * How a job ended, and how far its output was read. `missing`: it cannot be told any more, since there is no trace of it (`gone`), the
 * host was booted meanwhile (`rebooted`), or the process that watched over it was killed (`died`). A timer that was disarmed, or whose fix never
 * began, is `unfired`. `locked`: nothing was begun, since another
 * has the host's lock. `over`: whose stale lock it was given over.
 */
export type JobEnded = {
  readonly ended:
    | Ended
    | { readonly kind: "missing"; readonly why: "gone" | "rebooted" | "died" | "unfired" }
    | { readonly kind: "locked"; readonly answer: Exclude<LockAnswer, { readonly kind: "held" }> };
  readonly over?: LockHolder;
  readonly read: BytesRead;
};

/** Called with what a running script prints, as it comes, capped and decoded; null once more comes than is passed on. For display only. */
export type Listener = (stream: "stdout" | "stderr", text: string | null) => void;

export type Following = { readonly signal?: AbortSignal | undefined; readonly listen?: Listener | undefined };

/** One login on one host. Scripts on it run one after the other, but for those that run beside them. */
export interface Connection extends AsyncDisposable {
  /** `/etc/machine-id` and the kernel's boot id, or what tells machines and boots apart on Windows; null where the host has none. */
  readonly identity: { readonly machineId: string | null; readonly bootId: string | null };
  /** What was agreed on with its SSH server; undefined where nothing was, or not by us. */
  readonly wire?: Wire | undefined;
  /** False once the connection has ended, for whatever reason. */
  readonly alive: boolean;
  /** Runs one script. Aborting ends a read-only script and leaves one that writes (its end is then `lost`). Never throws. */
  run(script: Script, options?: Following & { readonly sequel?: Sequel | undefined }): Promise<Ended>;
  /** Runs one read-only script at once, though another script or a job is under way. Never throws. */
  beside(script: Script, options?: { readonly signal?: AbortSignal }): Promise<Ended>;
  /** Starts a job and follows it to its end. Aborting, or losing the connection, leaves it alone: it is `lost` then. Never throws. */
  job(job: Job, options?: Following): Promise<JobEnded>;
  /** Follows a job that is there already. Never starts one. */
  attach(job: Started, options?: Following): Promise<JobEnded>;
}

/** Makes connections of one kind (ssh, local). */
export interface Connector {
  /** Logs in, checks the host key, reads the identity. A fault is an answer; only bugs throw. */
  connect(host: Host, signal?: AbortSignal): Promise<Connection | Fault>;
}

/** The writer of one run's record. */
export interface Journal extends AsyncDisposable {
  /**
   * Makes entries durable, in order. Calls made together share one commit. Rejects with a journal fault when it cannot,
   * and when the run's lease has been lost: then somebody else writes the record.
   */
  append(entries: readonly Entry[]): Promise<void>;
}

/** What a lease says of whoever may write a run's record. Times are ms since the epoch. */
export type Holder = { readonly writer: Writer | undefined; readonly by: string; readonly since: number };

/** The right to write one run's record: one process has it, renews it by itself, and gives it back when disposed of. */
export interface Lease extends AsyncDisposable {
  readonly run: string;
}

/** Where runs, and those who decide on them from elsewhere, meet. Rejects with a journal fault when it cannot be used. */
export interface Desk {
  /** Takes the right to write a run's record; the holder's name when somebody alive has it. */
  lease(run: string, holder: Omit<Holder, "since">): Promise<Lease | Holder>;
  /** Who holds the lease of a run and is alive; null for nobody. */
  holder(run: string): Promise<Holder | null>;
  /**
   * Says that a run is about to ask: null when it may. Else the run that has asked for exactly this (its digest names step, host and
   * findings) and has no answer yet. `over`: takes the question over from a run that nobody keeps alive.
   */
  claim(request: Request, how: { readonly over: boolean }): Promise<{ readonly run: string } | null>;
  /** Leaves a decision for a live run. Of two that contradict each other, the first wins and the other is refused. */
  post(run: string, decision: Decision): Promise<{ readonly id: number } | { readonly refused: string }>;
  /** Decisions left for a run and not answered yet, oldest first. Cheap enough to ask several times a second. */
  posted(run: string): Promise<readonly { readonly id: number; readonly decision: Decision }[]>;
  /** Tells whoever left a decision what became of it: null when it was taken, else why not. */
  answer(id: number, refused: string | null): Promise<void>;
  /** What is ordered of runs without a word on any card. */
  readonly orders: Orders;
  /** What became of a decision; undefined while the run has not answered. */
  answered(id: number): Promise<{ readonly refused: string | null } | undefined>;
}

/** What is ordered of one run, or of all of them, from elsewhere. Rejects with a journal fault. */
export interface Orders {
  /** Whether all is frozen, and who wants this run to stop; null: nobody. Cheap enough to ask several times a second. */
  of(run: string): Promise<{ readonly freeze: Freezing | null; readonly stop: StopOrder | null }>;
  /** Lets no fix start in any run from now on. Answers with the freeze that is in force: another's, where somebody was quicker. */
  freeze(by: string, reason: string): Promise<Freeze>;
  /** Ends a freeze. Answers with the one that it was; null: none was in force. */
  unfreeze(by: string): Promise<Freeze | null>;
  /** The freeze in force; null: none. */
  frozen(): Promise<Freeze | null>;
  /** Whether a run has a freeze on its record. */
  heard(run: string, freeze: Freeze): Promise<boolean>;
  /** Asks whoever has a run to stop it. */
  stop(run: string, order: StopOrder): Promise<void>;
  /** Takes what was asked off the desk: it is on record, or nobody is there for it any more. */
  stopped(run: string): Promise<void>;
}

/** The last freeze; `liftedBy` null: it is in force. */
export type Freezing = Freeze & { readonly liftedBy: string | null };

/** A card that is open. */
export type OpenRequest = { readonly run: string; readonly host: string; readonly step: string };

/** What a run asks for. */
export type Request = OpenRequest & { readonly digest: string };

/** Checks SSH signatures. */
export interface Verifier {
  /** The decision as given when its signature is good for its text by every one of the files, else why not. */
  verify(run: string, decision: Decision, signers: readonly string[]): Promise<{ readonly refused: string } | null>;
}

/** Reads runs that are on record. */
export interface Archive extends AsyncDisposable {
  /** Newest first. */
  runs(wanted?: RunsWanted): Promise<readonly RunRecord[]>;
  /** The hosts of some runs, in no order. */
  hostsOf(runs: readonly string[]): Promise<readonly RunHosts[]>;
  /** Runs in which something was asked whose fix has not begun, newest first: in no other does a card wait. */
  asking(): Promise<readonly string[]>;
  /** Digest → the runs, newest first, that found the same and left it to another one to ask; of the newest runs alone. */
  sharing(digests: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Every entry of a run in order. */
  read(run: string): Promise<readonly Entry[]>;
  /** Fixes of a runbook's steps in earlier runs on some hosts, newest first; at most 20 a host and step, or `least`, where that is more. `since` in ms since the epoch. */
  past(runbook: string, hosts: readonly string[], since: number, least?: number): Promise<readonly PastFix[]>;
  /** Hosts that runs of a schedule have fixed, and when. `since` in ms since the epoch. */
  fixedBy(schedule: string, since: number): Promise<readonly FixedHost[]>;
  /** What persons have said no to in runs of a schedule, and is not known to be gone. `since` in ms since the epoch. */
  refusedIn(of: { readonly schedule: string; readonly runbook: string }, since: number): Promise<Refused[]>;
  /** Where runs of a schedule have asked, and no fix has begun. */
  openOf(schedule: string): Promise<readonly OpenRequest[]>;
  /** The process that began a run, or a check; undefined where the record does not say. Null: there is none of this id. */
  beginnerOf(id: string): Promise<{ readonly writer: Writer | undefined } | null>;
  /** What the last looks of checks with a runbook at some hosts found. */
  earlier(runbook: string, hosts: readonly string[]): Promise<readonly EarlierLook[]>;
  /** What earlier runs found of the steps that several runs must find, as `sightings` of a plan of the same runbook: newest first of each host and step. */
  sightings(plan: RunPlan, since: number): Promise<readonly Sighting[]>;
  /** Waivers of a runbook's findings on some hosts that hold at a time, in ms since the epoch. */
  waivers(runbook: string, hosts: readonly string[], now: number): Promise<readonly Waiver[]>;
}

/** Whoever is told of each entry after it is durable: plain log, JSON, board. Must not throw. */
export interface Watcher {
  /** `state` is the one right after the entry. */
  entry(entry: Entry, state: RunState): void;
  /** Live output of a running script; not on record. Null: the rest of it is not passed on. */
  output?(host: string, step: string | null, stream: "stdout" | "stderr", text: string | null): void;
}

/** Who wants a run to stop. `kill`: the fixes that run are to be ended, too. */
export type StopOrder = { readonly by: string; readonly kill: boolean };

/** What a person wants of a run under way. */
export type Wish =
  | { readonly kind: "decide"; readonly decision: Decision }
  | {
      readonly kind: "waive";
      readonly host: string;
      readonly step: string;
      readonly keys: readonly string[];
      /** ms since the epoch. */
      readonly until: number;
      readonly by: string;
      readonly reason: string;
    }
  | { readonly kind: "skip"; readonly host: string; readonly by: string; readonly reason: string }
  | { readonly kind: "pause" | "continue"; readonly by: string }
  | { readonly kind: "freeze"; readonly freeze: Freeze }
  | { readonly kind: "unfreeze"; readonly by: string }
  /** The process ends once nothing runs; what waits for a person goes on waiting, on record. */
  | { readonly kind: "detach" };

/** Where the wishes of people come from while a run is live. */
export interface Approver {
  /** Calls `wish` for every wish as it is made, until the signal fires. It answers why a wish does not count; null: it does. */
  listen(wish: (wish: Wish) => string | null, signal: AbortSignal): void;
}

/** Time, so that tests can hold it. */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
  /** Rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
