import type { Command } from "./measure.ts";
import type { Target } from "./target.ts";
import type { Script } from "./work.ts";

/** What a rival reported for each script, in order; by the host's name or address. A script that failed is null. */
export type Results = ReadonlyMap<string, readonly (string | null)[]>;

/** A tool that does the work on every host of a target. */
export type Rival = {
  readonly name: string;
  /** Exit code of a run in which all went well. */
  readonly exit: number;
  /** Writes what the tool needs into `dir` (empty, its working directory) and says how it is called. */
  prepare(target: Target, work: readonly Script[], dir: string): Promise<Command>;
  /** Reads what it printed (`dir/stdout`) or left in `dir`. */
  results(dir: string, work: readonly Script[]): Promise<Results>;
};

/** How many of the results are there and right; all of them is hosts × scripts. */
export function rightResults(results: Results, target: Target, work: readonly Script[]): number {
  return target.hosts
    .map((host) => results.get(host.name) ?? results.get(host.address) ?? [])
    .map((reported) => work.filter((script, index) => reported[index]?.trim() === script.prints).length)
    .reduce((sum, right) => sum + right, 0);
}

/** Lines of JSON `{ host, out: […] }`, as the loops that we wrote ourselves print them. */
export function fromJsonLines(text: string): Results {
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(
    lines
      .map((line) => JSON.parse(line) as { host: string; out: (string | null)[] })
      .map(({ host, out }) => [host, out]),
  );
}
