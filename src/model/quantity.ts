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
