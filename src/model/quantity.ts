import * as z from "zod";

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400, w: 604800 };
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/** `90s`, `5m`, `1h30m`, `250ms` → seconds; undefined when it is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g)) {
    seconds += Number(amount) * (SECONDS[unit ?? ""] ?? Number.NaN);
  }
  return countable(Number(seconds.toFixed(3)));
}

/** `512`, `10M`, `1.5 GiB`, `20GB` → bytes (K, M, G, T are powers of 1024, as `du` and `df` print); undefined when it is no size. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]iB|[kMGT]B|[KMGT]|B)?$/.exec(text);
  if (match === null) return undefined;
  return countable(Math.round(Number(match[1]) * (BYTES[match[2] ?? "B"] ?? Number.NaN)));
}

/** `85%` or `85` → 85; undefined when it is no number of percent. */
export function parsePercent(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)%?$/.exec(text);
  return match === null ? undefined : countable(Number(match[1]));
}

/** A number that is written in digits: `1e+21` and `Infinity` are none that a shell could count with. */
function countable(value: number): number | undefined {
  return value < 1e21 ? value : undefined;
}

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
