import { fold } from "../engine/evolve.ts";
import { hostVerdict } from "../engine/outcome.ts";
import { membersOf, patternFault } from "../language/inventory/pattern.ts";
import { didYouMean } from "../language/suggest.ts";
import { isFault, type Fault } from "../model/fault.ts";
import { Outcome } from "../model/finding.ts";
import { parseDuration } from "../model/quantity.ts";
import type { RunHosts, RunRecord } from "../model/run-record.ts";
import type { Archive } from "../run/ports.ts";
import { momentOf } from "./moment.ts";

/** Which runs `runbook history list` tells. */
export type FilterOptions = {
  readonly schedule?: string | undefined;
  /** A pattern as of an inventory. */
  readonly host?: string | undefined;
  /** Names of outcomes, with commas. */
  readonly outcome?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
};

/** The runs that are wanted, newest first, and no more than `most`; of a check those of its runs that are wanted. */
export async function runsWanted(
  record: Pick<Archive, "runs" | "hostsOf" | "read">,
  options: FilterOptions,
  { most, now }: { readonly most: number; readonly now: number },
): Promise<{ readonly runs: readonly RunRecord[] } | { readonly faults: readonly Fault[] }> {
  const since = timeOf(options.since, "--since", now);
  const until = timeOf(options.until, "--until", now);
  const outcomes = outcomesOf(options.outcome);
  const pattern = options.host === undefined ? undefined : patternFault(options.host);
  const faults = [since, until, outcomes].flatMap((each) => (isFault(each) ? [each] : []));
  if (pattern !== undefined) faults.push({ ...pattern, where: "--host" });
  if (isFault(since) || isFault(until) || isFault(outcomes) || faults.length > 0) return { faults };
  const { schedule, host } = options;
  const times = { schedule, since, until };
  if (host === undefined) return { runs: firstOf(await record.runs({ ...times, outcomes }), most) };
  // How a host fared is told by its run, which is as bad as the worst of its hosts.
  const at = outcomes === undefined ? -1 : Math.max(...outcomes.map((each) => Outcome.options.indexOf(each)));
  const runs = await record.runs(
    outcomes === undefined ? times : { ...times, outcomes: Outcome.options.slice(0, at + 1), unended: true },
  );
  return { runs: await ofHosts(record, runs, { host, outcomes, most }) };
}

/** So many runs are looked at at a time. */
const PAGE = 500;

async function ofHosts(
  record: Pick<Archive, "hostsOf" | "read">,
  runs: readonly RunRecord[],
  {
    host,
    outcomes,
    most,
  }: { readonly host: string; readonly outcomes: readonly Outcome[] | undefined; readonly most: number },
): Promise<readonly RunRecord[]> {
  const found: RunRecord[] = [];
  for (let from = 0; from < runs.length; from += PAGE) {
    const page = runs.slice(from, from + PAGE);
    const hosts = new Map((await record.hostsOf(page.map(({ run }) => run))).map((each) => [each.run, each]));
    for (const run of page) {
      const chosen = hostsIn(hosts.get(run.run), host);
      if (chosen.size > 0 && (outcomes === undefined || (await fared(record, run.run, chosen, outcomes))))
        found.push(run);
      if (idsOf(found).size > most) return firstOf(found, most);
    }
  }
  return found;
}

/** The hosts of a run that a pattern means, by its own groups. */
function hostsIn(of: RunHosts | undefined, pattern: string): ReadonlySet<string> {
  if (of === undefined) return new Set();
  const groups = new Map([...Object.entries(of.groups), ["all", of.hosts] as const]);
  const members = membersOf({ hosts: new Map(of.hosts.map((name) => [name, name])), groups }, pattern);
  return "kind" in members ? new Set() : members.hosts;
}

async function fared(
  record: Pick<Archive, "read">,
  run: string,
  hosts: ReadonlySet<string>,
  outcomes: readonly Outcome[],
): Promise<boolean> {
  const state = fold(await record.read(run));
  return [...(state?.hosts.values() ?? [])].some(
    (each) => hosts.has(each.host) && outcomes.includes(hostVerdict(each).outcome),
  );
}

/** In a list a check is one, however many runs it has. */
function firstOf(runs: readonly RunRecord[], most: number): readonly RunRecord[] {
  const ids = new Set([...idsOf(runs)].slice(0, most));
  return runs.filter(({ run, check }) => ids.has(check ?? run));
}

function idsOf(runs: readonly RunRecord[]): ReadonlySet<string> {
  return new Set(runs.map(({ run, check }) => check ?? run));
}

/** `7d`: so long ago; else a point in time. */
function timeOf(text: string | undefined, where: string, now: number): number | undefined | Fault {
  if (text === undefined) return undefined;
  const ago = parseDuration(text);
  if (ago !== undefined) return now - ago * 1000;
  const at = momentOf(text, where);
  return isFault(at) ? { ...at, hint: "so long ago (7d, 12h), or for instance 2026-11-03T22:00+01:00" } : at;
}

function outcomesOf(text: string | undefined): readonly Outcome[] | undefined | Fault {
  if (text === undefined) return undefined;
  const names = text.split(",").map((name) => name.trim().replaceAll(" ", "-"));
  const wrong = names.find((name) => !Outcome.safeParse(name).success);
  if (wrong === undefined) return names.flatMap((name) => Outcome.safeParse(name).data ?? []);
  const hint = didYouMean(wrong, Outcome.options) ?? `one of ${Outcome.options.join(", ")}`;
  return { kind: "usage", where: "--outcome", message: `there is no outcome \`${wrong}\``, hint };
}
