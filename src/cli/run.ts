import { makePlan } from "../engine/plan.ts";
import { didYouMean } from "../language/suggest.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import { loadRunbook } from "../load/runbook.ts";
import { ApproveLevel, type Waiver } from "../model/approval.ts";
import type { PastFix } from "../model/event.ts";
import type { Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { newRunId } from "../run/id.ts";
import { carryOut } from "./carry-out.ts";
import { readInputs, unknownSteps } from "./inputs.ts";
import type { Io } from "./io.ts";
import { lookup } from "./library.ts";
import { askForSecrets, askPasswords } from "./secrets.ts";
import { screenFor } from "./screen.ts";
import { settingsOf } from "./settings.ts";
import { stateDir } from "./state.ts";
import { selectTargets, withLogin, type TargetOptions } from "./targets.ts";
import { userName } from "./user.ts";
import { whereabouts } from "./whereabouts.ts";

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

/** Earlier fixes are shown for this long, in ms: 90 days. */
const PAST = 90 * 24 * 3600 * 1000;

/** Detects, asks, fixes and verifies; answers with the exit code, or with what kept it from starting. */
export async function run(name: string, options: RunCommandOptions, io: Io): Promise<number | readonly Fault[]> {
  const { env } = process;
  const loaded = await loadRunbook(name, lookup(env));
  if (Array.isArray(loaded)) return loaded;
  const { runbook } = loaded;
  const { inputs, faults } = await readInputs(options.input ?? [], runbook, env);
  const refused = [...refusals(loaded, options), ...faults];
  if (refused.length > 0) return refused;

  const targets = await selectTargets(options, runbook.hosts, env, io);
  if (!("hosts" in targets)) return targets;
  await using record = SqliteRecord.open(stateDir(options.state, env));
  const by = userName(env);
  const screen = await screenFor(loaded, options, by, io);
  const prepared = makePlan(loaded, targets.hosts, {
    inventory: targets.source,
    inputs,
    asked: await askForSecrets(runbook, targets.hosts, inputs),
    dryRun: options.dryRun === true,
    approve: approveLevel(options),
    attended: screen.attended,
    parallel: options.parallel,
    by,
    only: options.step ?? [],
    more: {
      ...whereabouts(),
      ...(await knownOf(record, runbook.name, targets.hosts)),
      settings: settingsOf(options, targets, runbook),
    },
  });
  if ("faults" in prepared) return prepared.faults;

  const passwords = await askPasswords(options);
  const { plan, values } = prepared;
  return await carryOut(
    {
      run: newRunId(Date.now()),
      first: { type: "run-started", format: 1, plan },
      values,
      loaded,
      hosts: withLogin(targets.hosts, options, passwords),
      become: options.become === true,
      acceptNewHostKeys: options.acceptNewHostKeys === true,
      record,
      screen,
    },
    io,
  );
}

/** What the record knows of the same steps on the same hosts. */
async function knownOf(
  record: SqliteRecord,
  runbook: string,
  hosts: readonly Host[],
): Promise<{ past: PastFix[]; waivers: Waiver[] }> {
  const names = hosts.map((host) => host.name);
  const now = Date.now();
  const past = await record.past(runbook, names, now - PAST);
  const waivers = await record.waivers(runbook, names, now);
  return { past: [...past], waivers: [...waivers] };
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
