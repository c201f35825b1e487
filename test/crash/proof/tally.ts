import { fold } from "../../../src/engine/evolve.ts";
import { stepVerdict } from "../../../src/engine/outcome.ts";
import type { Result } from "./prove.ts";

/** What became of the cases of one kind. */
type Row = {
  cases: number;
  /** Cases whose blow met a run at work. */
  hit: number;
  /** Steps that had something to do, by how they ended. */
  readonly ends: Map<string, number>;
  violations: number;
};

/** How many cases of each scene and kind there were, and what became of them. */
export type Tally = {
  readonly rows: ReadonlyMap<string, Row>;
  readonly violations: number;
  /** Types of the entries right after which the command was killed, with how often. */
  readonly struck: ReadonlyMap<string, number>;
};

/** Counts results. */
export function tallyOf(results: readonly Result[]): Tally {
  const rows = new Map<string, Row>();
  for (const { scene, blow, story, wrong } of results) {
    const name = `${scene.name} ${blow.kind}`;
    const row = rows.get(name) ?? { cases: 0, hit: 0, ends: new Map<string, number>(), violations: 0 };
    rows.set(name, row);
    row.cases += 1;
    row.hit += story.hit ? 1 : 0;
    row.violations += wrong.length > 0 ? 1 : 0;
    for (const host of fold(story.entries)?.hosts.values() ?? []) {
      for (const step of host.steps) {
        const { outcome } = stepVerdict(host, step);
        if (outcome !== "clear") row.ends.set(outcome, (row.ends.get(outcome) ?? 0) + 1);
      }
    }
  }
  return { rows, struck: struckOf(results), violations: results.filter(({ wrong }) => wrong.length > 0).length };
}

function struckOf(results: readonly Result[]): ReadonlyMap<string, number> {
  const struck = new Map<string, number>();
  for (const { blow, story } of results) {
    if (blow.kind !== "event" || blow.when !== "after" || !story.hit) continue;
    const type = story.entries.find(({ seq }) => seq === blow.seq)?.event.type;
    if (type !== undefined) struck.set(type, (struck.get(type) ?? 0) + 1);
  }
  return struck;
}

/** Letters of the longest name of a kind. */
const NAME = 12;

/** The tally for people; `seed` null: single cases. */
export function tallyLines({ rows, violations, struck }: Tally, seed: string | null): string[] {
  const outcomes = [...new Set([...rows.values()].flatMap(({ ends }) => [...ends.keys()]))];
  const sum = (of: (row: Row) => number): number => [...rows.values()].reduce((all, row) => all + of(row), 0);
  const line = (name: string, of: (take: (row: Row) => number) => number): string => {
    const cells = [of((row) => row.cases), of((row) => row.hit)];
    const ends = outcomes.map((outcome) => of((row) => row.ends.get(outcome) ?? 0));
    return [
      name.padEnd(NAME),
      ...[...cells, ...ends, of((row) => row.violations)].map((n, at) => String(n).padStart(WIDTHS(at))),
    ].join("  ");
  };
  const heads = ["cases", "hit", ...outcomes, "violations"];
  const WIDTHS = (at: number): number => heads[at]?.length ?? 0;
  return [
    ["kind".padEnd(NAME), ...heads].join("  "),
    ...[...rows]
      .toSorted(([one], [other]) => one.localeCompare(other))
      .map(([kind, row]) => line(kind, (take) => take(row))),
    line("all", sum),
    ...(struck.size === 0
      ? []
      : [`killed right after ${[...struck].map(([type, times]) => `${type} ${times}×`).join(", ")}`]),
    `${violations === 0 ? "no" : violations} ${violations === 1 ? "case is" : "cases are"} wrong${seed === null ? "" : `; seed ${seed}`}`,
  ];
}
