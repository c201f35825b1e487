import { resolve } from "node:path";
import type { RunState } from "../engine/state.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import { thisWriter } from "../journal/writer.ts";
import type { RunSettings } from "../model/settings.ts";
import { isFault, type Fault } from "../model/fault.ts";
import { systemClock } from "../run/clock.ts";
import { readAgain, takeLease } from "../run/resume.ts";
import { waitLockOf } from "./arguments.ts";
import { carryOut, type Prepared } from "./carry-out.ts";
import { withinDescriptors } from "./descriptors.ts";
import { findRun } from "./find-run.ts";
import { tell, type Io } from "./io.ts";
import { rebuild } from "./rebuilt.ts";
import { renewal } from "./past.ts";
import { controllerFaults, policiesFor, withEarlier } from "./policies.ts";
import { screenFor } from "./screen.ts";
import { metricsFile } from "./metrics.ts";
import { reportFiles } from "./report.ts";
import { askPasswords } from "./secrets.ts";
import { stateDir } from "./state.ts";
import { withLogin } from "./targets.ts";
import { userName } from "./user.ts";
import { whereabouts } from "./whereabouts.ts";

/** `runbook resume`'s options, as the command line gives them. All else is as the run was started. */
export type ResumeOptions = {
  readonly waitLock?: number | true | undefined;
  readonly askPass?: boolean | undefined;
  readonly askBecomePass?: boolean | undefined;
  readonly acceptNewHostKeys?: boolean | undefined;
  readonly acceptChanges?: boolean | undefined;
  readonly tui: boolean;
  readonly json?: boolean | undefined;
  readonly report?: readonly string[] | undefined;
  readonly metrics?: string | undefined;
  readonly state?: string | undefined;
};

/** Goes on with a run that waited, stopped or died; answers with the exit code, or with why it cannot. Leaves us in the run's directory. */
export async function resume(wanted: string, options: ResumeOptions, io: Io): Promise<number | readonly Fault[]> {
  // Before we leave for the run's directory: the files are named from here.
  const reports = await reportFiles(options.report);
  const metrics = await metricsFile(options.metrics);
  if (isFault(metrics) || reports.faults.length > 0) return [...reports.faults, ...(isFault(metrics) ? [metrics] : [])];
  await using record = SqliteRecord.open(resolve(stateDir(options.state, process.env)));
  const run = findRun(await record.runs(), wanted);
  if (typeof run !== "string") return [run];
  await refuseWhileHeld(run, record);
  const state = await readAgain(run, record, Date.now());
  const { settings } = state.plan;
  if (settings === undefined) return [tooOld(run)];
  const moved = goTo(settings.cwd, run);
  return moved === null
    ? await goOn(state, settings, { record, reports: reports.files, metrics }, options, io)
    : [moved];
}

/** Before anything is asked for. It is taken for good once all is ready. */
async function refuseWhileHeld(run: string, { desk }: SqliteRecord): Promise<void> {
  const self = { writer: thisWriter(), by: userName(process.env) };
  await using _free = await takeLease(run, self, { desk, clock: systemClock });
}

/** Makes everything as it was at the start of the run, or as it is now where that is accepted, and carries it out from where it is. */
async function goOn(
  state: RunState,
  settings: RunSettings,
  { record, reports, metrics }: Pick<Prepared, "record" | "reports" | "metrics">,
  options: ResumeOptions,
  io: Io,
): Promise<number | readonly Fault[]> {
  const { env } = process;
  const { run } = state;
  const by = userName(env);
  const rebuilt = await rebuild(state, settings, { accepts: options.acceptChanges === true, by }, io);
  if ("faults" in rebuilt) return rebuilt.faults;
  const { loaded, targets, accepted, values } = rebuilt;
  const { hosts } = targets;
  const plan = { ...state.plan, ...accepted?.plan };
  const permits = await policiesFor(
    loaded,
    targets,
    { option: settings.policy, env: process.env, cwd: settings.cwd },
    io,
  );
  if ("faults" in permits) return permits.faults;
  const renewed = await renewal(record, run, state.startedAt, plan);
  const policies = withEarlier([...permits.policies, ...(renewed?.policies ?? [])], plan.policies);
  // Allowed when it began, and only as far; a policy may deny it by now.
  const before = new Set(state.plan.steps.filter(({ on }) => on === "controller").map(({ id }) => id));
  const [old, added] = [true, false].map((known) => plan.steps.filter(({ id }) => before.has(id) === known));
  const here = [
    ...controllerFaults({ ...plan, steps: old ?? [], policies }, true, Date.now()),
    ...controllerFaults({ ...plan, steps: added ?? [], policies }, false, Date.now()),
  ];
  if (here.length > 0) return here;

  const room = await withinDescriptors(hosts, { parallel: plan.parallel, keeps: !plan.dryRun });
  if (isFault(room)) return [room];
  if (room.word !== undefined) tell([room.word], io, "warning");
  const screen = await screenFor(loaded, { ...options, dryRun: plan.dryRun }, by, io);
  const passwords = await askPasswords({
    askPass: options.askPass ?? settings.askPass,
    askBecomePass: options.askBecomePass ?? settings.askBecomePass,
  });
  const { machine, ...writer } = whereabouts();
  const waitLock = waitLockOf(options.waitLock, undefined);
  return carryOut(
    {
      run,
      first: {
        type: "run-resumed",
        by,
        machine,
        attended: screen.attended,
        ...writer,
        policies,
        ...(renewed === null ? {} : { past: renewed.past }),
        ...(waitLock === undefined ? {} : { waitLock }),
        ...(accepted === undefined ? {} : { accepted }),
      },
      values,
      loaded,
      hosts: withLogin(hosts, settings, passwords),
      parallel: room.parallel,
      become: settings.become,
      jobs: settings.jobs,
      acceptNewHostKeys: options.acceptNewHostKeys ?? settings.acceptNewHostKeys,
      sshConfig: settings.sshConfig,
      record,
      screen,
      reports,
      metrics,
    },
    io,
  );
}

function tooOld(run: string): Fault {
  const message = `run ${run} cannot go on: it was made by an older runbook, which did not record how it was started`;
  return { kind: "usage", message, hint: "the same `runbook run` again begins anew" };
}

/** What the run's command line and inventory name begins in its directory. */
function goTo(cwd: string, run: string): Fault | null {
  try {
    process.chdir(cwd);
    return null;
  } catch (error) {
    const why = error instanceof Error && "code" in error ? `: ${String(error.code)}` : "";
    const message = `the directory that run ${run} was started in cannot be entered${why}`;
    return {
      kind: "usage",
      where: cwd,
      message,
      hint: "what the run names lies there; without it, it has to begin anew",
    };
  }
}
