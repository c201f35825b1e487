import type { Ailment } from "../model/ailment.ts";
import type { ApproveLevel, Risk } from "../model/approval.ts";
import type { Compat } from "../model/compat.ts";
import type { Event } from "../model/event.ts";
import type { FaultKind } from "../model/fault.ts";
import type { Cell, Outcome } from "../model/finding.ts";
import type { Output } from "../model/output.ts";
import type { Permit } from "../model/policy.ts";
import type { ColumnType, Severity } from "../model/runbook.ts";
import type { ReportedFire } from "./fire.ts";
import type { FixKind } from "../model/fix.ts";

/**
 * A run as a report tells it: what HTML, JUnit and JSON are drawn from, and what the JSON is (docs/reports.md). Members are added to it;
 * one that changes its meaning or goes away raises `version`. Times are ISO 8601 in UTC. Texts are as they are on record, secrets and
 * private columns masked, and not cleaned.
 */
export type RunDocument = {
  readonly version: 1;
  readonly run: string;
  readonly runbook: { readonly name: string; readonly title: string; readonly path: string; readonly digest: string };
  readonly inventory: string;
  readonly by: string;
  /** The machine it was started on. */
  readonly machine: string | null;
  /** The schedule that asked for it, and which fire of it; null: a person did. */
  readonly schedule: ReportedFire | null;
  readonly startedAt: string;
  /** Null: it has not ended. */
  readonly endedAt: string | null;
  /** The last that is on record. */
  readonly lastAt: string;
  readonly dryRun: boolean;
  readonly approve: ApproveLevel;
  readonly inputs: Readonly<Record<string, string>>;
  /** Host → the kind of old server that it is: it might be logged in to with old algorithms. */
  readonly compat: Readonly<Record<string, Compat>>;
  /** The worst of its hosts. */
  readonly outcome: Outcome;
  /** Null: it has not ended. */
  readonly exit: number | null;
  /** Outcome → hosts whose worst step has it. */
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly rollout: { readonly batches: readonly (number | string)[]; readonly maxFailures: number };
  readonly steps: readonly DocumentStep[];
  /** What is put before every script; empty without. */
  readonly functions: string;
  /** Names of the files sent along. */
  readonly files: readonly string[];
  readonly hosts: readonly DocumentHost[];
  /** In the order in which they were opened. */
  readonly batches: readonly { readonly batch: number; readonly hosts: readonly string[] }[];
  /** What is not well, worst first; hosts with one reason together. */
  readonly troubles: readonly DocumentTrouble[];
  readonly policies: readonly DocumentPolicy[];
  /** Those of earlier runs that held, and those of this one. */
  readonly waivers: readonly DocumentWaiver[];
  readonly timeline: readonly Moment[];
};

/** One step of the runbook, the same on every host. */
export type DocumentStep = {
  readonly step: string;
  readonly title: string;
  readonly severity: Severity;
  readonly on: "host" | "controller";
  readonly columns: readonly DocumentColumn[];
  readonly fix: {
    readonly kind: FixKind;
    readonly risk: Risk;
    readonly summary: string;
    readonly per: "finding" | "host";
    /** False: `--step` named others. */
    readonly selected: boolean;
  } | null;
  /** Exactly as they stood in the runbook, in the order in which they run; null where the record does not have its text. */
  readonly scripts: readonly { readonly role: ScriptRole; readonly text: string }[] | null;
};

export type DocumentColumn = {
  readonly name: string;
  readonly type: ColumnType;
  /** Its values are `•••` here. */
  readonly private: boolean;
  readonly key: boolean;
};

export type ScriptRole =
  | "applies"
  | "detect"
  | "preview"
  | "guard"
  | "fix"
  | "reboot"
  | "manual"
  | "verify"
  | "rollback";

export type DocumentHost = {
  readonly host: string;
  readonly groups: readonly string[];
  readonly outcome: Outcome;
  readonly reason: string;
  /** Its batch, from 1; null: it was not admitted. */
  readonly batch: number | null;
  readonly facts: Readonly<Record<string, string>>;
  /** Old algorithms of SSH that the last login had to agree on. */
  readonly old: readonly string[];
  readonly unreachable: { readonly kind: FaultKind; readonly message: string; readonly hint: string | null } | null;
  /** What was printed by a script that was to tell about the whole host and did not. */
  readonly unclear: Output | null;
  readonly skipped: { readonly by: string; readonly reason: string } | null;
  readonly steps: readonly DocumentCell[];
};

