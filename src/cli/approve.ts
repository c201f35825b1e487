import { fold } from "../engine/evolve.ts";
import type { RunState } from "../engine/state.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import { thisWriter } from "../journal/writer.ts";
import { storedRunbook } from "../language/runbook/stored.ts";
import type { Decision } from "../model/approval.ts";
import { FaultError, isFault, type Fault } from "../model/fault.ts";
import { processWords } from "../report/waiting.ts";
import { decideAside } from "../run/aside.ts";
import { systemClock } from "../run/clock.ts";
import type { Holder } from "../run/ports.ts";
import { sshVerifier } from "../sign/verifier.ts";
import { clean } from "../view/clean.ts";
import { questionsOf, waitingCards } from "../view/questions.ts";
import { everAsked, type Asked, type Choice } from "./approve-choice.ts";
import { choose, type ChoosingOptions } from "./approve-choose.ts";
import { decideInFile } from "./approve-file.ts";
import { decisionOf, signAll, withSigners } from "./approve-sign.ts";
import { exitOfDecided, tellDecided, type Decided } from "./approve-told.ts";
import { readDecisions } from "./exchange.ts";
import { EXIT } from "./exit.ts";
import { findRun } from "./find-run.ts";
import type { Io } from "./io.ts";
import { resume } from "./resume.ts";
import { stateDir } from "./state.ts";
import { daemonOf } from "./taken-up.ts";
import { userName } from "./user.ts";

/** Options of `runbook approve` and `runbook deny`. `sign`: the key's file; true for the key that is meant when none is named. */
export type DecideOptions = ChoosingOptions & {
  readonly resume?: boolean | undefined;
  readonly tui?: boolean | undefined;
  readonly export?: string | undefined;
  readonly import?: string | undefined;
  readonly state?: string | undefined;
};

type Verdict = Choice["verdict"];

/** Decides on what waits in a run, or in a file of requests; answers with the exit code, or with what kept it from deciding. */
export async function decide(
  verdict: Verdict,
  target: string,
  options: DecideOptions,
  io: Io,
): Promise<number | readonly Fault[]> {
  const file = target.endsWith(".json");
  const wrong = misuse(verdict, file, options);
  if (wrong !== null) return [wrong];
  if (file) return decideInFile(verdict, target, options, io);
  const { code, run, recorded, daemon } = await decideInRun(verdict, target, options, io);
  if (!recorded) return code;
  if (options.resume !== true) {
    const words =
      daemon === null
        ? `To go on with the run: runbook resume ${clean(run)}`
        : `${processWords("The daemon", daemon)} goes on with the run.`;
    io.err(`${words}\n`);
    return code;
  }
  return resume(run, { tui: options.tui !== false, json: options.json, state: options.state }, io);
}

/** Options that do not go together. */
function misuse(verdict: Verdict, file: boolean, options: DecideOptions): Fault | null {
  const { digest, done, reason, resume, sign } = options;
  if (done === true && verdict === "deny") {
    return misused("--done", "what a person has done is approved, not denied", "`runbook approve RUN --done`");
  }
  if (!file && options.export !== undefined) {
    const hint = "`runbook approvals RUN --export FILE` writes what waits in it";
    return misused("--export", "what is decided on a run goes on its record", hint);
  }
  if (file && (options.import !== undefined || resume === true)) {
    return misused(
      resume === true ? "--resume" : "--import",
      "this is for a run, not for a file of requests",
      "name the run",
    );
  }
  if (file && options.export === undefined) {
    return misused("REQUEST.json", "nothing says where the signed decisions go", "--export FILE");
  }
  if (options.import !== undefined && verdict === "deny") {
    const hint = "`runbook approve RUN --import FILE` takes it as it is";
    return misused("--import", "the file says what was approved and what denied", hint);
  }
  if (options.import !== undefined && [digest, sign, done, reason].some((each) => each !== undefined)) {
    const hint = "leave out --digest, --sign, --done and --reason";
    return misused("--import", "the file says what was decided, by whom and why", hint);
  }
  return null;
}

function misused(where: string, message: string, hint: string): Fault {
  return { kind: "usage", where, message, hint };
}

/** A choice, and the decision that it makes; or why it makes none. */
type Prepared = { readonly choice: Decided["choice"]; readonly decision: Decision | { readonly refused: string } };

