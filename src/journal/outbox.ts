import { sql, type Kysely } from "kysely";
import * as z from "zod";
import { Notice } from "../notice/notice.ts";
import type { Behind, Message, Outbox, Put, PutSchedule, Queue, ReceiverState } from "../notice/outbox.ts";
import { asking } from "./database.ts";
import { firingsOf } from "./firing.ts";
import { ready } from "./ready.ts";
import type { Tables } from "./schema.ts";
import { remember, rememberSchedule, told, toldOf } from "./told.ts";

/** The outbox of the record in a file. */
export function outboxOf(file: string, database: Kysely<Tables>): Outbox {
  const look = <T>(query: () => Promise<T>): Promise<T> => asking(file, query);
  const change = <T>(work: (database: Kysely<Tables>) => Promise<T>): Promise<T> =>
    look(() => database.transaction().execute(work));
  return {
    behind: () => look(() => behind(database)),
    told: (name, schedule, runbook) => look(() => told(database, name, schedule, runbook)),
    put: (what, at) => change((own) => put(own, what, at)),
    firings: (schedules) => look(() => firingsOf(database, schedules)),
    toldOf: (wanted) => look(() => toldOf(database, wanted)),
    putSchedule: (what, at) => change((own) => putSchedule(own, what, at)),
    due: (name, queue, most) =>
      look(async () => {
        const due = dueOf(database, name).where(isOf(queue)).selectAll();
        return (await due.orderBy("attempts").orderBy("nr").limit(most).execute()).map(messageOf);
      }),
    amounts: (name) => look(() => amountsOf(database, name)),
    sentBetween: (name, queue, from, to) => look(() => sentBetween(database, name, queue, { from, to })),
    receiver: (name) => look(() => receiverOf(database, name)),
    begin: (id, at) =>
      look(async () => {
        const why = `an attempt began at ${new Date(at).toISOString()}`;
        const begun = { why, first_tried: sql<number>`coalesce(first_tried, ${at})` };
        await database.updateTable("outbox").where("id", "=", id).set(begun).execute();
      }),
    tried: (id, { state, why, at }, receiver) =>
      change(async (own) => {
        const tried = { state, why, ended: state === "due" ? null : at, attempts: sql<number>`attempts + 1` };
        await own.updateTable("outbox").where("id", "=", id).set(tried).execute();
        await noteReceiver(own, id, receiver);
      }),
    sum: (ids, notice, at) =>
      change(async (own) => {
        await insert(own, notice, at);
        await own
          .updateTable("outbox")
          .set({ state: "summed", ended: at, why: `told in ${notice.id}` })
          .where(sql<boolean>`id in (select value from json_each(${JSON.stringify(ids)}))`)
          .where("state", "=", "due")
          .execute();
      }),
    list: ({ all, most }) =>
      look(async () =>
        (
          await database
            .selectFrom("outbox")
            .selectAll()
            .where("state", "in", all ? States.options : ["due", ...LOST])
            .orderBy("nr", "desc")
            .limit(most)
            .execute()
        ).map(messageOf),
      ),
    retry: (beginning) => change((own) => retry(own, beginning)),
    giveUp: ({ names, before }, at) =>
      look(async () => {
        const due = database.updateTable("outbox").where("state", "=", "due").where("at", "<", before);
        const orphans = due.where(sql<boolean>`name not in (select value from json_each(${JSON.stringify(names)}))`);
        await orphans.set({ state: "expired", ended: at, why: "there is no notification of that name" }).execute();
      }),
    prune: ({ delivered, lost }) =>
      look(async () => {
        const old = database.deleteFrom("outbox");
        await old.where("state", "in", ["sent", "summed"]).where("ended", "<", delivered).execute();
        await old.where("state", "in", LOST).where("ended", "<", lost).execute();
      }),
  };
}

const LOST = ["refused", "expired"] as const;

async function amountsOf(database: Kysely<Tables>, name: string): Promise<{ due: number; lost: number }> {
  const amount = database.fn.countAll<number>().as("amount");
  const kept = database.selectFrom("outbox").select(["state", amount]).where("name", "=", name);
  const rows = await kept
    .where("state", "in", ["due", ...LOST])
    .groupBy("state")
    .execute();
  const due = rows.find(({ state }) => state === "due")?.amount ?? 0;
  return { due, lost: rows.reduce((sum, row) => sum + row.amount, 0) - due };
}

function dueOf(database: Kysely<Tables>, name: string) {
  return database.selectFrom("outbox").where("name", "=", name).where("state", "=", "due");
}

