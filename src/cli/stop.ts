import { fold } from "../engine/evolve.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import type { Fault } from "../model/fault.ts";
import { systemClock } from "../run/clock.ts";
import type { Holder } from "../run/ports.ts";
import { resumeRefusal } from "../run/resume.ts";
import { clean } from "../view/clean.ts";
import { EXIT } from "./exit.ts";
import { findRun } from "./find-run.ts";
import type { Io } from "./io.ts";
import { stateDir } from "./state.ts";
import { userName } from "./user.ts";

/** ms that a run gets to answer, and between two looks whether it has. */
const PATIENCE = 5_000;
const PAUSE = 100;

/** Asks a run at work to stop, as Ctrl-C does once. Exit 4: it does not answer. */
export async function stop(
  wanted: string,
  { state }: { readonly state?: string | undefined },
  io: Io,
): Promise<number | readonly Fault[]> {
  await using record = SqliteRecord.open(stateDir(state, process.env));
  const run = findRun(await record.runs(), wanted);
  if (typeof run !== "string") return [run];
  const { desk } = record;
  if ((await desk.holder(run)) === null) return [await nobodyThere(run, record)];
  await desk.orders.stop(run, userName(process.env));
  const until = Date.now() + PATIENCE;
  for (;;) {
    const { stop: left } = await desk.orders.of(run);
    if (left === null) {
      io.err(`Run ${clean(run)} stops: no new fix starts in it; what runs is finished and verified.\n`);
      return EXIT.ok;
    }
    const holder = await desk.holder(run);
    if (holder === null) {
      await desk.orders.stopped(run);
      return [await nobodyThere(run, record)];
    }
    if (Date.now() >= until) {
      io.err(`${clean(deafWords(run, holder))}\n`);
      return EXIT.unknown;
    }
    await systemClock.sleep(PAUSE);
  }
}

function deafWords(run: string, { writer, by }: Holder): string {
  const where = writer === undefined ? "" : `, process ${writer.pid} on ${writer.host}`;
  return `Run ${run} does not answer (${by}${where}): it stops once it does. It may be hung, or be an older runbook; Ctrl-C there, or SIGINT, stops it as well.`;
}

/** No process has the run: nothing new starts in it, and what to do is another matter. */
async function nobodyThere(run: string, record: SqliteRecord): Promise<Fault> {
  const message = `run ${run} is not at work: no process has it, so nothing starts in it`;
  const state = fold(await record.read(run));
  const open = state !== null && resumeRefusal(state, Date.now()) === null;
  const hint = open
    ? `\`runbook history show ${run}\` tells what it left; \`runbook resume ${run}\` goes on with it`
    : `it has ended: \`runbook history show ${run}\` tells what it did`;
  return { kind: "usage", message, hint };
}
