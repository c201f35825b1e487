import { runOutcome } from "../engine/outcome.ts";
import type { RunState } from "../engine/state.ts";
import type { SqliteRecord } from "../journal/sqlite.ts";
import { FaultError } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import { Secret } from "../model/secret.ts";
import type { Measured } from "../report/metrics.ts";
import { systemClock } from "../run/clock.ts";
import { start, type RunParts } from "../run/start.ts";
import { sshVerifier } from "../sign/verifier.ts";
import { connectors } from "./connectors.ts";
import { EXIT, exitOf } from "./exit.ts";
import { tell, type Io } from "./io.ts";
import { writeMetrics, type MetricsFile } from "./metrics.ts";
import { questions } from "./prompt.ts";
import { writeReports, type ReportFile } from "./report.ts";
import type { Screen } from "./screen.ts";
import { listenToSignals } from "./signals.ts";

/** A run that is ready to begin, or to go on. */
export type Prepared = Pick<
  RunParts,
  "run" | "first" | "values" | "loaded" | "hosts" | "parallel" | "become" | "jobs"
> & {
  readonly record: SqliteRecord;
  readonly screen: Screen;
  readonly acceptNewHostKeys: boolean;
  /** `--ssh-config`. */
  readonly sshConfig: string | undefined;
  /** Written at its end, however it ends. */
  readonly reports: readonly ReportFile[];
  readonly metrics: MetricsFile | null;
};

/** The run from its first event here to its reports and metrics; answers with the exit code. */
export async function carryOut(prepared: Prepared, io: Io): Promise<number> {
  const { record, run, reports, metrics } = prepared;
  const exit = await writeReports(reports, () => record.read(run), await recorded(prepared, io), io);
  return writeMetrics(metrics, (source) => measured(source, prepared), exit, io);
}

async function measured(source: string, { record, run }: Prepared): Promise<Measured | null> {
  const { drawing } = await import("../report/files.ts");
  const document = drawing.documentOf(await record.read(run));
  return document === null ? null : { kind: "run", source, document };
}

/** To the last word on the screen. */
async function recorded(prepared: Prepared, io: Io): Promise<number> {
  let begun = false;
  try {
    return await live(prepared, () => (begun = true), io);
  } catch (error) {
    // A record that fails before anything was done is a mistake in the command's settings; now it is a run that failed.
    if (!begun || !(error instanceof FaultError)) throw error;
    tell(error.faults, io);
    return EXIT.failed;
  }
}

/** `begins` is called once the run is on record, before the first host is logged in to. */
async function live(prepared: Prepared, begins: () => void, io: Io): Promise<number> {
  const { env } = process;
  const { record, screen, acceptNewHostKeys, sshConfig, reports: _, metrics: __, ...parts } = prepared;
  const leaving = new AbortController();
  using signals = listenToSignals(leaving, io);
  const exit = (state: RunState): number => (signals.interrupted ? EXIT.interrupted : exitOf(runOutcome(state)));
  const asking = questions();
  const connector = connectors(env, { acceptNewHostKeys, sshConfig, questions: asking });
  await using ui = screen.open({ stop: (reason) => signals.stop(reason), leave: () => leaving.abort() }, asking);
  const state = await start({
    ...parts,
    secrets: secretsOf(parts.hosts, parts.values),
    connector: connector.all,
    controller: connector.local,
    journal: record,
    archive: record,
    desk: record.desk,
    verifier: sshVerifier,
    watchers: ui.watchers,
    approver: ui.approver,
    clock: systemClock,
    leaving: leaving.signal,
    live: (run) => {
      begins();
      signals.attach((reason) => run.stop(reason));
    },
    exitOf: exit,
  });
  // How it ended is told, whatever becomes of the record meanwhile.
  await ui.conclude(state, await record.ledger.head(parts.run).catch(() => null));
  return exit(state);
}

/** Everything that must never be seen: secret inputs, and the passwords of hosts. */
export function secretsOf(
  hosts: readonly Host[],
  values: ReadonlyMap<string, ReadonlyMap<string, string | Secret>>,
): Secret[] {
  const inputs = [...values.values()].flatMap((own) => [...own.values()].filter((value) => value instanceof Secret));
  const passwords = hosts.flatMap((host) => [host.password, host.becomePassword].filter((each) => each !== undefined));
  return [...new Map([...inputs, ...passwords].map((secret) => [secret.reveal(), secret])).values()];
}
