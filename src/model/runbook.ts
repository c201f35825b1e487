import * as z from "zod";
import { Fix, Rollback, Verify } from "./fix.ts";
import { about, Label, Script, Slug, VariableName } from "./words.ts";
import { Duration, Limit, Share, Timeout } from "./measure.ts";

export const Severity = z.enum(["info", "warning", "critical"]);
export type Severity = z.infer<typeof Severity>;

export const Shell = z.enum(["sh", "bash", "powershell"]).meta(about("The shell (sh; powershell: for Windows hosts)."));

/** The words that older YAML reads as true and false are nobody's name. */
const USER = /^(?!(?:[yY]|[yY]es|YES|[nN]|[nN]o|NO|[oO]n|ON|[oO]ff|OFF)$)[A-Za-z_][A-Za-z0-9_.-]*\$?$/;

const Become = z
  .union([z.boolean(), z.string("expected the name of a user").regex(USER, "expected the name of a user")])
  .meta(about("Run the scripts as root (true), as the login user (false), or as the named user."));

/** Where a step's scripts run. */
export const Place = z.enum(["host", "controller"]);
export type Place = z.infer<typeof Place>;

/** The types of a finding's columns. */
export const ColumnType = z.enum(["string", "integer", "number", "bytes", "percent", "duration", "boolean"]);
export type ColumnType = z.infer<typeof ColumnType>;

/** Whether columns of a type measure something: they change from look to look and identify nothing. */
export function isMeasure(type: ColumnType): boolean {
  return ["bytes", "percent", "number", "duration"].includes(type);
}

/** One column: its type, and whether it is masked in notifications and reports. The short form is the type alone. */
export const Column = z
  .union([ColumnType, z.strictObject({ type: ColumnType, private: z.boolean().default(false) })])
  .transform((column) => (typeof column === "string" ? { type: column, private: false } : column));
export type Column = z.infer<typeof Column>;

const shared = {
  about: z.string().optional(),
  secret: z
    .boolean()
    .default(false)
    .meta(about("Masked everywhere, never stored, never in an argument list or on a disk.")),
};
const limits = { min: z.number().optional(), max: z.number().optional() };

/** A value the user may set. Limits of durations and bytes are seconds and bytes. */
export const Input = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("string"),
    default: z.string().optional(),
    pattern: z.string().optional().meta(about("A JavaScript regular expression that the whole value must match.")),
    ...shared,
  }),
  z.strictObject({ type: z.literal("integer"), default: z.int().optional(), ...limits, ...shared }),
  z.strictObject({ type: z.literal("number"), default: z.number().optional(), ...limits, ...shared }),
  z.strictObject({ type: z.literal("boolean"), default: z.boolean().optional(), ...shared }),
  z.strictObject({ type: z.literal("duration"), default: z.string().optional(), ...limits, ...shared }),
  z.strictObject({
    type: z.literal("bytes"),
    default: z.union([z.string(), z.int()]).optional(),
    ...limits,
    ...shared,
  }),
  z.strictObject({
    type: z.literal("percent"),
    default: z.union([z.string(), z.number()]).optional(),
    ...limits,
    ...shared,
  }),
  z.strictObject({
    type: z.literal("choice"),
    choices: z.array(z.string()).min(1),
    default: z.string().optional(),
    ...shared,
  }),
]);
export type Input = z.infer<typeof Input>;

const Confirm = z
  .strictObject({
    times: z.int().min(2).max(100).optional().meta(about("Found this often in a row within the run.")),
    every: Duration.optional().meta(about("Pause between the looks (default 10s).")),
    runs: z.int().min(2).max(100).optional().meta(about("Found in this many consecutive runs, this one included.")),
    apart: Duration.optional().meta(about("Looks of runs that are nearer to each other count as one (default 1m).")),
  })
  .meta(about("When one look is not proof enough."));

const Detect = z.strictObject({
  run: Script.meta(about("Read-only. Prints one line per problem, and nothing when healthy.")),
  findings: z
    .record(VariableName, Column)
    .optional()
    .meta(about("Columns of a line, in order. Without them a line is one `message`.")),
  format: z
    .enum(["tab", "json", "nul"])
    .default("tab")
    .meta(about("tab: columns end in TAB, `-` is empty. json: JSON objects. nul: fields end in TAB, records in NUL.")),
  key: z
    .array(VariableName)
    .min(1)
    .optional()
    .meta(about("Columns that identify a finding (default: all but bytes, percent, number and duration).")),
  confirm: Confirm.optional(),
  timeout: Timeout.default(30).meta(about("After this the script is ended and the host is unknown (default 30s).")),
});

