import { SqliteRecord } from "../journal/sqlite.ts";
import type { Scheduled } from "../model/scheduled.ts";
import type { Severity } from "../model/runbook.ts";
import { isFault, type Fault } from "../model/fault.ts";
import { healthOf } from "../report/health-fold.ts";
import { newRunId } from "../run/id.ts";
import { prepareCheck, type PreparedCheck } from "./check-prepare.ts";
import { writeCheckReports } from "./check-report.ts";
import { checkExit } from "./check-exit.ts";
import { lookHosts } from "./check-run.ts";
import { roomOf } from "./history.ts";
import { tellCheck } from "./history-check.ts";
import { withinDescriptors } from "./descriptors.ts";
import { EXIT } from "./exit.ts";
import { tell, type Io } from "./io.ts";
import { inputPairs, type GivenInput } from "./inputs.ts";
import { lookup } from "./library.ts";
import { metricsFile, writeMetrics, type MetricsFile } from "./metrics.ts";
import { reportFiles, type ReportFile } from "./report.ts";
import { askPasswords } from "./secrets.ts";
import { stateDir } from "./state.ts";
import { withLogin, type TargetOptions } from "./targets.ts";

/** `runbook check`'s options, as the command line gives them. */
export type CheckOptions = TargetOptions & {
  readonly input?: readonly string[] | undefined;
  readonly parallel: number;
  readonly become?: boolean | undefined;
  readonly askPass?: boolean | undefined;
  readonly askBecomePass?: boolean | undefined;
  readonly acceptNewHostKeys?: boolean | undefined;
  readonly allowController?: boolean | undefined;
  readonly policy?: string | undefined;
  readonly waivers?: string | undefined;
  readonly minScore?: number | undefined;
  readonly failOn?: Severity | undefined;
  readonly quiet?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly report?: readonly string[] | undefined;
  readonly metrics?: string | undefined;
  readonly state?: string | undefined;
};

/** What a check is asked to be, by a command line or by a schedule. */
export type CheckOrder = Omit<CheckOptions, "input"> & {
  readonly input: readonly GivenInput[];
  /** Its id, where somebody has chosen it already. */
  readonly check?: string;
  /** What a schedule says of each of its runs, by the number of their hosts. */
  readonly scheduled?: (hosts: number) => Scheduled;
};

/** `runbook check`: answers with the exit code, or with what kept it from starting. */
export async function check(
  names: readonly string[],
  options: CheckOptions,
  io: Io,
): Promise<number | readonly Fault[]> {
  return orderCheck(names, { ...options, input: inputPairs(options.input) }, io);
}

/** Looks at hosts with many runbooks, and tells how well they are; answers with the exit code, or with what kept it from starting. */
export async function orderCheck(
  names: readonly string[],
  options: CheckOrder,
  io: Io,
): Promise<number | readonly Fault[]> {
  const { env } = process;
  const metrics = await metricsFile(options.metrics);
  const reports = await reportFiles(options.report);
  if (isFault(metrics) || reports.faults.length > 0) return [...(isFault(metrics) ? [metrics] : []), ...reports.faults];
  await using record = SqliteRecord.open(stateDir(options.state, env));
  const prepared = await prepareCheck(
    names,
    options,
    { lookup: lookup(env), env, record, check: options.check ?? newRunId(Date.now()) },
    io,
  );
  if (!("parts" in prepared)) return prepared;
  const room = await withinDescriptors(prepared.hosts, { parallel: options.parallel, keeps: false });
  if (isFault(room)) return [room];
  if (room.word !== undefined) tell([room.word], io, "warning");
  const hosts = withLogin(prepared.hosts, options, await askPasswords(options));
  const interrupted = await lookHosts(prepared.parts, { hosts, parallel: room.parallel, options, record }, io);
  return await concludeCheck(prepared, { options, record, interrupted, metrics, reports: reports.files }, io);
}

/** What a check came to, from its record. */
async function concludeCheck(
  { parts }: PreparedCheck,
  {
    options,
    record,
    interrupted,
    metrics,
    reports,
  }: {
    options: CheckOrder;
    record: SqliteRecord;
    interrupted: boolean;
    metrics: MetricsFile | null;
    reports: readonly ReportFile[];
  },
  io: Io,
): Promise<number> {
  const entries = await Promise.all(parts.map(({ run }) => record.read(run)));
  const health = healthOf(entries);
  if (health === null) throw new Error("a check without a record");
  const verdict = checkExit(health, { ...options, interrupted });
  const clear = verdict === EXIT.ok && checkExit(health, { failOn: "info", interrupted }) === EXIT.ok;
  if (options.quiet !== true || options.json === true || !clear) {
    tellCheck(health, { json: options.json === true, room: roomOf() }, io);
  }
  const exit = await writeCheckReports(reports, health, verdict, io);
  return writeMetrics(metrics, async (source) => ({ kind: "check", source, health }), exit, io);
}
