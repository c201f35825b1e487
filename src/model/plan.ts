import * as z from "zod";
import { ApproveLevel, DEFAULT_EXPIRES, Risk, Waiver } from "./approval.ts";
import { CheckPart } from "./check.ts";
import { Limit, Share } from "./measure.ts";
import { PastFix } from "./past.ts";
import { PlannedPolicy } from "./policy.ts";
import { ColumnType, Severity } from "./runbook.ts";
import { FixKind } from "./fix.ts";
import { RunsNeeded, Sighting } from "./sighting.ts";
import { RunSettings } from "./settings.ts";
import { Scheduled } from "./scheduled.ts";
import { RunbookSource } from "./source.ts";

/** What the engine must know of a step: enough to decide without the runbook's scripts, and the same in a history ten years old. */
export const StepPlan = z.object({
  id: z.string(),
  title: z.string(),
  severity: Severity,
  independent: z.boolean(),
  applies: z.boolean(),
  /** Columns of its findings in the runbook's order; those with `key` identify a finding. */
  columns: z.array(z.object({ name: z.string(), type: ColumnType, private: z.boolean(), key: z.boolean() })),
  /** Looks in a row that must find it, and seconds between them; and how many runs in a row must, where more than one. */
  confirm: z.object({ times: z.int().positive(), every: z.number(), runs: RunsNeeded.optional() }),
  /** Seconds that evidence may be old when the fix starts. */
  fresh: z.number(),
  /** Seconds that an approval lasts. */
  expires: z.number().default(DEFAULT_EXPIRES),
  /** Where its scripts run. */
  on: z.enum(["host", "controller"]).default("host"),
  fix: z
    .object({
      kind: FixKind,
      risk: Risk,
      summary: z.string(),
      per: z.enum(["finding", "host"]),
      preview: z.boolean(),
      guard: z.boolean(),
      verify: z.boolean(),
      rollback: z.boolean(),
      /** `--step` named other steps: this one is only detected. */
      selected: z.boolean(),
      /** Of all hosts with the same value of this fact one does the fix. */
      oncePer: z.string().nullable().default(null),
      /** A script of the step may save something in `$keep`; absent from records older than this word. */
      keeps: z.boolean().optional(),
      /** Seconds after which its host undoes it by itself, unless somebody has logged in anew. */
      unlessReconnect: z.number().optional(),
      /** Different people who must say yes, whatever policies say; absent: one. */
      approvals: z.int().positive().optional(),
    })
    .nullable(),
});
export type StepPlan = z.infer<typeof StepPlan>;

/** The process that writes a record: `started` tells it from another that got its number. */
export const Writer = z.object({ host: z.string(), pid: z.int(), started: z.string() });
export type Writer = z.infer<typeof Writer>;

/** The frame of a run, decided once at its start. */
export const RunPlan = z.object({
  runbook: z.object({ name: z.string(), title: z.string(), path: z.string(), digest: z.string() }),
  inventory: z.string(),
  hosts: z.array(z.string()),
  /** Masked where secret. */
  inputs: z.record(z.string(), z.string()),
  /** Host → the inputs whose value comes from its inventory variables and differs. */
  hostInputs: z.record(z.string(), z.record(z.string(), z.string())),
  dryRun: z.boolean(),
  approve: ApproveLevel,
  /** Whether somebody is there to be asked. */
  attended: z.boolean(),
  parallel: z.int().positive(),
  by: z.string(),
  applies: z.boolean(),
  facts: z.array(z.string()),
  rollout: z.object({
    batches: z.array(Share),
    maxFailures: z.int(),
    maxUnknown: Limit,
    /** With more hosts than this that need a fix, no fix starts; null: however many there are. */
    maxAffected: Share.nullable().default(null),
    /** Seconds between the end of a batch and the beginning of the next. */
    soak: z.number().default(0),
    /** Group → how many of its hosts may be fixed at once. */
    groups: z.record(z.string(), z.int().positive()).default({}),
  }),
  steps: z.array(StepPlan),
  /** The process that writes the record. Absent where the system does not say. */
  writer: Writer.optional(),
  /** The machine that the run was started on. */
  machine: z.string().optional(),
  /** Group → its hosts in this run; `all` is left out. */
  groups: z.record(z.string(), z.array(z.string())).default({}),
  /** What every policy in force says that can matter to this run; the strictest holds. */
  policies: z.array(PlannedPolicy).default([]),
  /** Earlier fixes of the same steps on the same hosts, newest first. */
  past: z.array(PastFix).default([]),
  /** Findings that were accepted in earlier runs, for as long as each says. */
  waivers: z.array(Waiver).default([]),
  /** What earlier runs found, newest first, for steps that must be found by several. */
  sightings: z.array(Sighting).optional(),
  /** Seconds that a fix waits for a host whose lock another has; null: as long as it takes. */
  waitLock: z.number().nullable().default(0),
  source: RunbookSource.optional(),
  settings: RunSettings.optional(),
  check: CheckPart.optional(),
  /** What asked for it; absent: a person did. */
  schedule: Scheduled.optional(),
});
export type RunPlan = z.infer<typeof RunPlan>;

/** What a run goes on with though its runbook or inventory is not what it was, since a person said so. */
export const Accepted = z.object({
  /** What is another thing than before, in words. */
  changes: z.array(z.string()),
  /** Parts of the run's plan as they are now. */
  plan: RunPlan.pick({
    runbook: true,
    source: true,
    steps: true,
    applies: true,
    facts: true,
    rollout: true,
    inputs: true,
    hostInputs: true,
    groups: true,
    settings: true,
  }),
  /** Steps that do other things than before. */
  touched: z.array(z.string()),
  /** Hosts of which the inventory says other things; `bound`: those whose scripts run as another user, or with other inputs. */
  moved: z.array(z.string()),
  bound: z.array(z.string()),
  /** All hosts that are not in the inventory. */
  gone: z.array(z.string()),
});
export type Accepted = z.infer<typeof Accepted>;
