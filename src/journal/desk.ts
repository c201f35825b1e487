import { sql, type Kysely, type Transaction } from "kysely";
import { Decision } from "../model/approval.ts";
import type { Entry } from "../model/event.ts";
import type { Desk, Holder, Lease, Orders, Request } from "../run/ports.ts";
import { asking } from "./database.ts";
import { derive } from "./derive.ts";
import { holderOf, leaseOf, type Fences } from "./fence.ts";
import { writeChained } from "./links.ts";
import { ordersOf } from "./orders.ts";
import type { Tables } from "./schema.ts";

/** ms between two signs of life of whoever has a lease. */
const RENEWAL = 5_000;
/** ms after which nobody has a lease whose holder cannot be seen from here. */
const LASTS = 20_000;

/** The desk of one state directory, in the database of its record. */
export class SqliteDesk implements Desk {
  readonly orders: Orders;
  readonly #file: string;
  readonly #database: Kysely<Tables>;
  readonly #fences: Fences;

  /** `fences` are the leases that the record's handle goes by. */
  constructor(file: string, database: Kysely<Tables>, fences: Fences) {
    this.#file = file;
    this.#database = database;
    this.#fences = fences;
    this.orders = ordersOf({
      change: (work) => this.#change(work),
      look: (query) => this.#look(() => query(this.#database)),
    });
  }

  async lease(run: string, { writer, by }: Omit<Holder, "since">): Promise<Lease | Holder> {
    const taken = await this.#change(async (database) => {
      const before = await leaseOf(database, run);
      const holder = holderOf(before);
      if (holder !== null) return holder;
      const now = Date.now();
      const fence = (before?.fence ?? 0) + 1;
      const { host = null, pid = null, started = null } = writer ?? {};
      const row = { run, fence, held: 1, host, pid, started, by, since: now, expires: now + LASTS };
      await database.replaceInto("lease").values(row).execute();
      return fence;
    });
    return typeof taken === "number" ? this.#held(run, taken) : taken;
  }

  #held(run: string, fence: number): Lease {
    this.#fences.set(run, fence);
    const own = this.#database.updateTable("lease").where("run", "=", run).where("fence", "=", fence);
    // The lease may have been lost, or the disk be full: whoever writes next is told, and what cannot be given back runs out.
    const quietly = (change: { expires: number } | { held: number }): Promise<unknown> =>
      own
        .set(change)
        .execute()
        .catch(() => undefined);
    const renewal = setInterval(() => void quietly({ expires: Date.now() + LASTS }), RENEWAL).unref();
    return {
      run,
      [Symbol.asyncDispose]: async () => {
        clearInterval(renewal);
        await quietly({ held: 0 });
        this.#fences.delete(run);
      },
    };
  }

  async holder(run: string): Promise<Holder | null> {
    return holderOf(await this.#look(() => leaseOf(this.#database, run)));
  }

  async claim(request: Request, { over }: { readonly over: boolean }): Promise<{ readonly run: string } | null> {
    return this.#change(async (database) => {
      const { run, host, step, digest } = request;
      const held = await database.selectFrom("claim").selectAll().where("digest", "=", digest).executeTakeFirst();
      if (held !== undefined && held.run !== run) {
        const alive = holderOf(await leaseOf(database, held.run)) !== null;
        // One that died before its question was on record has asked nobody.
        if (alive || (!over && held.asked === 1)) return { run: held.run };
        if (held.asked === 1) await takeOver(database, held, run);
      }
      const place = database.deleteFrom("claim").where("run", "=", run).where("host", "=", host);
      await place.where("step", "=", step).execute();
      await database.replaceInto("claim").values({ digest, run, host, step, asked: 0 }).execute();
      return null;
    });
  }

  async post(run: string, decision: Decision): Promise<{ readonly id: number } | { readonly refused: string }> {
    return this.#change(async (database) => {
      const known = await database.selectFrom("run").select("run").where("run", "=", run).executeTakeFirst();
      if (known === undefined) return { refused: `no run ${run} is on record` };
      const { digest, verdict, by } = decision;
      const other = await database
        .selectFrom("mail")
        .select(["by", "verdict"])
        .where("run", "=", run)
        .where("digest", "=", digest)
        .where("verdict", "!=", verdict)
        .where(OPEN)
        .orderBy("id")
        .executeTakeFirst();
      if (other !== undefined) {
        return {
          refused: `${other.by} ${other.verdict === "deny" ? "denied" : "approved"} it just before, and that counts`,
        };
      }
      const text = JSON.stringify(decision);
      const row = { run, digest, verdict, by, decision: text, answered: 0, refused: null };
      return database.insertInto("mail").values(row).returning("id").executeTakeFirstOrThrow();
    });
  }

  async posted(run: string): Promise<readonly { readonly id: number; readonly decision: Decision }[]> {
    const open = this.#database.selectFrom("mail").select(["id", "decision"]).where("run", "=", run).where(OPEN);
    const rows = await this.#look(() => open.orderBy("id").execute());
    return rows.flatMap(({ id, decision }) => {
      const read = readDecision(decision);
      return read === null ? [] : [{ id, decision: read }];
    });
  }

  async answer(id: number, refused: string | null): Promise<void> {
    const letter = this.#database.updateTable("mail").where("id", "=", id);
    await this.#look(() => letter.set({ answered: 1, refused }).execute());
  }

  async answered(id: number): Promise<{ readonly refused: string | null } | undefined> {
    const letter = this.#database.selectFrom("mail").select("refused").where("id", "=", id).where("answered", "=", 1);
    return this.#look(() => letter.executeTakeFirst());
  }

  /** One transaction that has the record to itself from its first look to its last word. */
  #change<T>(work: (database: Transaction<Tables>) => Promise<T>): Promise<T> {
    return this.#look(() => this.#database.transaction().execute(work));
  }

  #look<T>(query: () => Promise<T>): Promise<T> {
    return asking(this.#file, query);
  }
}

/** Null for what is no decision: everybody in a shared directory may write here, and one bad letter must not keep the others from being read. */
function readDecision(text: string): Decision | null {
  try {
    return Decision.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/**
 * Puts on the record of a run that nobody keeps alive that its question is asked by another one now: it has no card any more. Whoever is
 * behind a lease that has run out, and may still be at work, has lost it.
 */
async function takeOver(database: Transaction<Tables>, from: Tables["claim"], inRun: string): Promise<void> {
  const { run, host, step, digest } = from;
  await database
    .updateTable("lease")
    .set(({ eb }) => ({ fence: eb("fence", "+", 1), held: 0 }))
    .where("run", "=", run)
    .execute();
  const last = database.selectFrom("entry").select("seq").where("run", "=", run).orderBy("seq", "desc").limit(1);
  const { seq } = await last.executeTakeFirstOrThrow();
  const event = { type: "asked-elsewhere", host, step, digest, inRun } as const;
  const entry: Entry = { run, seq: seq + 1, at: Date.now(), event };
  await derive(database, entry);
  await writeChained(database, [entry]);
}

/** In letters of its own, since a parameter would hide the index that has only these. */
const OPEN = sql<boolean>`answered = 0`;
