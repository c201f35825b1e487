import type { Ailment } from "../model/ailment.ts";
import type { Decider, Decision, Waiver } from "../model/approval.ts";
import type { Entry, EventOf } from "../model/event.ts";
import type { RunPlan, StepPlan } from "../model/plan.ts";
import type { Fault } from "../model/fault.ts";
import type { Finding, Outcome } from "../model/finding.ts";
import type { Output } from "../model/output.ts";
import type { Sighting } from "../model/sighting.ts";
import type { Early } from "./sightings.ts";

/** One fix of a step on a host; `key` null for a fix per host. */
export type FixState = {
  readonly key: string | null;
  readonly startedAt: number;
  /** Number of its `fix-started`. */
  readonly startedSeq: number;
  /** `over`: how it ended is not known, but it has, since its host was booted. */
  readonly end: "running" | "done" | "failed" | "timed-out" | "lost" | "over" | "refused";
  readonly reason: string;
} & Adrift & {
    /** The boot of the host in which it began. */
    readonly bootId: string | null;
    /** The kernel that ran before a reboot; null for any other fix. */
    readonly kernel: string | null;
    /** What undoes it on its host; null: nothing is to. */
    readonly timer: TimerState | null;
    /** Its time was up, and it was left running: since when, and until when at least it is followed all the same (ms since the epoch); null: it is not. */
    readonly followed: { readonly since: number; readonly until: number } | null;
  };

/** `over`: it can no longer fire, since its host was booted; whether it had is not known. */
export type TimerState = {
  readonly name: string;
  readonly end: "armed" | "disarmed" | "fired" | "lost" | "over";
  readonly reason: string;
};

/** Something that writes, and may go on without us. */
export type Adrift = {
  /** What it is called on the host; null: it runs in a session of ours. */
  readonly job: string | null;
  /** The process that began it has gone, and its end is not known: it is to be looked for on the host. */
  readonly adrift: boolean;
};

/** What is known of one step on one host. Everything is derived from events; nothing else writes it. */
export type StepState = {
  readonly plan: StepPlan;
  /** Whether `applies` let it through; null: not asked yet. */
  readonly concerned: boolean | null;
  /** Findings of the last look; null: not looked at yet. */
  readonly findings: readonly Finding[] | null;
  /** Looks of earlier runs, newest first, with what every look since has found, too. */
  readonly earlier: readonly Sighting[];
  /** What of the last look too few runs have found yet. Where there is nothing else, it is in `findings`: found, but not to be acted on. */
  readonly early: readonly Early[];
  /** Looks in a row that found something. */
  readonly looks: number;
  /** How many times a look toward confirmation found something else altogether. */
  readonly restarts: number;
  /** When the last look ended, ms since the epoch; and the number of its event, since a millisecond is long. */
  readonly seenAt: number;
  readonly seenSeq: number;
  /** When it began; what happened on the host since may not be in it. */
  readonly seenFrom: number;
  readonly preview: { readonly output: Output; readonly failed: string | null } | null;
  /** The digest of the card that a person has, and since when. */
  readonly asked: { readonly digest: string; readonly at: number } | null;
  /** Every answer that people gave to its cards in this run. */
  readonly answers: readonly Decider[];
  /** The yeses of people, the decisive one too; of all digests. */
  readonly votes: readonly Vote[];
  /** `by` names everybody who said yes; `at` is when the last of them did, ms since the epoch. */
  readonly approval: {
    readonly digest: string;
    readonly by: string;
    readonly seq: number;
    readonly at: number;
    readonly auto: boolean;
  } | null;
  /** The run that has asked for the same, and of which digest. */
  readonly elsewhere: { readonly inRun: string; readonly digest: string } | null;
  /** What was approved, and why it does not count any more; null: nothing was voided since. */
  readonly voided: { readonly findings: readonly Finding[]; readonly reason: string } | null;
  /** Findings of the last look that are put aside by a waiver. */
  readonly waived: readonly Finding[];
  /** How many approvals were voided, since what had been approved was no longer what was found. */
  readonly voids: number;
  readonly denial: { readonly by: string; readonly reason: string } | null;
  readonly deferred: string | null;
  /** Another has the lock of its host: since when it keeps us out, when we last asked, how often we did (ms since the epoch); null: nobody does. */
  readonly locked: {
    readonly since: number;
    readonly at: number;
    readonly tries: number;
    readonly reason: string;
  } | null;
  /** What the fix was started for: the findings on the approved card. */
  readonly target: readonly Finding[];
  readonly fixes: readonly FixState[];
  readonly verdict: { readonly ok: boolean; readonly reason: string } | null;
  readonly rollback:
    | ({
        readonly end: "running" | "done" | "failed" | "lost";
        readonly reason: string;
        readonly by: "us" | "host";
      } & Adrift)
    | null;
  /** How many times it was fixed and verified in this run. */
  readonly rounds: number;
  /** Number of the last entry with which a person accepted that its runbook or host is another: what was approved before is not this. 0: none. */
  readonly anewSeq: number;
  /** Number of the event that ended it; 0: it has not ended. */
  readonly endSeq: number;
  /** `open`: a resumed run takes the step up again. */
  readonly end: {
    readonly outcome: Outcome;
    readonly reason: string;
    readonly at: number;
    readonly open: boolean;
    /** What of its host kept it from being told. */
    readonly ailment: Ailment | null;
  } | null;
};

