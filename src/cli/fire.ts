import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { openSchedules } from "../load/schedules.ts";
import { thisWriter } from "../journal/writer.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import { FaultError, isFault, type Fault } from "../model/fault.ts";
import type { InputOrigin } from "../model/origin.ts";
import type { Writer } from "../model/plan.ts";
import type { Schedule } from "../model/schedule.ts";
import { systemClock } from "../run/clock.ts";
import { newRunId } from "../run/id.ts";
import { takeLease } from "../run/resume.ts";
import { onceThere } from "../schedule/begin.ts";
import { windowWords } from "../schedule/hours.ts";
import { scheduledFor, shareWords, type Beginning } from "../schedule/restraint.ts";
import { holds, pauseWords } from "../schedule/settle.ts";
import { clean } from "../view/clean.ts";
import { duration } from "../view/words.ts";
import { orderCheck } from "./check.ts";
import { EXIT } from "./exit.ts";
import { textInForce } from "./in-force.ts";
import type { GivenInput } from "./inputs.ts";
import type { Io } from "./io.ts";
import { momentOf } from "./moment.ts";
import { restraintNow } from "./past.ts";
import { order } from "./run.ts";
import { chosenOf } from "./schedule.ts";
import { pausesOf } from "./schedule-book.ts";
import { stateDir } from "./state.ts";
import { userName } from "./user.ts";
import { withdrawLapsed, withdrawOld } from "./withdraw.ts";

/** Where schedules and record are, and how the run is told. */
type Places = {
  readonly schedules?: string | undefined;
  readonly state?: string | undefined;
  readonly json?: boolean | undefined;
  /** The digest of the schedules that are in force, which come on standard input. */
  readonly digest?: string | undefined;
};

/** What the daemon says of a fire. */
export type FireOptions = Places & {
  /** The moment that the expression names. */
  readonly nominal: string;
  /** When the daemon has begun it. */
  readonly begun?: string | undefined;
  readonly act: string;
  /** The id that its run, or its check, gets. */
  readonly run: string;
  /** Why it is not more than it is. */
  readonly why?: readonly string[] | undefined;
};

/** One fire of a schedule, for the daemon: begins the run of an id once, and never again. */
export async function scheduleFire(name: string, options: FireOptions, io: Io): Promise<number | readonly Fault[]> {
  const { run, act, why = [] } = options;
  const fire = momentOf(options.nominal, "--nominal");
  const begun = options.begun === undefined ? Date.now() : momentOf(options.begun, "--begun");
  const wrong = [...[fire, begun].filter(isFault), ...actFaults(act), ...idFaults(run)];
  if (isFault(fire) || isFault(begun) || wrong.length > 0) return wrong;
  return await begin(name, options, { run, fire, begun, why, looks: act === "detect", tui: false }, io);
}

function actFaults(act: string): Fault[] {
  if (act === "run" || act === "detect") return [];
  return [{ kind: "usage", where: "--act", message: "expected run or detect" }];
}

/** It is sent to hosts, as a name of files there. */
function idFaults(run: string): Fault[] {
  if (/^\d{12}-[a-z0-9]{6}$/.test(run)) return [];
  return [{ kind: "usage", where: "--run", message: "this is no id of a run" }];
}

/** How a person has a schedule run now. */
export type RunNowOptions = Places & { readonly dryRun?: boolean | undefined; readonly tui: boolean };

/** What a schedule does at its fires, now, for a person: under all that it restrains, which is told. */
export async function scheduleRunNow(name: string, options: RunNowOptions, io: Io): Promise<number | readonly Fault[]> {
  const now = Date.now();
  const fire = {
    run: newRunId(now),
    fire: now,
    begun: now,
    byHand: true,
    why: [],
    looks: false,
    tui: options.tui,
  } as const;
  const dry = options.dryRun === true;
  return await begin(name, options, dry ? { ...fire, looks: true, why: ["a dry run was wanted"] } : fire, io);
}

/** A fire as it is asked for. */
type Asked = Pick<Beginning, "fire" | "why" | "byHand" | "begun"> & {
  readonly run: string;
  /** It only looks, whatever the schedule allows. */
  readonly looks: boolean;
  readonly tui: boolean;
};

/** Makes of a schedule what a command line would be; paths in it begin where its file is. */
async function begin(name: string, places: Places, asked: Asked, io: Io): Promise<number | readonly Fault[]> {
  const state = resolve(stateDir(places.state, process.env));
  const text = await textInForce(places.digest);
  if (isFault(text)) return [text];
  const own = { option: places.schedules, env: process.env, cwd: process.cwd(), text };
  const opened = await openSchedules(own, { now: Date.now() });
  if (opened.schedules === undefined) return opened.faults;
  const chosen = chosenOf(opened.schedules, name, opened.path);
  if (!("schedules" in chosen)) return [chosen];
  const [schedule] = chosen.schedules;
  if (schedule === undefined) throw new Error(`no schedule ${name}`);
  process.chdir(opened.directory);
  const { act, why } = onceThere(schedule, { ...asked, act: asked.looks ? "detect" : "run" }, Date.now());
  if (act === "skip") {
    io.err(`${clean(`Nothing is begun: ${why.join("; ")}`)}\n`);
    return EXIT.failed;
  }
  const fire: Fire = { ...asked, why, looks: act === "detect", state, json: places.json === true };
  if (asked.byHand === true) await tellRestraints(schedule, fire, io);
  return await once(fire, io, () =>
    schedule.task.kind === "run" ? runOf(schedule, fire, io) : checkOf(schedule, fire, io),
  );
}

