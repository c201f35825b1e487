import { sql, type Insertable, type Kysely, type Selectable, type Updateable } from "kysely";
import * as z from "zod";
import { moment } from "../engine/words.ts";
import { FaultError } from "../model/fault.ts";
import { DAEMON, type Book, type BookedFire, type KnownSchedule, type Move, type Page } from "../schedule/book.ts";
import { asking } from "./database.ts";
import { leaseOf, type Fences } from "./fence.ts";
import { lookAt } from "./fire-look.ts";
import { ready } from "./ready.ts";
import type { Tables } from "./schema.ts";

type Row = Selectable<Tables["fire"]>;

/** The daemon's book, in the database of the record in a file. `fences` are the leases that the record's handle goes by. */
export function bookOf(file: string, database: Kysely<Tables>, fences: Fences): Book {
  const look = <T>(query: () => Promise<T>): Promise<T> => asking(file, query);
  const inCharge = (work: (change: Kysely<Tables>) => Promise<void>): Promise<void> =>
    look(() =>
      database.transaction().execute(async (change) => {
        await checkDaemon(change, fences, file);
        await work(change);
      }),
    );
  return {
    inCharge: () => look(async () => isInCharge(await leaseOf(database, DAEMON), fences)),
    source: () =>
      look(async () => (await database.selectFrom("schedule_source").select("file").executeTakeFirst())?.file ?? null),
    known: () => look(async () => (await database.selectFrom("schedule").selectAll().execute()).map(knownOf)),
    open: () => look(async () => (await ready<Row>(database, OPEN, [])).map(fireOf)),
    fires: () => look(async () => (await ready<Row>(database, "select * from fire order by id", [])).map(fireOf)),
    write: (page) => inCharge((change) => writePage(change, page)),
    look: (runs) => look(() => lookAt(database, runs)),
    latest: () => look(async () => (await ready<Row>(database, LATEST, [])).map(fireOf)),
    pauses: () => look(() => database.selectFrom("schedule_pause").selectAll().orderBy("schedule").execute()),
    pause: async (pause) => void (await look(() => database.replaceInto("schedule_pause").values(pause).execute())),
    unpause: (schedule) =>
      look(async () => {
        const gone = database.deleteFrom("schedule_pause").where("schedule", "=", schedule).returningAll();
        return (await gone.executeTakeFirst()) ?? null;
      }),
    tidy: (keep) => inCharge(async (change) => void (await sql`${sql.raw(TIDY)} ${keep})`.execute(change))),
  };
}

const OPEN = "select * from fire where stage <> 'over' order by id";

const LAST = `
  select max(id) from fire group by schedule
  union select max(id) from fire where act <> 'skip' group by schedule
  union select max(id) from fire where exit = 0 group by schedule
`;
const LATEST = `select * from fire where id in (${LAST}) order by id`;

const TIDY = `
  delete from fire where id not in (${LAST}) and id in (
    select id from (
      select id, stage, row_number() over (partition by schedule order by id desc) as nth from fire
    ) where stage = 'over' and nth >`;

/** Refuses to write for a daemon that another has taken over from. */
async function checkDaemon(database: Kysely<Tables>, own: Fences, file: string): Promise<void> {
  const lease = await leaseOf(database, DAEMON);
  if (isInCharge(lease, own)) return;
  const since = lease === undefined ? "" : ` since ${moment(lease.since)}`;
  throw new FaultError({
    kind: "journal",
    where: file,
    message: `another daemon is in charge${since}: nothing more is decided here`,
    hint: "this one waits until that one has ended",
  });
}

function isInCharge(lease: Tables["lease"] | undefined, own: Fences): boolean {
  return lease !== undefined && own.get(DAEMON) === lease.fence;
}

async function writePage(
  database: Kysely<Tables>,
  { forgotten = [], known = [], fires = [], moves = [], source }: Page,
): Promise<void> {
  if (source !== undefined) await database.replaceInto("schedule_source").values({ one: 1, file: source }).execute();
  for (const name of forgotten) await database.deleteFrom("schedule").where("schedule", "=", name).execute();
  for (const one of known) await database.replaceInto("schedule").values(rowOfKnown(one)).execute();
  for (const fire of fires) {
    const { why, runbooks, run, ...rest } = fire;
    const row: Insertable<Tables["fire"]> = {
      ...rest,
      run,
      why: JSON.stringify(why),
      runbooks: JSON.stringify(runbooks),
      stage: run === null ? "over" : "due",
      replaced: 0,
      tries: 0,
    };
    await database.insertInto("fire").values(row).execute();
  }
  for (const { id, ...move } of moves) {
    await database.updateTable("fire").set(rowOfMove(move)).where("id", "=", id).execute();
  }
}

function rowOfMove({ why, replaced, retryAt, ...rest }: Omit<Move, "id">): Updateable<Tables["fire"]> {
  return {
    ...rest,
    ...(why !== undefined && { why: JSON.stringify(why) }),
    ...(replaced !== undefined && { replaced: replaced ? 1 : 0 }),
    ...(retryAt !== undefined && { retry_at: retryAt }),
  };
}

function rowOfKnown({ schedule, expression, known }: KnownSchedule): Tables["schedule"] {
  return { schedule, expression, ...known };
}

function knownOf({ schedule, expression, settled, seen }: Tables["schedule"]): KnownSchedule {
  return { schedule, expression, known: { settled, seen } };
}

const Texts = z.array(z.string());
const Act = z.enum(["run", "detect", "skip"]);
const Stage = z.enum(["due", "going", "waiting", "over"]);

/** A fire as its row has it. */
export function fireOf({ act, why, runbooks, stage, replaced, retry_at, ...rest }: Row): BookedFire {
  return {
    ...rest,
    act: Act.parse(act),
    why: Texts.parse(JSON.parse(why)),
    runbooks: Texts.parse(JSON.parse(runbooks)),
    stage: Stage.parse(stage),
    replaced: replaced === 1,
    retryAt: retry_at,
  };
}
