import { fold } from "../engine/evolve.ts";
import type { FixState } from "../engine/state.ts";
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

/** Asks a run at work to stop, as Ctrl-C does once, and with `killJobs` to end the fixes that run. Exit 4: it does not answer, or cannot end them all. */
export async function stop(
  wanted: string,
  { state, killJobs = false }: { readonly state?: string | undefined; readonly killJobs?: boolean | undefined },
  io: Io,
): Promise<number | readonly Fault[]> {
  await using record = SqliteRecord.open(stateDir(state, process.env));
  const run = findRun(await record.runs(), wanted);
  if (typeof run !== "string") return [run];
  const { desk } = record;
  if ((await desk.holder(run)) === null) return [await nobodyThere(run, record, killJobs)];
  await desk.orders.stop(run, { by: userName(process.env), kill: killJobs });
  const until = Date.now() + PATIENCE;
  for (;;) {
    const { stop: left } = await desk.orders.of(run);
    if (left === null) {
      if (killJobs) return await killing(run, record, io);
      io.err(`Run ${clean(run)} stops: no new fix starts in it; what runs is finished and verified.\n`);
      return EXIT.ok;
    }
    const holder = await desk.holder(run);
    if (holder === null) {
      await desk.orders.stopped(run);
      return [await nobodyThere(run, record, killJobs)];
    }
    if (Date.now() >= until) {
      io.err(`${clean(deafWords(run, holder))}\n`);
      return EXIT.unknown;
    }
    await systemClock.sleep(PAUSE);
  }
}

/** Tells whether the run has taken the order to end its fixes, and which of them cannot be ended so. */
async function killing(run: string, record: SqliteRecord, io: Io): Promise<number> {
  const state = fold(await record.read(run));
  if (state?.stop?.kill !== true) {
    io.err(
      `Run ${clean(run)} stops: no new fix starts in it. It does not end the fixes that run: it has ended meanwhile, or is an older runbook.\n`,
    );
    return EXIT.unknown;
  }
  io.err(
    `Run ${clean(run)} stops: no new fix starts in it; the fixes that run are ended, and rolled back where there is a rollback.\n`,
  );
  const without = [...state.hosts.values()].flatMap(({ host, steps }) =>
    steps.filter(({ fixes }) => isOutOfReach(fixes.at(-1))).map(({ plan }) => `${host} (${plan.id})`),
  );
  if (without.length === 0) return EXIT.ok;
  io.err(
    `These have no job that could be ended (--no-jobs, or a reboot), and are finished: ${clean(without.join(", "))}\n`,
  );
  return EXIT.unknown;
}

function isOutOfReach(fix: FixState | undefined): boolean {
  return fix?.end === "running" && fix.job === null;
}

function deafWords(run: string, { writer, by }: Holder): string {
  const where = writer === undefined ? "" : `, process ${writer.pid} on ${writer.host}`;
  return `Run ${run} does not answer (${by}${where}): it stops once it does. It may be hung, or be an older runbook; Ctrl-C there, or SIGINT, stops it as well.`;
}

/** No process has the run: nothing new starts in it, and what to do is another matter. */
async function nobodyThere(run: string, record: SqliteRecord, killJobs: boolean): Promise<Fault> {
  const message = `run ${run} is not at work: no process has it, so nothing starts in it`;
  const state = fold(await record.read(run));
  const open = state !== null && resumeRefusal(state, Date.now()) === null;
  if (open && killJobs) {
    const wayOut = `\`runbook jobs -i INVENTORY\` lists what still runs on hosts; \`runbook resume ${run}\` follows it, and then \`runbook stop ${run} --kill-jobs\` from elsewhere ends it`;
    return { kind: "usage", message: `${message}, and nobody could record how its fixes end`, hint: wayOut };
  }
  const hint = open
    ? `\`runbook history show ${run}\` tells what it left; \`runbook resume ${run}\` goes on with it`
    : `it has ended: \`runbook history show ${run}\` tells what it did`;
  return { kind: "usage", message, hint };
}
