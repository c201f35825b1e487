/** The candidate that was most likely meant by a word: one that is close enough (about every third letter may be wrong), else the only one that it begins. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const all = [...candidates];
  const [begun, ...others] =
    word.length < 2 ? [] : all.filter((each) => each.startsWith(word.toLowerCase()) && each !== word);
  return closest(word, all) ?? (others.length === 0 ? begun : undefined);
}

function closest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.ceil(word.length / 3)) + 1;
  const [lower, bare] = [word.toLowerCase(), normal(word)];
  for (const candidate of candidates) {
    if (candidate === word) continue;
    const far = normal(candidate) === bare ? 0 : distance(lower, candidate.toLowerCase(), least);
    if (far >= least || far >= candidate.length) continue;
    best = candidate;
    least = far;
  }
  return best;
}

/** `did you mean \`x\`?` as a hint, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const meant = suggest(word, candidates);
  return meant === undefined ? undefined : `did you mean \`${meant}\`?`;
}

function normal(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, "");
}

/** Damerau-Levenshtein (optimal string alignment): letters added, left out, replaced, or swapped with their neighbour; `limit` where it is that or more for sure. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
