import { makePlan } from "../engine/plan.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import { didYouMean } from "../language/suggest.ts";
import { loadRunbook } from "../load/runbook.ts";
import type { RunPlan } from "../model/plan.ts";
import type { PlannedPolicy } from "../model/policy.ts";
import type { Scheduled } from "../model/scheduled.ts";
import { isFault, type Fault } from "../model/fault.ts";
import { newRunId } from "../run/id.ts";
import { waitLockOf } from "./arguments.ts";
import { carryOut } from "./carry-out.ts";
import { withinDescriptors } from "./descriptors.ts";
import { inputPairs, readInputs, unknownSteps, type GivenInput } from "./inputs.ts";
import { tell, type Io } from "./io.ts";
import { approveLevel } from "./level.ts";
import { lookup } from "./library.ts";
import { metricsFile } from "./metrics.ts";
import { pastFixes, withSightings } from "./past.ts";
import { controllerFaults, policiesFor } from "./policies.ts";
import { reportFiles } from "./report.ts";
import { targetsOf } from "./retry.ts";
import { askForSecrets, askPasswords } from "./secrets.ts";
import { screenFor } from "./screen.ts";
import { settingsOf } from "./settings.ts";
import { stateDir } from "./state.ts";
import { withLogin, type TargetOptions, type Targets } from "./targets.ts";
import { userName } from "./user.ts";
import { writtenWaivers } from "./waivers.ts";
import { whereabouts } from "./whereabouts.ts";

/** `runbook run`'s options, as the command line gives them. */
export type RunCommandOptions = TargetOptions & {
  readonly dryRun?: boolean | undefined;
  readonly approve?: string | undefined;
  readonly yes?: boolean | undefined;
  readonly input?: readonly string[] | undefined;
  readonly parallel: number;
  readonly step?: readonly string[] | undefined;
  /** Only the hosts that this run left to be tried again. */
  readonly retry?: string | undefined;
  readonly become?: boolean | undefined;
  readonly askPass?: boolean | undefined;
  readonly askBecomePass?: boolean | undefined;
  readonly acceptNewHostKeys?: boolean | undefined;
  readonly allowController?: boolean | undefined;
  readonly policy?: string | undefined;
  readonly waivers?: string | undefined;
  /** `--wait-lock`: seconds; true: as long as it takes. */
  readonly waitLock?: number | true | undefined;
  /** False: `--no-jobs`. */
  readonly jobs: boolean;
  readonly tui: boolean;
  readonly quiet?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly report?: readonly string[] | undefined;
  readonly metrics?: string | undefined;
  readonly state?: string | undefined;
};

/** What a run is asked to be, by a command line or by a schedule. */
export type RunOrder = Omit<RunCommandOptions, "input"> & {
  readonly input: readonly GivenInput[];
  /** Its id, where somebody has chosen it already. */
  readonly run?: string;
  /** What a schedule says of it, once its hosts are known. */
  readonly scheduled?: (hosts: readonly string[], record: SqliteRecord) => Promise<Terms>;
};

/** What a schedule adds to the plan of its run. */
export type Terms = { readonly schedule: Scheduled; readonly policy: PlannedPolicy };

/** `runbook run`: answers with the exit code, or with what kept it from starting. */
export async function run(name: string, options: RunCommandOptions, io: Io): Promise<number | readonly Fault[]> {
  return order(name, { ...options, quiet: isQuiet(options), input: inputPairs(options.input) }, io);
}

/** Whoever goes without the screen where nobody looks on is a cron: it sends mail for every line. A dry run is somebody's question. */
function isQuiet({ quiet, tui, json, dryRun }: RunCommandOptions): boolean {
  return quiet === true || !(tui || process.stdout.isTTY || json === true || dryRun === true);
}

