import { fold } from "../engine/evolve.ts";
import { hostVerdict } from "../engine/outcome.ts";
import { membersOf, patternFault } from "../language/inventory/pattern.ts";
import { didYouMean } from "../language/suggest.ts";
import { isFault, type Fault } from "../model/fault.ts";
import { Outcome, worst } from "../model/finding.ts";
import { parseDuration } from "../model/quantity.ts";
import { outcomeOfAll, type RunHosts, type RunRecord } from "../model/run-record.ts";
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

/** How runs are told: `most` of them, where a check counts as one. `whole`: it is wanted or not as one, too, with all of its runs. */
type Telling = { readonly most: number; readonly now: number; readonly whole: boolean };

/** The runs that are wanted, newest first. */
export async function runsWanted(
  record: Pick<Archive, "runs" | "hostsOf" | "read">,
  options: FilterOptions,
  { most, now, whole }: Telling,
): Promise<{ readonly runs: readonly RunRecord[] } | { readonly faults: readonly Fault[] }> {
  const read = wishesOf(options, now);
  if ("faults" in read) return read;
  const { since, until, outcomes, host } = read;
  const first = await record.runs({
    schedule: options.schedule,
    since,
    until,
    // How a host fared is told by its run, which is as bad as the worst of its hosts.
    ...(host === undefined ? { outcomes } : { outcomes: andWorse(outcomes), unended: true }),
  });
  const units = whole ? await wholes(record, first) : first.map((run) => [run]);
  const fitting = units.filter((unit) => isOf(unit, read));
  const chosen = host === undefined ? fitting : await ofHosts(record, fitting, { host, outcomes, most });
  return { runs: firstOf(chosen.flat(), most) };
}

type Wishes = {
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly outcomes: readonly Outcome[] | undefined;
  readonly host: string | undefined;
};

/** What the options mean, or everything that is wrong with them. */
function wishesOf(options: FilterOptions, now: number): Wishes | { readonly faults: readonly Fault[] } {
  const { host } = options;
  const since = timeOf(options.since, "--since", now);
  const until = timeOf(options.until, "--until", now);
  const outcomes = outcomesOf(options.outcome);
  const pattern = host === undefined ? undefined : patternFault(host);
  const faults = [since, until, outcomes].flatMap((each) => (isFault(each) ? [each] : []));
  if (pattern !== undefined) faults.push({ ...pattern, where: "--host" });
  if (isFault(since) || isFault(until) || isFault(outcomes) || faults.length > 0) return { faults };
  if (since !== undefined && until !== undefined && until <= since) {
    const hint = "`--since 7d --until 1d`: from a week ago until yesterday";
    return { faults: [{ kind: "usage", where: "--until", message: "this is not after --since", hint }] };
  }
  return { since, until, outcomes, host };
}

function andWorse(outcomes: readonly Outcome[] | undefined): readonly Outcome[] | undefined {
  if (outcomes === undefined) return undefined;
  return Outcome.options.slice(0, Math.max(...outcomes.map((each) => Outcome.options.indexOf(each))) + 1);
}

/** What is told as one: a run, or all runs of a check. */
type Unit = readonly RunRecord[];

async function wholes(record: Pick<Archive, "runs">, runs: readonly RunRecord[]): Promise<readonly Unit[]> {
  const checks = new Set(runs.flatMap(({ check }) => check ?? []));
  const members = checks.size === 0 ? [] : await record.runs({ checks: [...checks] });
  const units = Map.groupBy(members, ({ check }) => check);
  const seen = new Set<string>();
  return runs.flatMap((run) => {
    if (run.check === null) return [[run]];
    if (seen.has(run.check)) return [];
    seen.add(run.check);
    return [units.get(run.check) ?? [run]];
  });
}

/** Whether it began in the time, and ended so where that is not asked of its hosts. */
function isOf(unit: Unit, { since = 0, until = Number.POSITIVE_INFINITY, outcomes, host }: Wishes): boolean {
  const began = Math.min(...unit.map(({ startedAt }) => startedAt));
  if (began < since || began >= until) return false;
  if (outcomes === undefined || host !== undefined) return true;
  const outcome = outcomeOfAll(unit);
  return outcome !== null && outcomes.includes(outcome);
}

/** So many of them are looked at at a time. */
const PAGE = 500;

type HostWish = {
  readonly host: string;
  readonly outcomes: readonly Outcome[] | undefined;
  readonly most: number;
};

async function ofHosts(
  record: Pick<Archive, "hostsOf" | "read">,
  units: readonly Unit[],
  { host, outcomes, most }: HostWish,
): Promise<readonly Unit[]> {
  const found: Unit[] = [];
  const ids = new Set<string>();
  for (let from = 0; from < units.length; from += PAGE) {
    const page = units.slice(from, from + PAGE);
    const hosts = new Map((await record.hostsOf(page.flat().map(({ run }) => run))).map((each) => [each.run, each]));
    for (const unit of page) {
      const chosen = unit.map(({ run }) => ({ run, hosts: hostsIn(hosts.get(run), host) }));
      if (chosen.every((one) => one.hosts.size === 0)) continue;
      if (outcomes !== undefined && !(await fared(record, chosen, outcomes))) continue;
      found.push(unit);
      for (const id of idsOf(unit)) ids.add(id);
      if (ids.size > most) return found;
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

/** Whether one of the hosts ended so: as badly as in the run in which it fared worst. */
async function fared(
  record: Pick<Archive, "read">,
  runs: readonly { readonly run: string; readonly hosts: ReadonlySet<string> }[],
  outcomes: readonly Outcome[],
): Promise<boolean> {
  const ends = new Map<string, Outcome[]>();
  for (const { run, hosts } of runs) {
    const state = hosts.size === 0 ? null : fold(await record.read(run));
    for (const each of state?.hosts.values() ?? []) {
      if (hosts.has(each.host)) ends.set(each.host, [...(ends.get(each.host) ?? []), hostVerdict(each).outcome]);
    }
  }
  return [...ends.values()].some((each) => outcomes.includes(worst(each)));
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
