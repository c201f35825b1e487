import { runOutcome } from "../engine/outcome.ts";
import { makePlan, missingInputs } from "../engine/plan.ts";
import type { RunState } from "../engine/state.ts";
import { didYouMean } from "../language/suggest.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import { loadRunbook } from "../load/runbook.ts";
import { ApproveLevel } from "../model/approval.ts";
import { FaultError, type Fault } from "../model/fault.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { Secret } from "../model/secret.ts";
import type { Host } from "../model/inventory.ts";
import { systemClock } from "../run/clock.ts";
import { newRunId } from "../run/id.ts";
import { start, type RunParts } from "../run/start.ts";
import { connectors } from "./connectors.ts";
import { EXIT, exitOf } from "./exit.ts";
import { readInputs, unknownSteps } from "./inputs.ts";
import { tell, type Io } from "./io.ts";
import { lookup } from "./library.ts";
import { askSecret, questions } from "./prompt.ts";
import { listenToSignals } from "./signals.ts";
import { screenFor, type Screen } from "./screen.ts";
import { stateDir } from "./state.ts";
import { selectTargets, withLogin, type Passwords, type TargetOptions } from "./targets.ts";
import { userName } from "./user.ts";
import { thisWriter } from "../journal/writer.ts";

/** `runbook run`'s options, as the command line gives them. */
export type RunCommandOptions = TargetOptions & {
  readonly dryRun?: boolean | undefined;
  readonly approve?: string | undefined;
  readonly yes?: boolean | undefined;
  readonly input?: readonly string[] | undefined;
  readonly parallel: number;
  readonly step?: readonly string[] | undefined;
  readonly become?: boolean | undefined;
  readonly askPass?: boolean | undefined;
  readonly askBecomePass?: boolean | undefined;
  readonly acceptNewHostKeys?: boolean | undefined;
  readonly allowController?: boolean | undefined;
  readonly tui: boolean;
  readonly json?: boolean | undefined;
  readonly state?: string | undefined;
};

/** Detects, asks, fixes and verifies; answers with the exit code, or with what kept it from starting. */
export async function run(name: string, options: RunCommandOptions, io: Io): Promise<number | readonly Fault[]> {
  const { env } = process;
  const loaded = await loadRunbook(name, lookup(env));
  if (Array.isArray(loaded)) return loaded;
  const { inputs, faults } = await readInputs(options.input ?? [], loaded.runbook, env);
  const refused = [...refusals(loaded, options), ...faults];
  if (refused.length > 0) return refused;

  const targets = await selectTargets(options, loaded.runbook.hosts, env, io);
  if (!("hosts" in targets)) return targets;
  const by = userName(env);
  const screen = await screenFor(loaded, options, by, io);
  const prepared = makePlan(loaded, targets.hosts, {
    inventory: targets.source,
    inputs,
    asked: await askForSecrets(loaded, targets.hosts, inputs),
    dryRun: options.dryRun === true,
    approve: approveLevel(options),
    attended: screen.attended,
    parallel: options.parallel,
    by,
    only: options.step ?? [],
  });
  if ("faults" in prepared) return prepared.faults;

  const passwords = await askPasswords(options);
  const hosts = withLogin(targets.hosts, options, passwords);
  let begun = false;
  try {
    return await carryOut({ ...prepared, loaded, hosts, screen, begins: () => (begun = true) }, options, io);
  } catch (error) {
    // A record that fails before anything was done is a mistake in the command's settings; now it is a run that failed.
    if (!begun || !(error instanceof FaultError)) throw error;
    tell(error.faults, io);
    return EXIT.failed;
  }
}

type Prepared = Pick<RunParts, "plan" | "values" | "loaded" | "hosts"> & {
  readonly screen: Screen;
  /** Called once the run is on record, before the first host is logged in to. */
  readonly begins: () => void;
};

