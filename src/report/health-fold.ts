import { hostRating } from "../engine/score.ts";
import type { LeftOut } from "../model/check.ts";
import type { Entry } from "../model/event.ts";
import { fireOf } from "./fire.ts";
import { leftSeen, seenOf, type Seen } from "./health-cell.ts";
import { findingsOf, goneOf } from "./health-findings.ts";
import { together, withCounts, type Counted } from "./health-rate.ts";
import { checkedOf, type Checked } from "./health-run.ts";
import { unknownsOf } from "./health-unknowns.ts";
import type { Health, HealthHost, HealthRating, HealthRunbook } from "./health.ts";
import { iso } from "./moment.ts";

/** A column of the table: a runbook, with how it looks on each host. */
type Column = {
  readonly runbook: Omit<HealthRunbook, keyof HealthRating>;
  readonly seen: ReadonlyMap<string, Seen>;
};

/** A check, ended or not, from the entries of its runs; null where none of them is a part of one. */
export function healthOf(records: readonly (readonly Entry[])[]): Health | null {
  const runs = records.flatMap((entries) => checkedOf(entries) ?? []).toSorted((a, b) => a.part.place - b.part.place);
  const [first] = runs;
  if (first === undefined) return null;
  const { plan } = first.state;
  const names =
    first.part.hosts.length > 0 ? first.part.hosts : [...new Set(runs.flatMap(({ state }) => state.plan.hosts))];
  const columns = [
    ...runs.map((run) => columnOf(run, names)),
    ...first.part.left.map((left) => leftColumn(left, names)),
  ];
  const groups = groupsOf(runs);
  const hosts = names.map((name) => hostOf(name, columns, runs, groups));
  const startedAt = Math.min(...runs.map(({ state }) => state.startedAt));
  const lastAt = Math.max(...runs.map(({ state }) => state.at));
  const ended = runs.length === first.part.parts && runs.every(({ state }) => state.ended !== null);
  return {
    version: 1,
    check: first.part.check,
    inventory: plan.inventory,
    by: plan.by,
    machine: plan.machine ?? null,
    schedule: fireOf(plan.schedule),
    startedAt: iso(startedAt),
    endedAt: ended ? iso(lastAt) : null,
    ms: lastAt - startedAt,
    fleet: together(hosts),
    groups: [...groups].map(([group, members]) => {
      const own = hosts.filter(({ host }) => members.has(host));
      return { group, hosts: own.map(({ host }) => host), ...together(own) };
    }),
    hosts,
    runbooks: columns.map(({ runbook, seen }) => ({ ...runbook, ...together(ratings(seen)) })),
    findings: findingsOf(runs),
    gone: goneOf(runs),
    unknowns: unknownsOf(runs),
  };
}

function columnOf(run: Checked, names: readonly string[]): Column {
  const { state, ms } = run;
  const { name, title, path } = state.plan.runbook;
  return {
    seen: new Map(names.map((host) => [host, seenOf(run, host)])),
    runbook: {
      runbook: name,
      title,
      path,
      run: state.run,
      left: null,
      steps: state.plan.steps.map(({ id, title, severity, fix }) => ({
        step: id,
        title,
        severity,
        mends: fix !== null && fix.kind !== "manual",
      })),
      hosts: state.plan.hosts.length,
      ms: [...ms.values()].reduce((sum, one) => sum + one, 0),
    },
  };
}

function leftColumn(left: LeftOut, names: readonly string[]): Column {
  const { runbook, title, path, steps, hosts, lacks, reason, hint } = left;
  return {
    seen: new Map(names.map((host) => [host, leftSeen(left, host)])),
    runbook: {
      runbook,
      title,
      path,
      run: null,
      left: lacks === null ? null : { lacks, reason: reason ?? "", hint },
      steps,
      hosts: hosts.length,
      ms: 0,
    },
  };
}

function hostOf(
  name: string,
  columns: readonly Column[],
  runs: readonly Checked[],
  groups: ReadonlyMap<string, ReadonlySet<string>>,
): HealthHost {
  const seen = columns.flatMap((column) => column.seen.get(name) ?? []);
  const states = runs.flatMap(({ state }) => state.hosts.get(name) ?? []);
  const fault = states.every(({ unreachable }) => unreachable !== null) ? (states[0]?.unreachable ?? null) : null;
  return {
    host: name,
    groups: [...groups].flatMap(([group, members]) => (members.has(name) ? [group] : [])),
    unreachable: fault && { kind: fault.kind, message: fault.message, hint: fault.hint ?? null },
    ms: runs.reduce((sum, { ms }) => sum + (ms.get(name) ?? 0), 0),
    cells: seen.map(({ cell }) => cell),
    ...rated(seen.flatMap(({ counted }) => counted)),
  };
}

function rated(counted: readonly Counted[]): HealthRating {
  return withCounts(hostRating(counted), counted);
}

function ratings(seen: ReadonlyMap<string, Seen>): HealthRating[] {
  return [...seen.values()].map(({ counted }) => rated(counted));
}

/** Group → its hosts, as the runs tell it. */
function groupsOf(runs: readonly Checked[]): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>();
  for (const [group, members] of runs.flatMap(({ state }) => Object.entries(state.plan.groups))) {
    const known = groups.get(group) ?? new Set();
    for (const member of members) known.add(member);
    groups.set(group, known);
  }
  return groups;
}
