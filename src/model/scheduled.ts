import * as z from "zod";
import { TimeWindow } from "./policy.ts";

/** Days by the clocks of a zone, both ends in it: `2026-12-24`. */
const Days = z.object({ from: z.string(), to: z.string(), reason: z.string().nullable() });

/** What a schedule restrains in the run of a fire, however it goes on. */
export const Restraints = z.object({
  /** `file:line`. */
  where: z.string(),
  zone: z.string(),
  /** Empty: at any time. */
  windows: z.array(TimeWindow),
  blackouts: z.array(Days),
  /** No fix starts from then on, in ms since the epoch; null: it has no deadline. */
  until: z.number().nullable(),
  /** Hosts that the schedule fixes in one day by the clocks of its zone. */
  maxHosts: z.int().nonnegative(),
  /** So many fixes of a step on a host within these seconds are enough. */
  stopAfter: z.object({ fixes: z.int().positive(), within: z.number() }),
});
export type Restraints = z.infer<typeof Restraints>;

/** What a person has said no to in an earlier run of the schedule; the digest names step, host and findings. `at` is ms since the epoch. */
export const Refused = z.object({
  digest: z.string(),
  run: z.string(),
  by: z.string(),
  reason: z.string(),
  at: z.number(),
});
export type Refused = z.infer<typeof Refused>;

/** The fire of a schedule that a run is. */
export const Scheduled = z.object({
  name: z.string(),
  /** The moment that its expression names; where a person had it run at once, that moment. ms since the epoch. */
  fire: z.number(),
  /** A person had it run, beside its fires. */
  byHand: z.literal(true).optional(),
  /** Why it only looks, or is late; empty where nothing is in the way. */
  why: z.array(z.string()),
  restraints: Restraints.optional(),
  /** Nobody is asked about these again. */
  refused: z.array(Refused).optional(),
});
export type Scheduled = z.infer<typeof Scheduled>;