type Fire = Asked & { readonly state: string; readonly json: boolean };

/** What a person who has it run now must know of it. */
async function tellRestraints(schedule: Schedule, { looks, why, state, begun }: Fire, io: Io): Promise<void> {
  const does = schedule.task.kind === "check" ? "it checks" : looks ? "it only looks" : fixWords(schedule);
  const words = `Schedule ${schedule.name}, by hand: ${does}${why.length === 0 ? "" : ` (${why.join("; ")})`}`;
  const pause = (await pausesOf(state)).find((each) => each.schedule === schedule.name && holds(each, begun));
  const rests = [
    ...(schedule.enabled ? [] : ["is not enabled"]),
    ...(pause === undefined ? [] : [`is ${pauseWords(pause)}`]),
  ];
  // What keeps it from firing by itself keeps no person from it.
  const alone = rests.length === 0 ? [] : [`By itself it does not fire: it ${rests.join(", and ")}`];
  for (const line of [words, ...alone]) io.err(`${clean(line)}\n`);
}

function fixWords({ approve, windows, deadline, maxHostsPerDay }: Schedule): string {
  return [
    approve === "none" ? "it asks before each fix" : `it fixes up to ${approve} risk without asking`,
    `at most ${shareWords(maxHostsPerDay)} a day`,
    ...(windows.length === 0 ? [] : [`within ${windowWords(windows)}`]),
    ...(deadline === null ? [] : [`for ${duration(deadline)}`]),
  ].join(", ");
}

/** Begins what has not begun yet: whoever comes second with the same id is told so, however close behind. */
async function once(
  { run, state }: Fire,
  io: Io,
  work: () => Promise<number | readonly Fault[]>,
): Promise<number | readonly Fault[]> {
  if ((await beginner(run, state)) !== null) return begun(run, io);
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    const first = await beginner(run, state);
    if (first === null || isDeepStrictEqual(first.writer, thisWriter())) throw error;
    return begun(run, io);
  }
}

/** The process that has begun a run, or is about to; null: none. */
async function beginner(run: string, state: string): Promise<{ readonly writer: Writer | undefined } | null> {
  await using record = SqliteRecord.open(state);
  return (await record.beginnerOf(run)) ?? (await record.desk.holder(run));
}

function begun(run: string, io: Io): number {
  io.err(
    `Run ${run} has begun already, and is not begun again: \`runbook resume ${run}\` goes on with what is left of it.\n`,
  );
  return EXIT.begun;
}

/** The run; before it and after it what earlier runs ask for nothing is taken back. */
async function runOf(schedule: Schedule, fire: Fire, io: Io): Promise<number | readonly Fault[]> {
  const self = userName(process.env);
  await using record = SqliteRecord.open(fire.state);
  await withdrawLapsed(record, schedule.name, self);
  const ended = await runTo(schedule, fire, io);
  if ((await record.beginnerOf(fire.run)) !== null) await withdrawOld(record, fire.run, self);
  return ended;
}

function runTo(schedule: Schedule, fire: Fire, io: Io): Promise<number | readonly Fault[]> {
  const { task, policy, approve } = schedule;
  if (task.kind !== "run") throw new Error(`${schedule.name} runs nothing`);
  const { run, begun, looks, tui } = fire;
  return order(
    task.runbook,
    {
      ...common(schedule, fire),
      run,
      approve,
      dryRun: looks,
      jobs: true,
      tui,
      ...(policy === null ? {} : { policy }),
      scheduled: async (hosts, record) => {
        const own = scheduledFor(schedule, { ...fire, hosts: hosts.length });
        return { schedule: own, policy: await restraintNow(record, own, { run, hosts, from: begun }) };
      },
    },
    io,
  );
}

async function checkOf(schedule: Schedule, fire: Fire, io: Io): Promise<number | readonly Fault[]> {
  const { task } = schedule;
  if (task.kind !== "check") throw new Error(`${schedule.name} checks nothing`);
  // Its runs have ids of their own: that of the check is held by us.
  await using record = SqliteRecord.open(fire.state);
  const self = { writer: thisWriter(), by: userName(process.env) };
  await using _held = await takeLease(fire.run, self, { desk: record.desk, clock: systemClock });
  // Another may have had it since we looked, and be over.
  if ((await record.beginnerOf(fire.run)) !== null) return begun(fire.run, io);
  const order = { ...common(schedule, fire), check: fire.run };
  return await orderCheck(
    task.runbooks,
    { ...order, scheduled: (hosts) => scheduledFor(schedule, { ...fire, hosts }) },
    io,
  );
}

/** What a run and a check have in common. */
function common(schedule: Schedule, { state, json }: Fire) {
  const { inventories, limit, inputs } = schedule;
  return {
    inventory: inventories,
    ...(limit === null ? {} : { limit }),
    input: Object.entries(inputs).map(([name, value]) => givenInput(schedule, name, value)),
    parallel: PARALLEL,
    json,
    state,
  };
}

/** As where the command line does not say. */
const PARALLEL = 50;

function givenInput({ name, where }: Schedule, input: string, value: Schedule["inputs"][string]): GivenInput {
  const from = typeof value === "object" ? originOf(value) : { kind: "text" as const, text: String(value) };
  return { name: input, where: `${where}, schedule ${name}, input ${input}`, from };
}

function originOf({ env, file, command }: InputOrigin): GivenInput["from"] {
  if (env !== undefined) return { kind: "env", variable: env };
  if (file !== undefined) return { kind: "file", path: file };
  return command === undefined ? { kind: "none" } : { kind: "command", argv: command };
}
