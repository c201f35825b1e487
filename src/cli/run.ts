import { SqliteRecord } from "../journal/sqlite.ts";
import { didYouMean } from "../language/suggest.ts";
import { loadRunbook } from "../load/runbook.ts";
import type { RunPlan } from "../model/plan.ts";
import type { PlannedPolicy } from "../model/policy.ts";
import type { Scheduled } from "../model/scheduled.ts";
import type { Fault } from "../model/fault.ts";
import { newRunId } from "../run/id.ts";
import { carryOut } from "./carry-out.ts";
import { inputPairs, type GivenInput } from "./inputs.ts";
import { tell, type Io } from "./io.ts";
import { lookup } from "./library.ts";
import { controllerFaults } from "./policies.ts";
import { targetsOf } from "./retry.ts";
import { planned, rulesFor, wishesOf } from "./run-prepare.ts";
import { askPasswords } from "./secrets.ts";
import { screenFor } from "./screen.ts";
import { stateDir } from "./state.ts";
import { withLogin, type TargetOptions, type Targets } from "./targets.ts";
import { userName } from "./user.ts";

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
  const wishes = await wishesOf(options, runbook, env);
  if ("faults" in wishes) return wishes.faults;
  const targets = await targetsOf(options, runbook, io);
  if (!("hosts" in targets)) return "exit" in targets ? targets.exit : targets;
  const rules = await rulesFor(loaded, targets, options, io);
  if ("faults" in rules) return rules.faults;
  await using record = SqliteRecord.open(stateDir(options.state, env));
  const by = userName(env);
  const screen = await screenFor(loaded, options, by, io);
  const { attended } = screen;
  const prepared = await planned(loaded, targets, { options, wishes, rules, record, attended, by });
  if ("faults" in prepared) return prepared.faults;
  const { plan, values } = prepared;
  const here = controllerFaults(plan, options.allowController === true, Date.now());
  if (here.length > 0) return here;

  const { room } = rules;
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
      reports: wishes.reports,
      metrics: wishes.metrics,
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
