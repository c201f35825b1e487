import * as z from "zod";
import { Risk } from "./approval.ts";
import { Hours } from "./hours.ts";
import { Permit } from "./policy.ts";
import { Duration } from "./measure.ts";
import { Place } from "./runbook.ts";

const about = (description: string) => ({ description });

const WrittenWindow = Hours.extend({
  zone: z.string().min(1).meta(about("Time zone by its IANA name: Europe/Berlin, UTC.")),
});

const Glob = z
  .string()
  .regex(/^[a-z0-9*?-]+$/, "expected a name, or a glob: lower-case letters, digits and -, with * and ?");
const Digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "expected a runbook's whole digest: 64 hex digits, as `runbook policy explain` prints it");

/** One rule as a person writes it. All of its conditions must hold; without any it matches everything. */
export const PolicyRule = z.strictObject({
  name: z.string().min(1).max(200).optional().meta(about("What people read when the rule decides (default: rule N).")),
  runbooks: z.array(Glob).min(1).optional().meta(about("Condition: names of runbooks, or globs.")),
  not_digests: z.array(Digest).min(1).optional().meta(about("Condition: the runbook's digest is none of these.")),
  steps: z.array(Glob).min(1).optional().meta(about("Condition: ids of steps, or globs.")),
  risk: z.array(Risk).min(1).optional().meta(about("Condition: the risk of the fix.")),
  on: Place.optional().meta(about("Condition: where the step's scripts run.")),
  hosts: z.string().min(1).optional().meta(about("Condition: a host pattern (prod:!canary).")),
  not_hosts: z.string().min(1).optional().meta(about("Condition: the host is not selected by this pattern.")),
  when: z
    .union([WrittenWindow, z.array(WrittenWindow).min(1)])
    .transform((windows) => (Array.isArray(windows) ? windows : [windows]))
    .optional()
    .meta(about("Condition: within this window of time, or any of these.")),
  approve: Permit.meta(about("auto: no person is needed. ask: a person decides. deny: it is not fixed in this run.")),
  approvers: z.int().min(1).max(20).optional().meta(about("Different people who must say yes (default 1).")),
  not_requester: z.boolean().optional().meta(about("Whoever started the run may not approve.")),
  signed: z.boolean().optional().meta(about("Only decisions with an SSH signature count.")),
  expires: Duration.optional().meta(about("How long an approval lasts at most.")),
  max_hosts: z.int().positive().optional().meta(about("At most this many hosts are fixed under the rule in one run.")),
  reason: z.string().min(1).max(500).optional().meta(about("Told to whoever meets the rule.")),
});
export type PolicyRule = z.infer<typeof PolicyRule>;

/** A whole policy file. */
export const PolicyFile = z.strictObject({
  allowed_signers: z
    .string()
    .min(1)
    .optional()
    .meta(
      about("File of SSH keys that may sign decisions, relative to this one (see ssh-keygen(1), ALLOWED SIGNERS)."),
    ),
  rules: z.array(PolicyRule).min(1).max(1000).meta(about("The first rule that matches holds.")),
});
export type PolicyFile = z.infer<typeof PolicyFile>;

/** A policy ready to be held against runs. */
export type Policy = {
  readonly source: string;
  /** Path of its `allowed_signers` file: absolute once it is loaded. */
  readonly signers: string | null;
  readonly rules: readonly (PolicyRule & { readonly name: string; /** `file:line`. */ readonly where: string })[];
};