/** Detects, asks, fixes and verifies; answers with the exit code, or with what kept it from starting. */
export async function order(name: string, options: RunOrder, io: Io): Promise<number | readonly Fault[]> {
  const { env } = process;
  // What the logins need takes as long to load as the shells to read the scripts.
  const loaded = await loadRunbook(name, lookup(env), () => void import("ssh2").catch(() => undefined));
  if (Array.isArray(loaded)) return loaded;
  const { runbook } = loaded;
  const { inputs, faults } = await readInputs(options.input, runbook, env);
  const approve = approveLevel(options);
  const reports = await reportFiles(options.report);
  const metrics = await metricsFile(options.metrics);
  const refused = [
    ...(isFault(approve) ? [approve] : []),
    ...unknownSteps(options.step ?? [], runbook),
    ...faults,
    ...reports.faults,
    ...(isFault(metrics) ? [metrics] : []),
  ];
  if (isFault(approve) || isFault(metrics) || refused.length > 0) return refused;

  const targets = await targetsOf(options, runbook, io);
  if (!("hosts" in targets)) return "exit" in targets ? targets.exit : targets;
  const permits = await policiesFor(loaded, targets, { option: options.policy, env, cwd: process.cwd() }, io);
  if ("faults" in permits) return permits.faults;
  const written = await writtenWaivers({ option: options.waivers, env, cwd: process.cwd() }, io);
  if ("faults" in written) return written.faults;
  const room = await withinDescriptors(targets.hosts, { parallel: options.parallel, keeps: options.dryRun !== true });
  if (isFault(room)) return [room];
  await using record = SqliteRecord.open(stateDir(options.state, env));
  const by = userName(env);
  const names = targets.hosts.map((host) => host.name);
  const terms = await options.scheduled?.(names, record);
  const screen = await screenFor(loaded, options, by, io);
  const prepared = makePlan(loaded, targets.hosts, {
    inventory: targets.source,
    inputs,
    asked: await askForSecrets(runbook, targets.hosts, inputs),
    dryRun: options.dryRun === true,
    approve,
    attended: screen.attended,
    parallel: room.parallel,
    by,
    only: options.step ?? [],
    more: {
      ...whereabouts(),
      policies: [...permits.policies, ...(terms === undefined ? [] : [terms.policy])],
      ...(terms === undefined ? {} : { schedule: terms.schedule }),
      past: [...(await pastFixes(record, runbook.name, names, terms?.schedule.restraints))],
      waivers: [...(await record.waivers(runbook.name, names, Date.now())), ...(await written.of(runbook, targets))],
      waitLock: waitLockOf(options.waitLock, 0),
      settings: settingsOf(options, targets, runbook),
    },
  });
  if ("faults" in prepared) return prepared.faults;
  const { values } = prepared;
  const plan = await withSightings(record, prepared.plan);
  const here = controllerFaults(plan, options.allowController === true, Date.now());
  if (here.length > 0) return here;

  tell([...missingGroups(plan, targets), ...(room.word === undefined ? [] : [room.word])], io, "warning");
  const passwords = await askPasswords(options);
  return await carryOut(
    {
      run: options.run ?? newRunId(Date.now()),
      first: { type: "run-started", format: 1, plan },
      values,
      loaded,
      hosts: withLogin(targets.hosts, options, passwords),
      parallel: room.parallel,
      become: options.become === true,
      jobs: options.jobs,
      acceptNewHostKeys: options.acceptNewHostKeys === true,
      sshConfig: options.sshConfig,
      record,
      screen,
      reports: reports.files,
      metrics,
    },
    io,
  );
}

/** A limit on a group that is not there limits nothing, which may be a slip of the pen. */
function missingGroups({ runbook, rollout }: RunPlan, { inventory }: Targets): Fault[] {
  const missing = Object.keys(rollout.groups).filter((group) => !inventory.groups.has(group));
  return missing.map((group) => {
    const message = `the inventory has no group \`${group}\`, so \`rollout.groups\` limits nothing there`;
    const hint = didYouMean(group, [...inventory.groups.keys()]);
    return { kind: "usage", where: runbook.name, message, ...(hint === undefined ? {} : { hint }) };
  });
}
