import { sql, type Kysely } from "kysely";
import type { Freeze } from "../engine/state.ts";
import type { Freezing, Orders, StopOrder } from "../run/ports.ts";
import type { Tables } from "./schema.ts";

/** How the desk reaches its database: alone from a first look to a last word, or for one look. */
type Access = {
  readonly change: <T>(work: (database: Kysely<Tables>) => Promise<T>) => Promise<T>;
  readonly look: <T>(query: (database: Kysely<Tables>) => Promise<T>) => Promise<T>;
};

/** The orders of one state directory, in the database of its record. */
export function ordersOf({ change, look }: Access): Orders {
  return {
    of: async (run) => ({
      freeze: await look(lastFreeze),
      stop: await look((database) => stopOf(database, run)),
    }),
    freeze: (by, reason) =>
      change(async (database) => {
        const last = await lastFreeze(database);
        const held = inForce(last);
        if (held !== null) return held;
        // It tells one freeze from another, also where a clock was set back.
        const since = Math.max(Date.now(), (last?.since ?? 0) + 1);
        await database.replaceInto("freeze").values({ one: 1, since, by, reason, lifted_by: null }).execute();
        return { by, since, reason };
      }),
    unfreeze: (by) =>
      change(async (database) => {
        const held = inForce(await lastFreeze(database));
        if (held !== null) await database.updateTable("freeze").set({ lifted_by: by }).execute();
        return held;
      }),
    frozen: async () => inForce(await look(lastFreeze)),
    heard: async (run, { since }) => {
      const frozen = sql<boolean>`type = 'frozen' and event ->> '$.since' = ${since}`;
      const heard = await look((database) =>
        database.selectFrom("entry").select("seq").where("run", "=", run).where(frozen).executeTakeFirst(),
      );
      return heard !== undefined;
    },
    stop: (run, { by, kill }) =>
      change(async (database) => {
        // Who merely stops it takes nothing back of what somebody else wants ended.
        const before = await stopOf(database, run);
        if (before?.kill === true && !kill) return;
        await database
          .replaceInto("stop_request")
          .values({ run, by, kill: kill ? 1 : 0 })
          .execute();
      }),
    stopped: async (run) =>
      void (await look((database) => database.deleteFrom("stop_request").where("run", "=", run).execute())),
  };
}

async function stopOf(database: Kysely<Tables>, run: string): Promise<StopOrder | null> {
  const row = await database.selectFrom("stop_request").selectAll().where("run", "=", run).executeTakeFirst();
  return row === undefined ? null : { by: row.by, kill: row.kill === 1 };
}

async function lastFreeze(database: Kysely<Tables>): Promise<Freezing | null> {
  const row = await database.selectFrom("freeze").selectAll().executeTakeFirst();
  return row === undefined ? null : { by: row.by, since: row.since, reason: row.reason, liftedBy: row.lifted_by };
}

function inForce(last: Freezing | null): Freeze | null {
  if (last === null || last.liftedBy !== null) return null;
  const { by, since, reason } = last;
  return { by, since, reason };
}