/** One person's yes. `at` is when it was given, ms since the epoch. */
export type Vote = Decider & Pick<Decision, "reason"> & { readonly digest: string; readonly at: number };

/** What is known of one host. */
export type HostState = {
  readonly host: string;
  /** Set once a login worked. */
  readonly identity: { readonly machineId: string | null; readonly bootId: string | null } | null;
  /** Old algorithms of SSH that the last login had to agree on. */
  readonly old: readonly string[];
  readonly unreachable: Fault | null;
  /** The runbook's own `applies`; null: not asked yet. */
  readonly concerned: boolean | null;
  readonly notConcerned: string | null;
  readonly facts: Readonly<Record<string, string>> | null;
  /** The host was booted since its facts were read. */
  readonly factsStale: boolean;
  /** Why nothing can be told about the whole host. */
  readonly undetermined: { readonly reason: string; readonly ailment: Ailment | null } | null;
  readonly steps: readonly StepState[];
  /** Its batch in the rollout, from 1; null: not admitted. */
  readonly batch: number | null;
  /** Number of the last event that changed this machine (a fix, a rollback, a boot): evidence from before it proves nothing. 0: none. */
  readonly changedSeq: number;
  readonly startedAt: number | null;
  /** It is not in the inventory any more, which a person accepted: nothing is done there. */
  readonly gone: boolean;
  /** Nothing new is begun on it. */
  readonly skipped: { readonly by: string; readonly reason: string } | null;
};

/** Who wants no fix to start anywhere, why, and since when (ms since the epoch). */
export type Freeze = { readonly by: string; readonly since: number; readonly reason: string };

/** A whole run as its events tell it. */
export type RunState = {
  readonly run: string;
  readonly plan: RunPlan;
  readonly startedAt: number;
  readonly hosts: ReadonlyMap<string, HostState>;
  readonly stop: { readonly by: string; readonly kill: boolean } | null;
  /** Who last had the fixes ended that ran, in this process or in one before it; null: nobody. */
  readonly killedBy: string | null;
  /** No fix starts for now. */
  readonly paused: { readonly by: string } | null;
  /** No fix starts in any run for now. */
  readonly frozen: Freeze | null;
  /** Those of earlier runs and of this one. */
  readonly waivers: readonly Waiver[];
  readonly ended: { readonly exit: number; readonly outcome: Outcome; readonly at: number } | null;
  /** The last entry's time and number. */
  readonly at: number;
  readonly seq: number;
};

/** The state right after `run-started`. */
export function begin(entry: Entry, event: EventOf<"run-started">): RunState {
  const { plan } = event;
  const hosts = plan.hosts.map((host): [string, HostState] => [host, freshHost(host, plan)]);
  return {
    run: entry.run,
    plan,
    startedAt: entry.at,
    hosts: new Map(hosts),
    stop: null,
    killedBy: null,
    paused: null,
    frozen: null,
    waivers: plan.waivers,
    ended: null,
    at: entry.at,
    seq: entry.seq,
  };
}

function freshHost(host: string, plan: RunPlan): HostState {
  return {
    host,
    identity: null,
    old: [],
    unreachable: null,
    concerned: plan.applies ? null : true,
    notConcerned: null,
    facts: plan.facts.length > 0 ? null : {},
    factsStale: false,
    undetermined: null,
    // Of its own: what is worked out for a step's state (its digest) is for one host.
    steps: plan.steps.map((step) => freshStep(step, earlierLooks(plan, host, step.id))),
    batch: null,
    changedSeq: 0,
    startedAt: null,
    gone: false,
    skipped: null,
  };
}

const byPlace = new WeakMap<readonly Sighting[], ReadonlyMap<string, readonly Sighting[]>>();

/** A fleet's looks are sorted once a plan, not once a host. */
function earlierLooks({ sightings = [] }: RunPlan, host: string, step: string): readonly Sighting[] {
  const known = byPlace.get(sightings);
  const all = known ?? Map.groupBy(sightings, (look) => JSON.stringify([look.host, look.step]));
  if (known === undefined) byPlace.set(sightings, all);
  return all.get(JSON.stringify([host, step])) ?? [];
}

function freshStep(plan: StepPlan, earlier: readonly Sighting[]): StepState {
  return {
    plan,
    concerned: plan.applies ? null : true,
    findings: null,
    earlier,
    early: [],
    looks: 0,
    restarts: 0,
    seenAt: 0,
    seenSeq: 0,
    seenFrom: 0,
    preview: null,
    asked: null,
    answers: [],
    votes: [],
    approval: null,
    elsewhere: null,
    voided: null,
    waived: [],
    voids: 0,
    denial: null,
    deferred: null,
    locked: null,
    target: [],
    fixes: [],
    verdict: null,
    rollback: null,
    rounds: 0,
    anewSeq: 0,
    endSeq: 0,
    end: null,
  };
}
