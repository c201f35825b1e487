import * as z from "zod";

/** How many runs must have found the same, this one included, before it counts. */
export const RunsNeeded = z.object({
  times: z.int().positive(),
  /** Seconds from one look that counts to the next. */
  apart: z.number(),
  /** Digest of all that makes the look what it is: only looks that asked the same are held together. */
  question: z.string(),
  /** The inputs that are part of the question; each host has its own values. */
  inputs: z.array(z.string()),
});
export type RunsNeeded = z.infer<typeof RunsNeeded>;

/** An earlier run's last look at a step on a host. */
export const Sighting = z.object({
  host: z.string(),
  step: z.string(),
  run: z.string(),
  /** When the look ended, ms since the epoch. */
  at: z.number(),
  /** Which machine the host was then, as it says itself; null where it cannot tell. */
  machine: z.string().nullable(),
  /** What it found, as far as every look since has found it, too. */
  keys: z.array(z.string()),
});
export type Sighting = z.infer<typeof Sighting>;
