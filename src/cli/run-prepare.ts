import { makePlan } from "../engine/plan.ts";
import type { SqliteRecord } from "../journal/sqlite.ts";
import type { ApproveLevel } from "../model/approval.ts";
import { isFault, type Fault } from "../model/fault.ts";
import type { PlannedPolicy } from "../model/policy.ts";
import type { LoadedRunbook, Runbook } from "../model/runbook.ts";
import type { Secret } from "../model/secret.ts";
import { waitLockOf } from "./arguments.ts";
import type { Prepared } from "./carry-out.ts";
import { withinDescriptors } from "./descriptors.ts";
import { readInputs, unknownSteps } from "./inputs.ts";
import type { Io } from "./io.ts";
import { approveLevel } from "./level.ts";
import { metricsFile } from "./metrics.ts";
import { pastFixes, withRefused, withSightings } from "./past.ts";
import { policiesFor } from "./policies.ts";
import { reportFiles } from "./report.ts";
import type { RunOrder } from "./run.ts";
import { askForSecrets } from "./secrets.ts";
import { settingsOf } from "./settings.ts";
import type { Targets } from "./targets.ts";
import { writtenWaivers, type WaiversFor } from "./waivers.ts";
import { whereabouts } from "./whereabouts.ts";

type Faults = { readonly faults: readonly Fault[] };

/** What it is to be, as far as that can be told before its hosts are known. */
type Wishes = Pick<Prepared, "reports" | "metrics"> & {
  readonly inputs: ReadonlyMap<string, string | Secret>;
  readonly approve: ApproveLevel;
};

/** What it is to be, or everything that is wrong with that. */
export async function wishesOf(options: RunOrder, runbook: Runbook, env: NodeJS.ProcessEnv): Promise<Wishes | Faults> {
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
  if (isFault(approve) || isFault(metrics) || refused.length > 0) return { faults: refused };
  return { inputs, approve, reports: reports.files, metrics };
}

/** What holds for it and its hosts here: policies, waivers that are written down, and how many logins there is room for. */
type Rules = {
  readonly policies: readonly PlannedPolicy[];
  readonly writtenFor: WaiversFor;
  readonly room: { readonly parallel: number; readonly word?: Fault };
};

/** What holds here, or every mistake in it. */
export async function rulesFor(
  loaded: LoadedRunbook,
  targets: Targets,
  options: RunOrder,
  io: Io,
): Promise<Rules | Faults> {
  const here = { env: process.env, cwd: process.cwd() };
  const permits = await policiesFor(loaded, targets, { ...here, option: options.policy }, io);
  if ("faults" in permits) return permits;
  const written = await writtenWaivers({ ...here, option: options.waivers }, io);
  if ("faults" in written) return written;
  const room = await withinDescriptors(targets.hosts, { parallel: options.parallel, keeps: options.dryRun !== true });
  return isFault(room) ? { faults: [room] } : { policies: permits.policies, writtenFor: written.of, room };
}

type Making = {
  readonly options: RunOrder;
  readonly wishes: Wishes;
  readonly rules: Rules;
  readonly record: SqliteRecord;
  readonly attended: boolean;
  readonly by: string;
};

/** Its plan, with what is on record of its hosts. */
export async function planned(
  loaded: LoadedRunbook,
  targets: Targets,
  { options, wishes: { inputs, approve }, rules, record, attended, by }: Making,
): Promise<ReturnType<typeof makePlan>> {
  const { runbook } = loaded;
  const names = targets.hosts.map((host) => host.name);
  const terms = await options.scheduled?.(names, record);
  const waivers = await record.waivers(runbook.name, names, Date.now());
  const made = makePlan(loaded, targets.hosts, {
    inventory: targets.source,
    inputs,
    complain: targets.complain,
    asked: await askForSecrets(runbook, targets.hosts, inputs),
    dryRun: options.dryRun === true,
    approve,
    attended,
    parallel: rules.room.parallel,
    by,
    only: options.step ?? [],
    more: {
      ...whereabouts(),
      policies: [...rules.policies, ...(terms === undefined ? [] : [terms.policy])],
      ...(terms === undefined ? {} : { schedule: await withRefused(record, terms.schedule, runbook.name) }),
      past: [...(await pastFixes(record, runbook.name, names, terms?.schedule.restraints))],
      waivers: [...waivers, ...(await rules.writtenFor(runbook, targets))],
      waitLock: waitLockOf(options.waitLock, 0),
      settings: settingsOf(options, targets, runbook),
    },
  });
  return "faults" in made ? made : { ...made, plan: await withSightings(record, made.plan) };
}