/** The run from the opening of its record to the last word on the screen; answers with the exit code. */
async function carryOut(prepared: Prepared, options: RunCommandOptions, io: Io): Promise<number> {
  const { env } = process;
  const { screen, begins, ...parts } = prepared;
  const leaving = new AbortController();
  using signals = listenToSignals(leaving, io);
  const exit = (state: RunState): number => (signals.interrupted ? EXIT.interrupted : exitOf(runOutcome(state)));
  await using journal = SqliteRecord.open(stateDir(options.state, env));
  const asking = questions();
  const writer = thisWriter();
  const connector = connectors(env, { acceptNewHostKeys: options.acceptNewHostKeys === true, questions: asking });
  await using ui = screen.open({ stop: (reason) => signals.stop(reason), leave: () => leaving.abort() }, asking);
  const state = await start({
    run: newRunId(Date.now()),
    ...parts,
    plan: { ...parts.plan, ...(writer === undefined ? {} : { writer }) },
    secrets: secretsOf(parts.hosts, parts.values),
    become: options.become === true,
    connector: connector.all,
    controller: connector.local,
    journal,
    watchers: ui.watchers,
    approver: ui.approver,
    clock: systemClock,
    leaving: leaving.signal,
    live: (live) => {
      begins();
      signals.attach((reason) => live.stop(reason));
    },
    exitOf: exit,
  });
  await ui.conclude(state);
  return exit(state);
}

/** What the command line must allow before such a runbook may run. */
function refusals({ runbook }: LoadedRunbook, options: RunCommandOptions): Fault[] {
  const faults: Fault[] = [];
  const here = runbook.steps.filter((step) => step.on === "controller").map((step) => step.id);
  if (here.length > 0 && options.allowController !== true) {
    const message = `its scripts would run on this machine: ${here.join(", ")}`;
    faults.push({ kind: "usage", where: runbook.name, message, hint: "--allow-controller allows it" });
  }
  const level = ApproveLevel.safeParse(options.approve ?? "none");
  if (!level.success) {
    const message = `no such risk: ${options.approve}`;
    const hint = didYouMean(options.approve ?? "", ApproveLevel.options) ?? `one of ${ApproveLevel.options.join(", ")}`;
    faults.push({ kind: "usage", where: "--approve", message, hint });
  }
  return [...faults, ...unknownSteps(options.step ?? [], runbook)];
}

function approveLevel(options: RunCommandOptions): ApproveLevel {
  const level = ApproveLevel.parse(options.approve ?? "none");
  return options.yes === true && ApproveLevel.options.indexOf(level) < ApproveLevel.options.indexOf("medium")
    ? "medium"
    : level;
}

/** A secret input that some host would have no value for is asked for on the terminal. */
async function askForSecrets(
  { runbook }: LoadedRunbook,
  hosts: readonly Host[],
  given: ReadonlyMap<string, string | Secret>,
): Promise<ReadonlyMap<string, Secret>> {
  const answers = new Map<string, Secret>();
  for (const [name, input] of missingInputs(runbook, hosts, given)) {
    if (!input.secret || !process.stdin.isTTY) continue;
    answers.set(name, await askSecret(input.about === undefined ? name : `${name} (${input.about})`));
  }
  return answers;
}

async function askPasswords(options: RunCommandOptions): Promise<Passwords> {
  const login = options.askPass === true ? await askSecret("SSH password") : undefined;
  const become = options.askBecomePass === true ? await askSecret("sudo password") : undefined;
  return { login, become };
}

/** Everything that must never be seen: secret inputs, and the passwords of hosts. */
function secretsOf(
  hosts: readonly Host[],
  values: ReadonlyMap<string, ReadonlyMap<string, string | Secret>>,
): Secret[] {
  const inputs = [...values.values()].flatMap((own) => [...own.values()].filter((value) => value instanceof Secret));
  const passwords = hosts.flatMap((host) => [host.password, host.becomePassword].filter((each) => each !== undefined));
  return [...new Map([...inputs, ...passwords].map((secret) => [secret.reveal(), secret])).values()];
}