/** `recorded`: a decision is on record that a process must still act upon; `daemon` does so by itself. */
type InRun = {
  readonly code: number;
  readonly run: string;
  readonly recorded: boolean;
  readonly daemon: Holder | null;
};

async function decideInRun(verdict: Verdict, wanted: string, options: DecideOptions, io: Io): Promise<InRun> {
  await using record = SqliteRecord.open(stateDir(options.state, process.env));
  const run = findRun(await record.runs(), wanted);
  if (typeof run !== "string") throw new FaultError(run);
  // Before it is decided: it goes on within seconds.
  const daemon = await daemonOf(run, record);
  const entries = await record.read(run);
  const state = stateOf(run, entries);
  const asked = everAsked(entries);
  const prepared =
    options.import === undefined
      ? await prepare(state, asked, verdict, options, io)
      : await prepareImport(state, asked, options.import);
  if (prepared === null) {
    io.err("Given up: nothing was decided.\n");
    return { code: EXIT.interrupted, run, recorded: false, daemon: null };
  }
  if (prepared.length === 0) {
    io.err("Nothing was decided.\n");
    return { code: EXIT.waiting, run, recorded: false, daemon: null };
  }
  const decided = await deliver(record, run, prepared);
  tellDecided(decided, stateOf(run, await record.read(run)), Date.now(), options.json === true, io);
  const recorded = decided.some(({ aside }) => "how" in aside && aside.how === "recorded");
  return { code: exitOfDecided(decided), run, recorded, daemon };
}

function stateOf(run: string, entries: Parameters<typeof fold>[0]): RunState {
  const state = fold(entries);
  if (state === null) throw new FaultError({ kind: "journal", message: `run ${run} has no beginning on record` });
  return state;
}

/** What somebody chooses here, signed if they say so. Null: they gave up. */
async function prepare(
  state: RunState,
  asked: readonly Asked[],
  verdict: Verdict,
  options: DecideOptions,
  io: Io,
): Promise<readonly Prepared[] | null> {
  const loaded = storedRunbook(state.plan);
  const questions = questionsOf(state, waitingCards(state), loaded);
  const waiting = {
    state,
    loaded,
    questions,
    holder: null,
    daemon: null,
    alsoIn: new Map<string, readonly string[]>(),
  };
  const choices = await choose(waiting, asked, verdict, options, io);
  if (choices === null) return null;
  const decisions = choices.map((choice) => ({ choice, decision: decisionOf(choice) }));
  if (options.sign === undefined) return decisions;
  const timed = decisions.map(({ decision }) => decision);
  const signatures = await signAll(state.run, timed, options.sign, io);
  const signed = await withSigners(
    state,
    timed.map((decision, at) => ({ decision, text: signatures[at] ?? "" })),
  );
  return decisions.map(({ choice }, at) => ({ choice, decision: signed[at] ?? { refused: "it is not signed" } }));
}

/** What others decided elsewhere: each with a signature, since a name in a file proves nothing. */
async function prepareImport(state: RunState, asked: readonly Asked[], file: string): Promise<readonly Prepared[]> {
  const decisions = await readDecisions(file, state.run);
  if (isFault(decisions)) throw new FaultError(decisions);
  const signed = await withSigners(
    state,
    decisions.map(({ signature = "", ...decision }) => ({ decision, text: signature })),
  );
  return decisions.map(({ host, step, digest, verdict }, at) => {
    const known = asked.some((card) => card.digest === digest && card.host === host && card.step === step);
    const unknown = { refused: `${step} on ${host} was never asked in this run with the digest ${digest}` };
    return { choice: { host, step, digest, verdict }, decision: known ? (signed[at] ?? unknown) : unknown };
  });
}

async function deliver(record: SqliteRecord, run: string, prepared: readonly Prepared[]): Promise<readonly Decided[]> {
  const decisions = prepared.flatMap(({ decision }) => ("refused" in decision ? [] : [decision]));
  const asides = await decideAside({
    run,
    decisions,
    desk: record.desk,
    archive: record,
    journal: record,
    verifier: sshVerifier,
    clock: systemClock,
    self: { writer: thisWriter(), by: userName(process.env) },
  });
  const answers = asides.values();
  return prepared.map(({ choice, decision }) => ({
    choice,
    aside: "refused" in decision ? decision : (answers.next().value ?? { how: "left", holder: null }),
  }));
}
