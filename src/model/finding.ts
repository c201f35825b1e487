import * as z from "zod";

/** One cell of a finding. Durations are seconds, bytes are bytes, percents are bare numbers; null is an empty column (`-`). */
export const Cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export type Cell = z.infer<typeof Cell>;

/** One problem that a detect script found on a host. */
export const Finding = z.object({
  /** Column name → value, in the order the runbook declares. A text may hold U+DC80…U+DCFF for bytes that are not UTF-8 (see `script/bytes`). */
  values: z.record(z.string(), Cell),
  /** The key columns as JSON: what makes two findings the same one. Unique within a step on a host. */
  key: z.string(),
});
export type Finding = z.infer<typeof Finding>;

/** The names of step outcomes, from worst to best (LANGUAGE reference, "Outcomes"). */
export const Outcome = z.enum([
  "failed",
  "in-doubt",
  "rolled-back",
  "waiting",
  "found",
  "unknown",
  "fixed",
  "clear",
  "skipped",
]);
export type Outcome = z.infer<typeof Outcome>;

/** The worst of some outcomes; `skipped` for none at all. */
export function worst(outcomes: Iterable<Outcome>): Outcome {
  const found = new Set(outcomes);
  return Outcome.options.find((outcome) => found.has(outcome)) ?? "skipped";
}
