import type { Finding } from "../model/finding.ts";
import type { RunsNeeded, Sighting } from "../model/sighting.ts";

/** A finding that too few runs have seen, and how many have, this one included. */
export type Early = {
  readonly finding: Finding;
  readonly runs: number;
  /** A look at it was too near to another to count. */
  readonly near: boolean;
};

/** Parts what a look found by whether enough runs in a row have found it. `earlier` is newest first. */
export function parted(
  findings: readonly Finding[],
  earlier: readonly Sighting[],
  at: number,
  needed: RunsNeeded | undefined,
): { readonly findings: readonly Finding[]; readonly early: readonly Early[] } {
  if (needed === undefined) return { findings, early: [] };
  const early = findings.flatMap((finding): Early[] => {
    const { runs, near } = runsWith(finding.key, earlier, at, needed);
    return runs < needed.times ? [{ finding, runs, near }] : [];
  });
  const rest = findings.filter(({ key }) => !early.some(({ finding }) => finding.key === key));
  return { findings: rest.length > 0 ? rest : findings, early };
}

/** How many runs in a row have seen a key, the one that looked at `at` included: back to the first look that did not see it. */
function runsWith(
  key: string,
  earlier: readonly Sighting[],
  at: number,
  { apart }: RunsNeeded,
): { readonly runs: number; readonly near: boolean } {
  let runs = 1;
  let last = at;
  let near = false;
  for (const look of earlier) {
    if (!look.keys.includes(key)) break;
    if (last - look.at < apart * 1000) near = true;
    else {
      runs += 1;
      last = look.at;
    }
  }
  return { runs, near };
}

/** What earlier looks still say once this one has been: what it did not see begins anew. */
export function since(earlier: readonly Sighting[], seen: readonly Finding[]): readonly Sighting[] {
  const keys = new Set(seen.map(({ key }) => key));
  return earlier.map((look) => ({ ...look, keys: look.keys.filter((key) => keys.has(key)) }));
}

/**
 * Takes the looks at a step on a host, newest first, for as long as they can matter; `done` says that no older one can. Of looks near to
 * each other only the newest is kept, and of a key nothing from before a look without it.
 */
export function collect(needed: RunsNeeded): {
  readonly kept: readonly Sighting[];
  take(look: Sighting): void;
  done(): boolean;
} {
  const kept: Sighting[] = [];
  let there: ReadonlySet<string> | null = null;
  return {
    kept,
    take: (look) => {
      const before: ReadonlySet<string> | null = there;
      const keys = look.keys.filter((key) => before === null || before.has(key));
      there = new Set(keys);
      const last = kept.at(-1);
      if (keys.length > 0 && (last === undefined || last.at - look.at >= needed.apart * 1000))
        kept.push({ ...look, keys });
    },
    done: () => there?.size === 0 || kept.length >= needed.times,
  };
}
