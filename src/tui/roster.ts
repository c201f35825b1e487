import { failed, surveyed } from "../engine/rollout.ts";
import type { HostState, RunState } from "../engine/state.ts";
import { isOver, phaseOf, type Phase } from "./activity.ts";
import { groupsByHost, matcherOf } from "./filter.ts";
import type { Sort } from "./ui.ts";

/** One host of the list. */
export type Row = {
  readonly host: HostState;
  readonly phase: Phase;
  readonly over: boolean;
  readonly looked: boolean;
  /** Its place by trouble: the smaller, the more the eye should meet it first. */
  readonly rank: number;
};

/** The hosts of a run as the list shows them. */
export type Roster = {
  /** Those that the filter shows, in order. */
  readonly rows: readonly Row[];
  readonly tally: Tally;
};

/** How many hosts are where, of all there are. */
export type Tally = {
  readonly hosts: number;
  readonly phases: ReadonlyMap<Phase, number>;
  readonly looked: number;
  readonly done: number;
  /** The last batch that was begun; 0 for none. */
  readonly batch: number;
};

/** Phases by what the eye should meet first; a host on which a fix failed comes before all, even while it is rolled back. */
export const TROUBLE_FIRST: readonly Phase[] = [
  "failed",
  "in-doubt",
  "rolled-back",
  "fixing",
  "asking",
  "unknown",
  "approved",
  "at-work",
  "waiting",
  "found",
  "to-come",
  "fixed",
  "clear",
  "skipped",
];

/** The hosts that a filter shows, in one of the orders. Worked out once for each state, and for each host only when it changes. */
export function rosterOf(state: RunState, choice: { readonly filter: string; readonly sort: Sort }): Roster {
  const known = rosters.get(state);
  if (known?.filter === choice.filter && known.sort === choice.sort) return known.roster;
  const all = rowsOf(state);
  const tally = known?.roster.tally ?? tallyOf(all);
  const roster = { rows: ordered(shown(state, all, choice.filter), choice.sort, state), tally };
  rosters.set(state, { ...choice, roster });
  return roster;
}

const rosters = new WeakMap<RunState, { filter: string; sort: Sort; roster: Roster }>();

/** Rows of hosts that have not changed are used again; a stop changes what a host is called, so there are two for each. */
const rows = { open: new WeakMap<HostState, Row>(), closed: new WeakMap<HostState, Row>() };

function rowsOf(state: RunState): Row[] {
  const kept = state.stop === null && state.ended === null ? rows.open : rows.closed;
  const all: Row[] = [];
  for (const host of state.hosts.values()) {
    const known = kept.get(host);
    const row = known ?? rowOf(state, host);
    if (known === undefined) kept.set(host, row);
    all.push(row);
  }
  return all;
}

function rowOf(state: RunState, host: HostState): Row {
  const phase = phaseOf(state, host);
  const rank = failed(host) ? 0 : TROUBLE_FIRST.indexOf(phase);
  const over = isOver(state, host);
  return { host, phase, over, looked: over || surveyed(host), rank };
}

function tallyOf(all: readonly Row[]): Tally {
  const phases = new Map<Phase, number>();
  const tally = { hosts: all.length, phases, looked: 0, done: 0, batch: 0 };
  for (const { host, phase, over, looked } of all) {
    phases.set(phase, (phases.get(phase) ?? 0) + 1);
    if (looked) tally.looked += 1;
    if (over) tally.done += 1;
    tally.batch = Math.max(tally.batch, host.batch ?? 0);
  }
  return tally;
}

function shown(state: RunState, all: Row[], filter: string): Row[] {
  if (filter.trim() === "") return all;
  const matches = matcherOf(filter);
  const groups = groupsByHost(state.plan);
  return all.filter(({ host, phase }) => matches({ name: host.host, groups: groups.get(host.host) ?? [], phase }));
}

function ordered(shown: Row[], sort: Sort, state: RunState): readonly Row[] {
  switch (sort) {
    case "trouble": {
      const ranks = TROUBLE_FIRST.map((): Row[] => []);
      for (const row of shown) ranks[row.rank]?.push(row);
      return ranks.flat();
    }
    case "name": {
      const places = placesByName(state);
      return shown.toSorted((a, b) => (places.get(a.host.host) ?? 0) - (places.get(b.host.host) ?? 0));
    }
    case "elapsed":
      return shown.toSorted((a, b) => elapsedOf(b, state.at) - elapsedOf(a, state.at));
  }
}

const NATURAL = new Intl.Collator("en", { numeric: true });
const byName = new WeakMap<readonly string[], ReadonlyMap<string, number>>();

/** Comparing a thousand names takes some ms, and they never change. */
function placesByName({ plan: { hosts } }: RunState): ReadonlyMap<string, number> {
  const known = byName.get(hosts);
  if (known !== undefined) return known;
  const places = new Map(hosts.toSorted(NATURAL.compare).map((host, place) => [host, place]));
  byName.set(hosts, places);
  return places;
}

/** For how long a host has been at work, or was, in ms; 0 where nothing has begun. */
export function elapsedOf({ host, over }: Row, now: number): number {
  const { startedAt } = host;
  if (startedAt === null) return 0;
  if (!over) return Math.max(0, now - startedAt);
  return Math.max(0, ...host.steps.map((step) => (step.end?.at ?? startedAt) - startedAt));
}
