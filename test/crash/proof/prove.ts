import type { Blow, Quiet } from "./blow.ts";
import { deal, type Story } from "./deal.ts";
import { judge } from "./judge.ts";
import { buildSite, type Site } from "./site.ts";

/** What came of one blow. */
export type Result = {
  readonly blow: Blow;
  readonly story: Story;
  /** What contradicts what; empty: all is as it must be. */
  readonly wrong: readonly string[];
  /** What each host noted. */
  readonly notes: Readonly<Record<string, readonly string[]>>;
};

/** A run to which nothing happens, at the pace that as many side by side have here. Throws where it does not end as it should. */
export async function quietRun(sites: number): Promise<Quiet> {
  const all = await Promise.all(Array.from({ length: sites }, quietly));
  const longest = all.toSorted((one, other) => other.ms - one.ms)[0];
  if (longest === undefined) throw new Error("no sites");
  return { ...longest, entries: Math.max(...all.map(({ entries }) => entries)) };
}

async function quietly(): Promise<Quiet> {
  await using site = await buildSite();
  const story = await deal(site, null);
  const wrong = await judge(site, null, story);
  if (wrong.length > 0) throw new Error(`an undisturbed run is wrong:\n${wrong.join("\n")}`);
  const carried = Object.fromEntries([...site.relays].map(([host, relay]) => [host, { ...relay.carried }]));
  return { entries: story.entries.length, ms: story.ms, carried };
}

/** Deals every blow to a site of its own, several side by side, and tells of each as it is over. Once `signal` fires no other is dealt. */
export async function prove(
  blows: readonly Blow[],
  sites: number,
  tell: (result: Result, done: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Result[]> {
  const left = [...blows];
  signal?.addEventListener("abort", () => left.splice(0));
  const results: Result[] = [];
  const worker = async (): Promise<void> => {
    await using site = await buildSite();
    for (let blow = left.shift(); blow !== undefined; blow = left.shift()) {
      const result = await proved(site, blow);
      results.push(result);
      tell(result, results.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(sites, blows.length) }, worker));
  return results;
}

async function proved(site: Site, blow: Blow): Promise<Result> {
  const story = await deal(site, blow);
  const wrong = await judge(site, blow, story);
  const notes = Object.fromEntries([...site.machines.keys()].map((host) => [host, site.notes(host)]));
  return { blow, story, wrong, notes };
}