/** One step on one host. */
export type DocumentCell = {
  readonly step: string;
  readonly outcome: Outcome;
  readonly reason: string;
  /** What kept its host from being looked at, where the host says it. */
  readonly ailment: Ailment | null;
  /** What to do about that, or about a host that was not reached. */
  readonly hint: string | null;
  /** A resumed run takes it up again. */
  readonly open: boolean;
  readonly endedAt: string | null;
  /** What its scripts took, waiting for people and for other hosts left out. */
  readonly ms: number;
  /** How many times it was looked at before it was fixed. */
  readonly looks: number;
  /** What was printed by a script that did not tell anything. */
  readonly unclear: Output | null;
  /** All that was found, also what is gone by now. */
  readonly findings: readonly DocumentFinding[];
  readonly preview: { readonly output: Output; readonly failed: string | null } | null;
  /** What the scripts got beside the findings' own columns, as people read it. */
  readonly values: readonly { readonly name: string; readonly from: "input" | "fact"; readonly text: string }[];
  /** What policies and command line said when it was last asked about or decided on. */
  readonly permission: DocumentPermission | null;
  readonly decisions: readonly DocumentDecision[];
  /** Why the guard put it off. */
  readonly deferred: string | null;
  /** It was found here, and was fixed here three times or more within a week. */
  readonly recurring: boolean;
  readonly fixes: readonly DocumentAct[];
  readonly verifications: readonly {
    readonly at: string;
    readonly ok: boolean;
    readonly reason: string;
    readonly looks: number;
    readonly ms: number;
  }[];
  readonly rollback: DocumentAct | null;
};

export type DocumentFinding = {
  /** Counts from 1 on the host and step. */
  readonly finding: number;
  readonly values: Readonly<Record<string, Cell>>;
  readonly firstAt: string;
  readonly lastAt: string;
  /** `gone`: a later look did not find it, though nobody fixed it. */
  readonly state: "there" | "gone" | "fixed" | "waived";
};

/** Something a person or the command line said, or that became of it. */
export type DocumentDecision = {
  readonly at: string;
  readonly kind: "asked" | "asked-elsewhere" | "endorsed" | "approved" | "denied" | "voided" | "waived";
  readonly digest?: string;
  readonly by?: string;
  readonly machine?: string;
  readonly decidedAt?: string;
  readonly signature?: { readonly principal: string; readonly key: string };
  /** By the command line and the policy, without a person. */
  readonly auto?: boolean;
  readonly reason?: string;
  readonly inRun?: string;
  readonly until?: string;
  /** Numbers of the findings that it is about. */
  readonly findings?: readonly number[];
  /** Of a voided approval: what was not there when it was given, and what is gone since. */
  readonly appeared?: readonly number[];
  readonly gone?: readonly number[];
};

/** A fix or a rollback that was begun, or was to begin. */
export type DocumentAct = {
  /** The finding it was for; null: for all of them. */
  readonly finding: number | null;
  readonly startedAt: string;
  /** Null: its end is not known. */
  readonly endedAt: string | null;
  readonly end: "running" | "exited" | "timed-out" | "lost" | "refused" | "rebooted" | "failed";
  readonly exit: number | null;
  readonly reason: string;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly ms: number;
};

export type DocumentPermission = {
  readonly approve: Permit;
  readonly approvers: number;
  readonly notRequester: boolean;
  readonly signed: boolean;
  /** Seconds. */
  readonly expires: number;
  /** One a policy; `rule` null: none of its rules matched, so it asked. */
  readonly rules: readonly { readonly policy: string; readonly rule: string | null; readonly where: string | null }[];
};

export type DocumentPolicy = {
  readonly source: string;
  readonly signers: string | null;
  readonly rules: readonly {
    readonly rule: string;
    readonly where: string;
    readonly approve: Permit;
    readonly reason: string | null;
  }[];
};

export type DocumentWaiver = {
  readonly host: string;
  readonly step: string;
  /** The finding in few words. */
  readonly what: string;
  readonly until: string;
  readonly by: string;
  readonly reason: string;
  readonly inThisRun: boolean;
};

export type DocumentTrouble = {
  readonly outcome: Outcome;
  /** Null: the whole host. */
  readonly step: string | null;
  readonly reason: string;
  readonly hosts: readonly string[];
};

/** One event in words. */
export type Moment = {
  readonly seq: number;
  readonly at: string;
  readonly type: Event["type"];
  readonly host: string | null;
  readonly step: string | null;
  readonly text: string;
  /** It only says that all is well, or goes on. */
  readonly quiet: boolean;
};
