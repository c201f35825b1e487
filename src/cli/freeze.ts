import { frozenWords } from "../engine/words.ts";
import type { Freeze } from "../engine/state.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import { systemClock } from "../run/clock.ts";
import { clean } from "../view/clean.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";
import { stateDir } from "./state.ts";
import { userName } from "./user.ts";

/** Options of `runbook freeze` and `unfreeze`. */
export type FreezeOptions = { readonly reason?: string | undefined; readonly state?: string | undefined };

/** ms that runs at work get to take a freeze up, and between two looks whether they have. */
const PATIENCE = 5_000;
const PAUSE = 100;

/** Lets no fix start in any run of a record. Exit 4: a run at work has not taken it up. */
export async function freeze({ reason = "", state }: FreezeOptions, io: Io): Promise<number> {
  await using record = SqliteRecord.open(stateDir(state, process.env));
  const own = { by: userName(process.env), reason };
  const before = await record.desk.orders.frozen();
  const held = await record.desk.orders.freeze(own.by, own.reason);
  io.err(`${before === null ? "Now " : "Already "}${clean(frozenWords(held))}\n`);
  const deaf = await waitForAll(record, held);
  if (deaf.length === 0) {
    io.err("No fix starts in any run until `runbook unfreeze`; what runs is finished and verified.\n");
    return EXIT.ok;
  }
  for (const run of deaf)
    io.err(`Run ${clean(run)} is at work and has not taken it up: a fix may still start in it.\n`);
  io.err("`runbook stop RUN` asks it to stop; it may be hung, or be an older runbook, which knows no freeze.\n");
  return EXIT.unknown;
}

/** The runs at work that have no word of a freeze on their record, after a while. */
async function waitForAll(record: SqliteRecord, held: Freeze): Promise<readonly string[]> {
  const until = Date.now() + PATIENCE;
  for (;;) {
    const deaf = await deafTo(record, held);
    if (deaf.length === 0 || Date.now() >= until) return deaf;
    await systemClock.sleep(PAUSE);
  }
}

async function deafTo(record: SqliteRecord, held: Freeze): Promise<readonly string[]> {
  const deaf: string[] = [];
  for (const { run, endedAt } of await record.runs()) {
    if (endedAt !== null || (await record.desk.orders.heard(run, held))) continue;
    if ((await record.desk.holder(run)) !== null) deaf.push(run);
  }
  return deaf;
}

/** Lets fixes start again. */
export async function unfreeze({ state }: FreezeOptions, io: Io): Promise<number> {
  await using record = SqliteRecord.open(stateDir(state, process.env));
  const held = await record.desk.orders.unfreeze(userName(process.env));
  io.err(
    held === null
      ? "Nothing was frozen.\n"
      : `Fixes start again; it was ${clean(frozenWords(held))}\nRuns that have ended meanwhile go on with \`runbook resume RUN\`.\n`,
  );
  return EXIT.ok;
}

/** Says that all is frozen, where somebody may wonder why nothing is fixed. */
export async function tellFrozen({ desk }: Pick<SqliteRecord, "desk">, io: Io): Promise<void> {
  tellHeld(await desk.orders.frozen(), io);
}

/** The same of a freeze that is known already. */
export function tellHeld(held: Freeze | null, io: Io): void {
  if (held !== null) io.err(`All is ${clean(frozenWords(held))}\nNo fix starts until \`runbook unfreeze\`.\n`);
}
