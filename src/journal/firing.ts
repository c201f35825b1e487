import type { Kysely, Selectable } from "kysely";
import type { BookedFire } from "../schedule/book.ts";
import type { Firing, OpenFire } from "../schedule/trouble.ts";
import { fireOf } from "./book.ts";
import { ready } from "./ready.ts";
import type { Tables } from "./schema.ts";

type Row = Selectable<Tables["fire"]>;

const BEGUN = "schedule = named.value and ended is not null and run is not null and act <> 'skip' and replaced = 0";
/** Of each schedule that is named the one that ended last; of those that ended at once one with a note. */
const ENDED = `
  select fire.* from json_each(?) as named join fire on fire.id = (
    select id from fire
    where ${BEGUN} and ended = (select ended from fire where ${BEGUN} order by ended desc limit 1)
    order by note is null limit 1
  )`;
const LATEST = "select * from fire where schedule = ? order by id desc limit 1";
/** The few that are open, whatever of: with the plus sign by their own index. */
const OPEN = `
  select * from fire where stage <> 'over' and +schedule in (select value from json_each(?)) order by id`;
const PARTS = `
  select run, ended_at, (select at from entry where entry.run = run.run order by seq desc limit 1) as heard,
    exists (select 1 from claim where claim.run = run.run and asked = 1) as asks
  from run where`;
const OF_RUN = `${PARTS} run = ?`;
const OF_CHECK = `${PARTS} check_id = ?`;

type Part = {
  readonly run: string;
  readonly ended_at: number | null;
  readonly heard: number | null;
  readonly asks: number;
};

/** How some schedules fired of late, as the daemon's book and the record tell it. */
export async function firingsOf(database: Kysely<Tables>, schedules: readonly string[]): Promise<readonly Firing[]> {
  const names = [JSON.stringify(schedules)];
  const ended = new Map((await ready<Row>(database, ENDED, names)).map((row) => [row.schedule, fireOf(row)]));
  const open = Map.groupBy((await ready<Row>(database, OPEN, names)).map(fireOf), ({ schedule }) => schedule);
  const firings: Firing[] = [];
  for (const schedule of schedules) {
    const left = open.get(schedule) ?? [];
    const first = left.find(({ stage }) => stage !== "waiting");
    firings.push({
      schedule,
      ended: ended.get(schedule) ?? null,
      waiting: left.findLast(({ stage }) => stage === "waiting") ?? null,
      open: first === undefined ? null : await openFire(database, first),
    });
  }
  return firings;
}

async function openFire(database: Kysely<Tables>, fire: BookedFire): Promise<OpenFire> {
  const own = await ready<Part>(database, OF_RUN, [fire.run]);
  const parts = own.length > 0 ? own : await ready<Part>(database, OF_CHECK, [fire.run]);
  const [latest] = await ready<Row>(database, LATEST, [fire.schedule]);
  return {
    fire,
    latest: latest === undefined ? fire : fireOf(latest),
    heard: parts.reduce<number | null>((most, { heard }) => Math.max(most ?? 0, heard ?? 0), null),
    asks: parts.some(({ asks }) => asks === 1),
    runs: parts.filter(({ ended_at: ended }) => ended === null).map(({ run }) => run),
  };
}
