import * as z from "zod";
import { Accepted, RunPlan, Writer } from "./plan.ts";
import { Ailment } from "./ailment.ts";
import { Decider } from "./approval.ts";
import { Fault } from "./fault.ts";
import { Finding, Outcome } from "./finding.ts";
import { LockedOut, LockTaken } from "./lock.ts";
import { Output } from "./output.ts";
import { PastFix } from "./past.ts";
import { PlannedPolicy } from "./policy.ts";
import { Reached } from "./reached.ts";
import { Rebooted, RebootFailed } from "./reboot.ts";
import { Disarmed, TimerLost } from "./timer.ts";

const host = z.string();
const step = z.string();
const at = { host, step };
const ms = z.number();
/** What it is called on the host, where it goes on without us; absent: it runs in a session of ours. */
const job = z.string().optional();
const over = z.boolean().optional();
const until = z.number().optional();
/** What undoes it is called this on the host, and is armed there before it begins. */
const timer = z.string().optional();
const kernel = z.string().optional();

/** Everything that can happen in a run, each with its promise. Texts in them are masked before they get here. */
export const Event = z.discriminatedUnion("type", [
  /** The run exists; nothing has been sent anywhere. `format` is the version of these events. */
  z.object({ type: z.literal("run-started"), format: z.literal(1), plan: RunPlan }),
  Reached,
  /** No login; nothing was run there. */
  z.object({ type: z.literal("unreachable"), host, fault: Fault }),
  /** `applies` exited 0. Without a step: the runbook's. */
  z.object({ type: z.literal("concerned"), host, step: step.nullable() }),
  /** `applies` said no, with its reason. */
  z.object({ type: z.literal("not-concerned"), host, step: step.nullable(), reason: z.string() }),
  /** Facts are known for the rest of the run. */
  z.object({ type: z.literal("facts-read"), host, facts: z.record(z.string(), z.string()) }),
  /** What `applies`, a fact or a detect should have told stays unknown. Step null: it concerns the whole host. */
  z.object({
    type: z.literal("undetermined"),
    host,
    step: step.nullable(),
    reason: z.string(),
    ailment: Ailment.optional(),
    output: Output.optional(),
  }),
  /** The host was looked at: these are all the findings; none means clear. `after`: number of the last entry when the look began. */
  z.object({ type: z.literal("detected"), ...at, findings: z.array(Finding), ms, after: z.int().optional() }),
  /** What the fix would change, as its preview prints it. `failed` says why there is none. `keys`: of the findings that it was told. */
  z.object({
    type: z.literal("previewed"),
    ...at,
    output: Output,
    failed: z.string().nullable(),
    keys: z.array(z.string()).optional(),
  }),
  /** A person has a card to decide on; its digest names exactly what is on it. */
  z.object({ type: z.literal("asked"), ...at, digest: z.string() }),
  /** It is not asked here: another run has asked for exactly this, and has no answer yet. */
  z.object({ type: z.literal("asked-elsewhere"), ...at, digest: z.string(), inRun: z.string() }),
  /** A yes that is not enough yet: the policy wants more people. */
  z.object({ type: z.literal("endorsed"), ...at, digest: z.string(), ...Decider.shape, reason: z.string().optional() }),
  /** The fix of exactly this digest may start. `auto`: by the command line and the policy, without a person. */
  z.object({
    type: z.literal("approved"),
    ...at,
    digest: z.string(),
    ...Decider.shape,
    reason: z.string().optional(),
    auto: z.boolean().optional(),
  }),
  /** It may not, in this run. */
  z.object({ type: z.literal("denied"), ...at, digest: z.string(), ...Decider.shape, reason: z.string() }),
  /** An approval no longer counts, since what was approved is no longer what is there. */
  z.object({ type: z.literal("approval-voided"), ...at, reason: z.string() }),
  /** The guard said: not now. Nothing was written. */
  z.object({ type: z.literal("deferred"), ...at, reason: z.string() }),
  LockedOut,
  LockTaken,
  /** Durable before the first byte of the fix leaves. `key` is the finding, null for a fix per host; `kernel`: what runs before a reboot. */
  z.object({ type: z.literal("fix-started"), ...at, key: z.string().nullable(), job, kernel, timer }),
  /** The fix ended and its end is known. Exit 0 is not yet a success: verification says. */
  z.object({
    type: z.literal("fix-finished"),
    ...at,
    key: z.string().nullable(),
    /** Null: it was ended after its time, or by a person. */
    exit: z.int().nullable(),
    /** Who had it ended. */
    by: z.string().optional(),
    stdout: Output,
    stderr: Output,
    ms: z.number(),
  }),
  /** The fix may or may not have ended: the connection was lost, or it was left running (and is followed `until` then, in ms since the epoch). `over`: it has, with a boot of its host. */
  z.object({ type: z.literal("fix-lost"), ...at, key: z.string().nullable(), reason: z.string(), over, until }),
  Rebooted,
  RebootFailed,
  /** The fix did not leave: known not to have begun. */
  z.object({ type: z.literal("fix-refused"), ...at, key: z.string().nullable(), reason: z.string() }),
  Disarmed,
  TimerLost,
  /** The fixed keys are gone and the verify script agreed. */
  z.object({ type: z.literal("verified"), ...at, looks: z.int(), ms: z.number() }),
  /** Still there, or not to be told, when time was up. */
  z.object({ type: z.literal("verify-failed"), ...at, reason: z.string(), looks: z.int(), ms: z.number() }),
  /** Durable before the first byte of the rollback leaves. By the host: it had begun by itself, as its timer says. */
  z.object({ type: z.literal("rollback-started"), ...at, job, by: z.literal("host").optional() }),
  /** Exit 0: the host is as it was before the fix, as far as the rollback can tell. Null: it was ended after its time. */
  z.object({
    type: z.literal("rollback-finished"),
    ...at,
    exit: z.int().nullable(),
    stdout: Output,
    stderr: Output,
    ms: z.number(),
  }),
  /** The rollback did not leave: nothing was undone. */
  z.object({ type: z.literal("rollback-refused"), ...at, reason: z.string() }),
  /** The rollback may or may not have ended. */
  z.object({ type: z.literal("rollback-lost"), ...at, reason: z.string() }),
  /** These findings are accepted as they are until then (ms since the epoch), in this run and in later ones. */
  z.object({
    type: z.literal("waived"),
    ...at,
    keys: z.array(z.string()).min(1),
    until: z.number(),
    by: z.string(),
    reason: z.string(),
  }),
  /** The last word on a step. `open`: only for as long as this process goes on; a resumed run takes it up again. */
  z.object({
    type: z.literal("step-ended"),
    ...at,
    outcome: Outcome,
    reason: z.string(),
    open: z.boolean().optional(),
  }),
  /** Nothing new is begun on the host; a fix that runs is finished and verified. */
  z.object({ type: z.literal("host-skipped"), host, by: z.string(), reason: z.string() }),
  /** The host has a place in the rollout (`batch` counts from 1) and keeps it; its fixes may start. */
  z.object({ type: z.literal("admitted"), host, batch: z.int().positive() }),
  /** No new fix starts until `continued`; looks go on. */
  z.object({ type: z.literal("paused"), by: z.string() }),
  z.object({ type: z.literal("continued"), by: z.string() }),
  /** No fix starts on any run of this record until `unfrozen`; looks go on. `since` is when that was ordered, ms since the epoch. */
  z.object({ type: z.literal("frozen"), by: z.string(), since: z.number(), reason: z.string() }),
  z.object({ type: z.literal("unfrozen"), by: z.string() }),
  /** Another process goes on with a run that waited, stopped or died. What the one before left open is open again. */
  z.object({
    type: z.literal("run-resumed"),
    by: z.string(),
    machine: z.string().optional(),
    attended: z.boolean(),
    writer: Writer.optional(),
    /** Those in force now; they take the place of those before. */
    policies: z.array(PlannedPolicy).optional(),
    /** In place of the plan's. */
    waitLock: z.number().nullable().optional(),
    /** In place of the plan's. */
    past: z.array(PastFix).optional(),
    accepted: Accepted.optional(),
  }),
  /** No new fix starts from here on. `kill`: those that run as jobs of their hosts are ended. */
  z.object({ type: z.literal("stop-requested"), by: z.string(), kill: z.literal(true).optional() }),
  /** Nothing more happens in this run unless it is resumed. `exit` is the process's exit code. */
  z.object({ type: z.literal("run-ended"), exit: z.int(), outcome: Outcome }),
]);
export type Event = z.infer<typeof Event>;

/** The event of one type. */
export type EventOf<T extends Event["type"]> = Extract<Event, { type: T }>;

/** An event with its place in the record. `at` is in ms since the epoch, `seq` counts from 1 without gaps within a run. */
export const Entry = z.object({ run: z.string(), seq: z.int().positive(), at: z.number(), event: Event });
export type Entry = z.infer<typeof Entry>;
