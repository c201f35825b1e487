import * as z from "zod";
import { about, VariableName } from "./words.ts";

const Glob = z
  .string()
  .regex(/^[a-z0-9*?-]+$/, "expected a name, or a glob: lower-case letters, digits and -, with * and ?");

const Cell = z
  .union([z.string(), z.number(), z.boolean()], "expected a text, a number, true or false")
  .transform(String);

/** The first moment after a day (UTC); NaN for a day that there is none of. */
function endOf(day: string): number {
  const start = new Date(`${day}T00:00:00Z`);
  const there = !Number.isNaN(start.getTime()) && start.toISOString().startsWith(day);
  return there ? start.getTime() + 86_400_000 : Number.NaN;
}

const Day = z
  .string("expected a day such as 2026-12-31")
  .regex(/^\d{4}-\d{2}-\d{2}$/, { error: "expected a day such as 2026-12-31", abort: true })
  .refine((day) => !Number.isNaN(endOf(day)), "expected a day that there is")
  .transform(endOf);

/** One waiver as a person writes it. What is left out narrows nothing. */
export const WaiverRule = z.strictObject({
  runbook: Glob.meta(about("The runbook's name, or a glob.")),
  step: Glob.optional().meta(about("The step's id, or a glob (default: all of its steps).")),
  hosts: z.string().min(1).default("all").meta(about("A host pattern (db:!db3; default: all).")),
  finding: z
    .record(VariableName, Cell)
    .optional()
    .meta(about("Columns of the finding, and what they hold (default: whatever the step finds).")),
  until: Day.meta(about("The last day on which it holds (UTC), at most a year from now.")),
  reason: z
    .string()
    .regex(/\S/, "expected a reason")
    .max(500)
    .meta(about("Why it is accepted as it is; told wherever it is waived.")),
  by: z.string().min(1).max(200).optional().meta(about("Who accepts it (default: the file's name).")),
});
export type WaiverRule = z.infer<typeof WaiverRule>;

/** A whole file of waivers. */
export const WaiverFile = z.strictObject({
  waivers: z.array(WaiverRule).max(10_000).meta(about("Findings that are accepted as they are.")),
});
export type WaiverFile = z.infer<typeof WaiverFile>;

/** A waiver that is ready to be held against runs. `until`: ms since the epoch. */
export type WrittenWaiver = WaiverRule & { readonly by: string; /** `file:line`. */ readonly where: string };
