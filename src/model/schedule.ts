import * as z from "zod";
import { ApproveLevel } from "./approval.ts";
import { Hours } from "./hours.ts";
import { Duration, Share } from "./measure.ts";
import { WrittenNotification } from "./notification.ts";
import { InputOrigin } from "./origin.ts";
import { Label, Slug, VariableName, about } from "./words.ts";

const Inventories = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((sources) => (Array.isArray(sources) ? sources : [sources]));

const Zone = z.string().min(1).meta(about("Time zone by its IANA name: Europe/Berlin, UTC."));

const InputValue = z.union([z.string(), z.number(), z.boolean(), InputOrigin]);

const Day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "expected a date such as 2026-12-24");

const Blackout = z.union([
  Day,
  z.strictObject({
    from: Day.meta(about("The first day.")),
    to: Day.meta(about("The last day, which belongs to it.")),
    reason: Label.optional().meta(about("Told with every fire that is left out.")),
  }),
]);

/** What becomes of a fire while the run of an earlier one is still going. */
export const Overlap = z.enum(["skip", "queue", "replace"]);
export type Overlap = z.infer<typeof Overlap>;

/** What becomes of a fire that nobody was there for. */
export const Missed = z.enum(["detect", "run", "skip"]);
export type Missed = z.infer<typeof Missed>;

const StopAfter = z.strictObject({
  fixes: z.int().min(1).max(1000).default(3).meta(about("So many fixes of the same finding (default 3).")),
  within: Duration.default(7 * 86_400).meta(about("In this time (default 7d).")),
});

/** One schedule as a person writes it. */
export const WrittenSchedule = z.strictObject({
  name: Slug.meta(about("What it is called in commands and on record; the name of the units it is exported to.")),
  about: Label.optional().meta(about("What it is for, in a sentence.")),
  runbook: z.string().min(1).optional().meta(about("The runbook that is run: a name or a path.")),
  check: z.array(z.string().min(1)).min(1).optional().meta(about("Runbooks that only look, all at once.")),
  inventory: Inventories.optional().meta(about("As -i: a file, a directory, a program, or `host1,host2,`.")),
  limit: z.string().min(1).optional().meta(about("Narrows the hosts, as --limit does.")),
  inputs: z.record(VariableName, InputValue).optional().meta(about("Values of inputs. Secrets never stand here.")),
  cron: z.string().min(1).meta(about('When it fires: five or six fields ("*/15 * * * *"), or @hourly.')),
  timezone: Zone.optional(),
  jitter: Duration.default(0).meta(about("It fires up to so much later, always by the same time (default 0s).")),
  approve: ApproveLevel.optional().meta(about("Fix without asking up to this risk (default none).")),
  policy: z.string().min(1).optional().meta(about("A policy, besides those in force; relative to this file.")),
  overlap: Overlap.default("skip").meta(
    about("While the run before is still going (default skip). A fix is never interrupted."),
  ),
  missed: Missed.default("detect").meta(
    about("What was missed is only looked for, run late, or skipped (default detect)."),
  ),
  missed_window: Duration.optional().meta(about("What was missed longer ago is skipped (default 1d).")),
  window: z
    .union([Hours, z.array(Hours).min(1)])
    .transform((windows) => (Array.isArray(windows) ? windows : [windows]))
    .optional()
    .meta(about("Maintenance hours: outside of them it only looks, and fixes nothing.")),
  blackout: z.array(Blackout).min(1).optional().meta(about("Days on which it does not fire at all.")),
  deadline: Duration.optional().meta(about("After this time no new fix of the run starts.")),
  enabled: z.boolean().default(true).meta(about("false: it never fires (default true).")),
  notify: z.array(Slug).optional().meta(about("Names of `notifications` that are told what becomes of its runs.")),
  stop_after: StopAfter.optional().meta(about("A fix that keeps coming back is left to people (default 3 in 7d).")),
  max_hosts_per_day: Share.optional().meta(about("Hosts that it fixes in one day at most (default 10).")),
});
export type WrittenSchedule = z.infer<typeof WrittenSchedule>;

/** A whole file of schedules. */
export const SchedulesFile = z.strictObject({
  timezone: Zone.optional().meta(about("Of every schedule that names none (default UTC).")),
  inventory: Inventories.optional().meta(about("Of every schedule that names none.")),
  schedules: z.array(WrittenSchedule).min(1).max(1000),
  notifications: z.array(WrittenNotification).max(100).optional().meta(about("Who is told what, and how.")),
});
export type SchedulesFile = z.infer<typeof SchedulesFile>;

/** Days on which a schedule does not fire: dates by its clocks, both ends in it. */
export type Blackout = { readonly from: string; readonly to: string; readonly reason: string | null };

/** One schedule with everything decided. Paths are as the file writes them. */
export type Schedule = {
  readonly name: string;
  readonly about: string | null;
  readonly task:
    | { readonly kind: "run"; readonly runbook: string }
    | { readonly kind: "check"; readonly runbooks: readonly string[] };
  readonly inventories: readonly string[];
  readonly limit: string | null;
  readonly inputs: Readonly<Record<string, string | number | boolean | InputOrigin>>;
  readonly cron: string;
  readonly timezone: string;
  /** Seconds by which it fires later than `cron` says; the same at every fire. */
  readonly delay: number;
  /** Seconds that `delay` may have had. */
  readonly jitter: number;
  readonly approve: ApproveLevel;
  readonly policy: string | null;
  readonly overlap: Overlap;
  readonly missed: Missed;
  readonly missedWindow: number;
  /** Empty: at any time. */
  readonly windows: readonly Hours[];
  readonly blackouts: readonly Blackout[];
  readonly deadline: number | null;
  readonly enabled: boolean;
  readonly notify: readonly string[];
  readonly stopAfter: { readonly fixes: number; readonly within: number };
  readonly maxHostsPerDay: Share;
  /** `file:line`. */
  readonly where: string;
};
