/** A stretch of a text, by its offsets; `end` is behind it. */
type Stretch = { readonly start: number; readonly end: number };

/** Each of some things with the stretches that it stands in, the innermost last; in the order of their offsets. */
export function swept<S extends Stretch, T>(
  stretches: readonly S[],
  things: readonly T[],
  offsetOf: (thing: T) => number,
): readonly { readonly thing: T; readonly around: readonly S[] }[] {
  const sorted = stretches.toSorted((a, b) => a.start - b.start || b.end - a.end);
  let open: readonly S[] = [];
  let next = 0;
  return things
    .toSorted((a, b) => offsetOf(a) - offsetOf(b))
    .map((thing) => {
      const at = offsetOf(thing);
      const first = next;
      while ((sorted[next]?.start ?? Infinity) <= at) next += 1;
      open = [...open, ...sorted.slice(first, next)].filter(({ end }) => at < end);
      return { thing, around: open };
    });
}