/** A summary is of the queue of what it stands for. */
function isOf(queue: Queue) {
  const waits = sql`'waiting' in (notice ->> '$.kind', notice ->> '$.messages[0].kind')`;
  return queue === "requests" ? sql<boolean>`${waits} is true` : sql<boolean>`${waits} is not true`;
}

/** Runs that have gone on since they were told of. Not all runs are asked: they are more from day to day. */
const BEHIND = `
  select notice_run.run, notice_run.schedule, notice_run.runbook, notice_run.seq, run.ended_at,
    (select at from entry where entry.run = notice_run.run and entry.seq = notice_run.seq + 1) as since,
    (select max(seq) from entry where entry.run = notice_run.run) as last
  from notice_run join run using (run) join run_order using (run)
  where behind = 1 and last > notice_run.seq order by run_order.id
`;

type BehindRow = Omit<Behind, "ended"> & { readonly ended_at: number | null };

async function behind(database: Kysely<Tables>): Promise<readonly Behind[]> {
  const { rows } = await sql.raw<BehindRow>(BEHIND).execute(database);
  return rows.map(({ ended_at, ...row }) => ({ ...row, ended: ended_at !== null }));
}

const MOVE = `
  update notice_run set seq = ?, behind = exists (select 1 from entry where entry.run = notice_run.run and entry.seq > ?)
  where run = ? and seq = ? returning run
`;

async function put(database: Kysely<Tables>, { run, schedule, runbook, from, to, told: all }: Put, at: number) {
  const [moved] = await ready(database, MOVE, [to, to, run, from]);
  if (moved === undefined) return false;
  for (const { name, notices, places } of all) {
    for (const notice of notices) await insert(database, notice, at);
    for (const place of places) await remember(database, { name, schedule, runbook }, place);
  }
  return true;
}

async function putSchedule(database: Kysely<Tables>, put: PutSchedule, at: number): Promise<boolean> {
  const { notice, name, schedule } = put;
  const [known] = await toldOf(database, [{ name, schedule }]);
  if (JSON.stringify(known?.told ?? []) !== JSON.stringify(put.before)) return false;
  await rememberSchedule(database, put);
  if (notice !== null) await insert(database, notice, at);
  return true;
}

async function insert(database: Kysely<Tables>, notice: Notice, at: number): Promise<void> {
  const row = { id: notice.id, name: notice.notification, at, notice: JSON.stringify(notice), state: "due", why: "" };
  const rest = { attempts: 0, first_tried: null, ended: null };
  await database
    .insertInto("outbox")
    .values({ ...row, ...rest })
    .execute();
}

async function sentBetween(
  database: Kysely<Tables>,
  name: string,
  queue: Queue,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<number> {
  const row = await database
    .selectFrom("outbox")
    .select(database.fn.countAll<number>().as("amount"))
    .where("name", "=", name)
    .where("state", "=", "sent")
    .where("ended", ">", from)
    .where("ended", "<=", to)
    .where(isOf(queue))
    .executeTakeFirst();
  return row?.amount ?? 0;
}

async function receiverOf(database: Kysely<Tables>, name: string): Promise<ReceiverState> {
  const row = await database.selectFrom("receiver").selectAll().where("name", "=", name).executeTakeFirst();
  return { failures: row?.failures ?? 0, notBefore: row?.not_before ?? 0 };
}

async function noteReceiver(database: Kysely<Tables>, id: string, { failures, notBefore }: ReceiverState) {
  const row = await database.selectFrom("outbox").select("name").where("id", "=", id).executeTakeFirst();
  if (row === undefined) return;
  await database.replaceInto("receiver").values({ name: row.name, failures, not_before: notBefore }).execute();
}

async function retry(database: Kysely<Tables>, beginning: string): Promise<number> {
  const [changed] = await database
    .updateTable("outbox")
    .set({ state: "due", ended: null, first_tried: null, attempts: 0 })
    .where("state", "in", LOST)
    .where(sql<boolean>`substr(id, 1, ${beginning.length}) = ${beginning}`)
    .execute();
  // Who asks for another attempt wants it now.
  await database.updateTable("receiver").set({ not_before: 0 }).execute();
  return Number(changed?.numUpdatedRows ?? 0n);
}

function messageOf({ notice, state, at, attempts, first_tried, ended, why }: StoredMessage): Message {
  return {
    notice: Notice.parse(JSON.parse(notice)),
    state: States.parse(state),
    at,
    attempts,
    firstTried: first_tried,
    ended,
    why,
  };
}

const States = z.enum(["due", "sent", "refused", "expired", "summed"]);

type StoredMessage = Omit<Tables["outbox"], "nr">;
