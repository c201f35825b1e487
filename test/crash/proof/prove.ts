import type { Case, Quiet } from "./blow.ts";
import { deal, type Story } from "./deal.ts";
import { judge } from "./judge.ts";
import type { Scene } from "./scene.ts";
import { buildSite, type Site } from "./site.ts";

/** What came of one case. */
export type Result = Case & {
  readonly story: Story;
  /** What contradicts what; empty: all is as it must be. */
  readonly wrong: readonly string[];
  /** What each host noted. */
  readonly notes: Readonly<Record<string, readonly string[]>>;
};

/** A run to which nothing happens, at the pace that as many side by side have here. Throws where it does not end as it should. */
export async function quietRun(scene: Scene, sites: number): Promise<Quiet> {
  const all = await Promise.all(Array.from({ length: sites }, () => quietly(scene)));
  const longest = all.toSorted((one, other) => other.ms - one.ms)[0];
  if (longest === undefined) throw new Error("no sites");
  return { ...longest, entries: Math.max(...all.map(({ entries }) => entries)) };
}

async function quietly(scene: Scene): Promise<Quiet> {
  await using site = await buildSite(scene);
  const story = await deal(site, null);
  const wrong = await judge(site, null, story);
  if (wrong.length > 0) throw new Error(`an undisturbed run is wrong:\n${wrong.join("\n")}`);
  const carried = Object.fromEntries([...site.relays].map(([host, relay]) => [host, { ...relay.carried }]));
  return { entries: story.entries.length, ms: story.ms, carried };
}

/** Deals every case to a site of its scene, several side by side, and tells of each as it is over. Once `signal` fires no other is dealt. */
export async function prove(
  cases: readonly Case[],
  sites: number,
  tell: (result: Result, done: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Result[]> {
  const left = [...cases];
  signal?.addEventListener("abort", () => left.splice(0));
  const results: Result[] = [];
  const worker = async (): Promise<void> => {
    await using stack = new AsyncDisposableStack();
    const built = new Map<Scene, Site>();
    const dealt = async (next: Case): Promise<Result> => {
      const site = built.get(next.scene) ?? stack.use(await buildSite(next.scene));
      built.set(next.scene, site);
      return proved(site, next);
    };
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const one = next;
      // A site may break down by itself, as where the machine around has no process or memory left: then the case has another one, once.
      const result = await dealt(one).catch(() => {
        built.delete(one.scene);
        return dealt(one);
      });
      results.push(result);
      tell(result, results.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(sites, cases.length) }, worker));
  return results;
}

async function proved(site: Site, { scene, blow }: Case): Promise<Result> {
  const story = await deal(site, blow);
  const wrong = await judge(site, blow, story);
  const notes = Object.fromEntries([...site.machines.keys()].map((host) => [host, site.notes(host)]));
  return { scene, blow, story, wrong, notes };
}