const scope = {
  applies: Script.optional().meta(about("Exit 0: concerned. Exit 1 with a reason on stdout: skipped. Else unknown.")),
  shell: Shell.optional(),
  become: Become.optional(),
  fresh: Duration.optional().meta(about("How old evidence may be when the fix starts (default 60s).")),
  expires: Duration.optional().meta(about("How long an approval lasts (default 1h).")),
};

/** One problem and its remedy. */
export const Step = z.strictObject({
  id: Slug.meta(about("The step's name, unique in the runbook.")),
  title: Label.optional().meta(about("What is wrong when this step finds something.")),
  severity: Severity.default("warning").meta(about("How much a finding weighs.")),
  on: Place.default("host").meta(
    about("Where the scripts run; controller steps must be allowed by --allow-controller."),
  ),
  independent: z.boolean().default(false).meta(about("Its fix may start even if an earlier step is not settled.")),
  ...scope,
  detect: Detect.meta(about("How to see whether there is a problem.")),
  fix: Fix.optional().meta(about("What to do about it. Without one the step only reports.")),
  verify: z
    .union([z.literal(false), Verify])
    .optional()
    .meta(about("Proof that the fix worked; on by default.")),
  rollback: Rollback.optional().meta(about("Runs when the fix or its verification has failed.")),
});
export type Step = z.infer<typeof Step>;

/** How a fix spreads over the fleet. */
export const Rollout = z.strictObject({
  batches: z
    .array(Share)
    .min(1)
    .default([1, "10%", "100%"])
    .meta(about("How many hosts are fixed before the next batch opens: counts, or percentages of those that need it.")),
  max_failures: z.int().positive().default(1).meta(about("After this many failed hosts no new fix starts.")),
  max_unknown: Limit.default("10%").meta(
    about("With more unknown hosts than this no fix starts; a percentage is rounded up."),
  ),
  max_affected: Share.optional().meta(
    about("With more hosts than this that need a fix, no fix starts: then something else is wrong."),
  ),
  soak: Duration.optional().meta(about("How long a batch is watched, once it has ended, before the next one opens.")),
  groups: z
    .record(z.string(), z.int().positive())
    .optional()
    .meta(about("Inventory group → how many of its hosts may be fixed at once.")),
});
export type Rollout = z.infer<typeof Rollout>;

/** A whole file. The input side of this schema is what a person writes; the output side has every default filled in. */
export const Runbook = z.strictObject({
  name: Slug.meta(about("The runbook's name, the same as its file's.")),
  title: Label.meta(about("The problem in one line.")),
  about: z.string().optional().meta(about("The problem and its remedy, for whoever is about to run this.")),
  references: z.array(z.string()).default([]).meta(about("Where to read more: addresses.")),
  tags: z.array(z.string()).default([]).meta(about("Words to find it by.")),
  hosts: z.string().min(1).default("all").meta(about("The default host pattern.")),
  ...scope,
  inputs: z
    .record(VariableName, Input)
    .default({})
    .meta(about("Values that scripts get as variables, and users may set.")),
  facts: z
    .record(VariableName, Script)
    .refine((facts) => Object.keys(facts).length <= 100, "expected at most 100 facts")
    .default({})
    .meta(about("Name → script; its trimmed stdout is the variable.")),
  files: z
    .array(z.string().min(1))
    .default([])
    .meta(about("Files sent with the scripts; `$files` is their directory.")),
  functions: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .meta(about("A shell file of functions put before every script, or a list of them.")),
  rollout: Rollout.prefault({}).meta(about("How fixes spread over the fleet.")),
  steps: z.array(Step).min(1).max(100).meta(about("Problems and their remedies, in order.")),
});
export type Runbook = z.infer<typeof Runbook>;

/** A runbook ready to run: the model, the texts of its files, and where it came from. */
export type LoadedRunbook = {
  readonly runbook: Runbook;
  readonly path: string;
  /** The file's text. */
  readonly text: string;
  /** SHA-256 (hex) of the file's text and of every file it sends. */
  readonly digest: string;
  /** Text of all `functions`, empty without. */
  readonly functions: string;
  /** Base name → content of `files`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
};
