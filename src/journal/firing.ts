import type { Kysely, Selectable } from "kysely";
import type { BookedFire } from "../schedule/book.ts";
import type { Firing, OpenFire } from "../schedule/trouble.ts";
import { fireOf } from "./book.ts";
import { ready } from "./ready.ts";
import type { Tables } from "./schema.ts";

type Row = Selectable<Tables["fire"]>;

/** Of each schedule that is named the first fire by an order, of those that something holds of. */
function firstOf(what: string, order: string): string {
  return `
    select fire.* from json_each(?) as named join fire on fire.id = (
      select id from fire where schedule = named.value ${what} order by ${order} limit 1
    )`;
}

const LATEST = firstOf("", "id desc");
const ENDED = firstOf(
  "and ended is not null and run is not null and act <> 'skip' and replaced = 0",
  "ended desc, note is null",
);
const OPEN = `
  select * from fire where stage <> 'over' and schedule in (select value from json_each(?)) order by id`;
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
  const latest = (await ready<Row>(database, LATEST, names)).map(fireOf);
  const ended = new Map((await ready<Row>(database, ENDED, names)).map((row) => [row.schedule, fireOf(row)]));
  const open = Map.groupBy((await ready<Row>(database, OPEN, names)).map(fireOf), ({ schedule }) => schedule);
  const firings: Firing[] = [];
  for (const fire of latest) {
    const { schedule } = fire;
    const left = open.get(schedule) ?? [];
    const first = left.find(({ stage }) => stage !== "waiting");
    firings.push({
      schedule,
      latest: fire,
      ended: ended.get(schedule) ?? null,
      waiting: left.findLast(({ stage }) => stage === "waiting") ?? null,
      // What nothing came after is in nobody's way.
      open: first === undefined || first.id === fire.id ? null : await openFire(database, first),
    });
  }
  return firings;
}

async function openFire(database: Kysely<Tables>, fire: BookedFire): Promise<OpenFire> {
  const own = await ready<Part>(database, OF_RUN, [fire.run]);
  const parts = own.length > 0 ? own : await ready<Part>(database, OF_CHECK, [fire.run]);
  return {
    fire,
    heard: parts.reduce<number | null>((most, { heard }) => Math.max(most ?? 0, heard ?? 0), null),
    asks: parts.some(({ asks }) => asks === 1),
    runs: parts.filter(({ ended_at: ended }) => ended === null).map(({ run }) => run),
  };
}
