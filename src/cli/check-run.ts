import { runOutcome } from "../engine/outcome.ts";
import type { SqliteRecord } from "../journal/sqlite.ts";
import type { Host } from "../model/inventory.ts";
import { systemClock } from "../run/clock.ts";
import { SharedLogins } from "../run/shared.ts";
import type { LiveRun } from "../run/run.ts";
import { start } from "../run/start.ts";
import { sharedTurns } from "../run/turns.ts";
import { sshVerifier } from "../sign/verifier.ts";
import { secretsOf } from "./carry-out.ts";
import type { CheckOrder } from "./check.ts";
import type { Part } from "./check-prepare.ts";
import { progressLine } from "./check-progress.ts";
import { connectors } from "./connectors.ts";
import { EXIT, exitOf } from "./exit.ts";
import type { Io } from "./io.ts";
import { questions } from "./prompt.ts";
import { listenToSignals } from "./signals.ts";

/** The runs of a check, all at once: they share logins and places. Answers whether it was interrupted. */
export async function lookHosts(
  parts: readonly Part[],
  {
    hosts,
    parallel,
    options,
    record,
  }: { hosts: readonly Host[]; parallel: number; options: CheckOrder; record: SqliteRecord },
  io: Io,
): Promise<boolean> {
  const leaving = new AbortController();
  using signals = listenToSignals(leaving, io, {
    first: "No new look begins; what was not looked at is unknown.",
    second: "Leaving now: looks that still run are ended.",
  });
  const connector = connectors(process.env, {
    acceptNewHostKeys: options.acceptNewHostKeys === true,
    sshConfig: options.sshConfig,
    questions: questions(),
  });
  await using logins = new SharedLogins(connector.all, concernedBy(parts));
  const { stderr, env } = process;
  const shown = stderr.isTTY && env["TERM"] !== "dumb" && (env["CI"] ?? "") === "";
  const looks = parts.reduce((sum, { plan }) => sum + plan.hosts.length, 0);
  using progress = shown ? progressLine(stderr, looks, () => performance.now()) : null;
  const turns = sharedTurns(parallel, systemClock);
  const live: LiveRun[] = [];
  const one = ({ run, plan, values, loaded }: Part): Promise<unknown> =>
    start({
      run,
      first: { type: "run-started", format: 1, plan },
      values,
      loaded,
      hosts: hosts.filter(({ name }) => values.has(name)),
      become: options.become === true,
      jobs: true,
      turns,
      secrets: secretsOf(hosts, values),
      connector: logins.of(run),
      controller: connector.local,
      journal: record,
      archive: record,
      desk: record.desk,
      verifier: sshVerifier,
      watchers: progress === null ? [] : [progress.watcher],
      approver: null,
      clock: systemClock,
      leaving: leaving.signal,
      live: (begun) => {
        live.push(begun);
        if (live.length < parts.length) return;
        signals.attach((reason) => live.forEach((each) => each.stop(reason)));
        // Only now: what one run has to do on a host is then done beside what the others have.
        turns.begin();
      },
      exitOf: (state) => (signals.interrupted ? EXIT.interrupted : exitOf(runOutcome(state))),
    });
  await Promise.all(parts.map(one));
  return signals.interrupted;
}

/** Host → the runs that it concerns. */
function concernedBy(parts: readonly Part[]): Map<string, string[]> {
  const runs = new Map<string, string[]>();
  for (const { run, plan } of parts) for (const host of plan.hosts) runs.set(host, [...(runs.get(host) ?? []), run]);
  return runs;
}
