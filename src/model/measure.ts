import * as z from "zod";
import { parseDuration } from "./quantity.ts";

/** Seconds. A timer that is set for more than 24.8 days goes off at once. */
const LONGEST = 20 * 86_400;

/** A span of time that somebody waits: written `30s`, `5m`, `1h30m`, at most 20 days; held as seconds. */
export const Duration = z
  .string("expected a duration such as 30s, 5m or 1h30m")
  .regex(/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/, { error: "expected a duration such as 30s, 5m or 1h30m", abort: true })
  .refine(
    (text) => (parseDuration(text) ?? Number.POSITIVE_INFINITY) <= LONGEST,
    "expected a duration of at most 20 days (20d)",
  )
  .transform((text) => parseDuration(text) ?? 0)
  .meta({ description: "A duration: 250ms, 30s, 5m, 1h30m, 7d; at most 20d." });

/** A time after which something is given up: nothing can be done in none. */
export const Timeout = Duration.refine((seconds) => seconds > 0, "expected a duration longer than 0");

/** A number of hosts, or a share of them: `3` or `25%`. */
export const Share = z.union([
  z.int().positive(),
  z.string().regex(/^\d+(\.\d+)?%$/, "expected a count or a percentage such as 25%"),
]);
export type Share = z.infer<typeof Share>;

/** The most hosts that may be something: as `Share`, and `0` for none. */
export const Limit = z.union([
  z.int().nonnegative(),
  z.string().regex(/^\d+(\.\d+)?%$/, "expected a count or a percentage such as 25%"),
]);
export type Limit = z.infer<typeof Limit>;

/** `share` of `total` in hosts: a percentage is rounded up, so that a small fleet is not shut out. */
export function resolveShare(share: Limit, total: number): number {
  if (typeof share === "number") return share;
  return Math.ceil((Number.parseFloat(share) / 100) * total);
}
