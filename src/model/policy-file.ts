import * as z from "zod";
import { Risk } from "./approval.ts";
import { Permit } from "./policy.ts";
import { Duration } from "./measure.ts";
import { Place } from "./runbook.ts";

const about = (description: string) => ({ description });

/** The days of a week as policies write them, Monday first. */
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

const DAY = `(${DAYS.join("|")})`;
const Days = z
  .string("expected days such as mon-fri or sat,sun")
  .regex(new RegExp(`^${DAY}(-${DAY})?(, ?${DAY}(-${DAY})?)*$`), "expected days such as mon-fri or sat,sun")
  .transform(daysOf)
  .meta(about("Days the window begins on: mon-fri, or sat,sun (default: all)."));

/** `fri-mon` goes over Sunday. */
function daysOf(text: string): number[] {
  const days = text.split(/, ?/).flatMap((part) => {
    const [from = 0, to = from] = part.split("-").map((day) => DAYS.findIndex((each) => each === day));
    return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, after) => ((from + after) % 7) + 1);
  });
  return [...new Set(days)].toSorted((a, b) => a - b);
}

const From = z
  .string("expected a time of day such as 09:00")
  .regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, "expected a time of day from 00:00 to 23:59")
  .transform(minutesOf)
  .meta(about("When it opens, 00:00 to 23:59 (default 00:00)."));
const To = z
  .string("expected a time of day such as 17:00")
  .regex(/^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/, "expected a time of day from 00:00 to 24:00")
  .transform(minutesOf)
  .meta(about("When it closes, 00:00 to 24:00 (default 24:00). Before `from`: on the day after."));

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(":").map(Number);
  return hours * 60 + minutes;
}

const WrittenWindow = z.strictObject({
  days: Days.default([1, 2, 3, 4, 5, 6, 7]),
  from: From.default(0),
  to: To.default(1440),
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
