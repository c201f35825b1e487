import * as z from "zod";
import { Outcome } from "./finding.ts";

/** A fix of the same step on the same host in an earlier run. `at` is ms since the epoch. */
export const PastFix = z.object({
  host: z.string(),
  step: z.string(),
  run: z.string(),
  at: z.number(),
  outcome: Outcome,
});
export type PastFix = z.infer<typeof PastFix>;
